// Merging of trees.
#include "engine/graph/merge.h"

#include <algorithm>

namespace trunkline::graph {
namespace {

TreeEntry* find_entry(Tree& map, const std::string& key) {
    const auto at =
        std::find_if(map.entries.begin(), map.entries.end(), [&](const TreeEntry& e) { return e.key == key; });
    return at == map.entries.end() ? nullptr : &*at;
}

void erase_key(Tree& map, std::string_view key) {
    std::erase_if(map.entries, [&](const TreeEntry& e) { return e.key == key; });
}

bool is_node_kind(std::string_view key) { return key == "element" || key == "profile" || key == "graph"; }

/// A nearer `profile:` takes the place of the base's `element:`, and so on.
void drop_other_kinds(Tree& base_node, const Tree& nearer_node) {
    const bool names_kind = std::any_of(nearer_node.entries.begin(), nearer_node.entries.end(),
                                        [](const TreeEntry& e) { return is_node_kind(e.key); });
    if (names_kind) std::erase_if(base_node.entries, [](const TreeEntry& e) { return is_node_kind(e.key); });
}

bool same_place(const TreeEntry& a, const TreeEntry& b) {
    return a.line == b.line && a.column == b.column && a.file && b.file && *a.file == *b.file;
}

void clash(const std::string& what, const TreeEntry& first, const TreeEntry& second, Diagnostics& out) {
    report(out, "import-clash", second.mark(),
           what + " is also defined by another import, in " + (first.file ? *first.file : std::string()) + ":" +
               std::to_string(first.line) + "; rename one, or define it in the importing file");
}

}  // namespace

Tree merge_trees(Tree base, const Tree& nearer) {
    if (!base.is_map() || !nearer.is_map()) return nearer;
    for (const TreeEntry& entry : nearer.entries) {
        TreeEntry* old = find_entry(base, entry.key);
        if (!old) {
            base.entries.push_back(entry);
        } else if (entry.value.is_null()) {
            erase_key(base, entry.key);
        } else {
            Tree merged = merge_trees(std::move(old->value), entry.value);
            *old = {entry.key, entry.line, entry.column, entry.file, std::move(merged)};
        }
    }
    base.line = nearer.line, base.column = nearer.column, base.file = nearer.file;
    return base;
}

Tree merge_files(Tree base, const Tree& nearer) {
    const Tree* nodes = nearer.find("nodes");
    TreeEntry* base_nodes = find_entry(base, "nodes");
    if (nodes && base_nodes && base_nodes->value.is_map()) {
        for (const TreeEntry& node : nodes->entries) {
            TreeEntry* old = find_entry(base_nodes->value, node.key);
            if (old && old->value.is_map() && node.value.is_map()) drop_other_kinds(old->value, node.value);
        }
    }
    return merge_trees(std::move(base), nearer);
}

void join_imports(Tree& first, const Tree& second, Diagnostics& out) {
    for (const TreeEntry& section : second.entries) {
        TreeEntry* old = find_entry(first, section.key);
        if (!old) {
            first.entries.push_back(section);
        } else if (!old->value.is_map() || !section.value.is_map()) {
            if (!same_place(*old, section)) clash("\"" + section.key + "\"", *old, section, out);
        } else {
            for (const TreeEntry& entry : section.value.entries) {
                const TreeEntry* other = find_entry(old->value, entry.key);
                if (!other) {
                    old->value.entries.push_back(entry);
                } else if (!same_place(*other, entry)) {
                    clash("\"" + section.key + "." + entry.key + "\"", *other, entry, out);
                }
            }
        }
    }
}

}  // namespace trunkline::graph
