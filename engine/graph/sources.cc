// Following files. Nearness: a file's own keys, then its imports, then what it extends.
#include "engine/graph/sources.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "engine/graph/merge.h"

namespace trunkline::graph {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kTopLevel = {"trunkline", "name",  "description", "import", "extends", "params",
                                            "profiles",  "nodes", "links",       "limits", "budget",  "threads"};
/// Keys that speak of one file and are not handed on.
constexpr std::array<std::string_view, 5> kOwn = {"trunkline", "name", "description", "import", "extends"};

Tree map_like(const Tree& tree) {
    Tree map;
    map.kind = Tree::Kind::kMap;
    map.line = tree.line, map.column = tree.column, map.file = tree.file;
    return map;
}

void strip_own_keys(Tree& tree) {
    std::erase_if(tree.entries,
                  [](const TreeEntry& e) { return std::find(kOwn.begin(), kOwn.end(), e.key) != kOwn.end(); });
}

bool is_yaml_path(const std::string& text) {
    return text.find('/') != std::string::npos || text.ends_with(".yaml") || text.ends_with(".yml");
}

std::vector<std::string> search_directories(const LoadOptions& options) {
    return options.search.empty() ? std::vector<std::string>{"graphs", "."} : options.search;
}

}  // namespace

Result<std::string> read_bounded_file(const std::string& path, size_t max_bytes) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) return fail("file-not-found", "there is no file " + path);
    const auto size = fs::file_size(path, error);
    if (!error && size > max_bytes) {
        return fail("file-too-large", "the file has " + std::to_string(size) + " bytes, more than the " +
                                          std::to_string(max_bytes) + " allowed");
    }
    std::ifstream in(path, std::ios::binary);
    if (!in) return fail("file-not-found", "cannot open " + path + ": check its permissions");
    std::string text(max_bytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(in.gcount()));
    if (text.size() > max_bytes)
        return fail("file-too-large", "the file is larger than " + std::to_string(max_bytes) + " bytes");
    return text;
}

std::string find_graph_file(const std::string& path_or_name, const LoadOptions& options, Diagnostics& out) {
    if (is_yaml_path(path_or_name)) return path_or_name;
    std::vector<std::string> known;
    std::string places;
    for (const std::string& directory : search_directories(options)) {
        const fs::path path = fs::path(directory) / (path_or_name + ".yaml");
        std::error_code error;
        if (fs::is_regular_file(path, error)) return path.lexically_normal().string();
        places += (places.empty() ? "" : ", ") + directory;
        for (const auto& entry : fs::directory_iterator(directory, error)) {
            if (entry.path().extension() == ".yaml") known.push_back(entry.path().stem().string());
        }
    }
    report(out, "file-not-found", {path_or_name, 0, 0}, "there is no graph " + path_or_name + ".yaml in " + places,
           nearest_word(path_or_name, known));
    return {};
}

Tree Sources::load(const std::string& file) {
    const auto known = merged_.find(file);
    if (known != merged_.end()) return known->second;
    const auto text = options_.read_file ? options_.read_file(file) : read_bounded_file(file, options_.max_bytes);
    if (!text) {
        report(out_, text.error().code, {file, 0, 0}, text.error().message);
        return {};
    }
    return load_text(*text, file);
}

Tree Sources::load_text(const std::string& text, const std::string& file) {
    files_.push_back(file);
    Tree own = parse_yaml(text, file, {options_.max_bytes, options_.max_depth}, out_);
    check_top_level(own, file);
    chain_.push_back(fs::path(file).lexically_normal().string());
    Tree merged = follow(std::move(own), file);
    chain_.pop_back();
    merged_[file] = merged;
    return merged;
}

void Sources::check_top_level(const Tree& tree, const std::string& file) {
    for (const TreeEntry& entry : tree.entries) {
        if (std::find(kTopLevel.begin(), kTopLevel.end(), entry.key) != kTopLevel.end()) continue;
        report(out_, "unknown-key", entry.mark(), "a graph file has no key \"" + entry.key + "\"",
               nearest_word(entry.key, kTopLevel));
    }
    const Tree* version = tree.find("trunkline");
    if (!version) {
        if (!tree.entries.empty())
            report(out_, "missing-key", {file, 1, 1}, "the file must say `trunkline: 1`, the version of its format");
    } else if (!version->is_scalar() || !version->plain || version->text != "1") {
        report(out_, "wrong-version", version->mark(),
               "this program reads version 1 of the format: write `trunkline: 1`");
    }
}

Tree Sources::follow(Tree own, const std::string& file) {
    Tree base = map_like(own);
    if (const Tree* extends = own.find("extends")) {
        base = load_named(*extends, file, "extends");
        strip_own_keys(base);
    }
    if (const Tree* imports = own.find("import")) base = merge_files(std::move(base), load_imports(*imports, file));
    return merge_files(std::move(base), own);
}

Tree Sources::load_imports(const Tree& list, const std::string& file) {
    Tree all = map_like(list);
    if (!list.is_list()) {
        report(out_, "wrong-type", list.mark(), "`import` is a list of files: [./backends.yaml]");
        return all;
    }
    for (const Tree& item : list.items) {
        Tree imported = load_named(item, file, "import");
        strip_own_keys(imported);
        join_imports(all, imported, out_);
    }
    return all;
}

Tree Sources::load_named(const Tree& name, const std::string& from, const char* key) {
    Tree nothing = map_like(name);
    if (!name.is_scalar() || name.is_null()) {
        report(out_, "wrong-type", name.mark(), std::string("`") + key + "` names files");
        return nothing;
    }
    const fs::path path(name.text);
    if (path.is_absolute() || !is_yaml_path(name.text)) {
        report(out_, "import-not-relative", name.mark(),
               "name a YAML file relative to this one, such as ./backends.yaml");
        return nothing;
    }
    const std::string target = (fs::path(from).parent_path() / path).lexically_normal().string();
    if (std::find(chain_.begin(), chain_.end(), target) != chain_.end()) {
        std::string chain;
        for (const std::string& file : chain_) chain += file + " -> ";
        report(out_, "import-cycle", name.mark(), "the files name each other in a circle: " + chain + target);
        return nothing;
    }
    const auto known = merged_.find(target);
    if (known != merged_.end()) return known->second;
    if (files_.size() >= options_.max_files) {
        report(out_, "too-many-files", name.mark(), "more than " + std::to_string(options_.max_files) + " files");
        return nothing;
    }
    const auto text = options_.read_file ? options_.read_file(target) : read_bounded_file(target, options_.max_bytes);
    if (!text) {
        report(out_, text.error().code == "file-not-found" ? "import-not-found" : text.error().code, name.mark(),
               text.error().message);
        return nothing;
    }
    return load_text(*text, target);
}

}  // namespace trunkline::graph
