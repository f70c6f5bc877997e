// Nodes: exactly one of element, profile or graph; a profile's settings lie under the node's own.
#include <algorithm>

#include "engine/graph/merge.h"
#include "engine/graph/reader.h"

namespace trunkline::graph {
namespace {

const std::vector<std::string> kContracts = {"voice-agent/1"};

bool is_structure_key(std::string_view key) {
    return key == "element" || key == "profile" || key == "graph" || key == "with" || key == "contract";
}

/// "secret", "api-key", "auth-token": a setting that should come from $secret.
bool names_secret(std::string_view setting) {
    for (const std::string_view word : {"key", "secret", "token", "password"}) {
        if (setting == word || (setting.size() > word.size() && setting.ends_with(word) &&
                                setting[setting.size() - word.size() - 1] == '-'))
            return true;
    }
    return false;
}

class NodeReader {
  public:
    NodeReader(const Tree* profiles, const SubstitutionScope& scope)
        : profiles_(profiles), scope_(scope), out_(*scope.out) {}

    Node read_node(const TreeEntry& entry) {
        Node node = start(entry, "node");
        if (!entry.value.is_map()) {
            report(out_, "wrong-type", entry.value.mark(),
                   "a node is a map: {element: " +
                       (entry.value.is_scalar() && !entry.value.text.empty() ? entry.value.text : "twiliosrc") + "}");
            return node;
        }
        const TreeEntry* kind = the_kind(entry);
        if (!kind) return node;
        refuse_foreign_keys(entry.value, kind->key == "graph");
        if (kind->key == "graph") {
            report(out_, "subgraph-not-supported", kind->mark(),
                   "sub-graphs (`graph:`) are not supported yet: write the nodes out, or use a profile");
        } else if (kind->key == "element") {
            read_element(*kind, node);
            read_settings(entry.value, node);
        } else {
            read_profiled(*kind, entry.value, node);
        }
        return node;
    }

    Node read_profile(const TreeEntry& entry) {
        Node node = start(entry, "profile");
        if (check_profile(entry)) fill_from_profile(entry.value, entry.value, node);
        return node;
    }

  private:
    Node start(const TreeEntry& entry, const char* what) {
        if (!is_good_name(entry.key)) report_bad_name(out_, what, entry.key, entry.mark());
        Node node;
        node.name = entry.key;
        node.mark = entry.mark();
        return node;
    }

    const TreeEntry* the_kind(const TreeEntry& entry) {
        const TreeEntry* found = nullptr;
        for (const char* kind : {"element", "profile", "graph"}) {
            const TreeEntry* here = entry.value.entry(kind);
            if (here && found) {
                report(out_, "element-or-profile",
                       std::max(here->line, found->line) == here->line ? here->mark() : found->mark(),
                       "a node has exactly one of element, profile or graph; \"" + entry.key + "\" has " + found->key +
                           " and " + here->key);
                return nullptr;
            }
            if (here) found = here;
        }
        if (!found)
            report(out_, "element-or-profile", entry.mark(),
                   "the node \"" + entry.key + "\" needs an element, a profile or a graph");
        return found;
    }

    void refuse_foreign_keys(const Tree& node, bool is_subgraph) {
        for (const char* key : {"with", "contract"}) {
            const TreeEntry* bad = node.entry(key);
            if (!bad || (is_subgraph && bad->key == "with")) continue;
            report(out_, "unknown-key", bad->mark(),
                   std::string("`") + key + (bad->key == "with" ? "` belongs to `graph:`" : "` belongs to a profile"));
        }
    }

    bool read_word(const Tree& tree, const char* key, std::string& to) {
        const Value value = tree.is_scalar() ? read_value(tree, scope_, Allow::kEnv) : Value{};
        if (value.unknown && value.kind == Value::Kind::kText) {
            if (scope_.placeholders)
                report(out_, "missing-env", tree.mark(),
                       std::string("`") + key + "` must be known to check the graph: give a default, ${env.NAME:-…}");
            return false;
        }
        if (value.kind != Value::Kind::kText || value.text.empty()) {
            report(out_, "wrong-type", tree.mark(), std::string("`") + key + "` is a name");
            return false;
        }
        to = value.text;
        return true;
    }

    void read_element(const TreeEntry& kind, Node& node) {
        node.element_mark = kind.value.mark();
        read_word(kind.value, "element", node.element);
    }

    void read_profiled(const TreeEntry& kind, const Tree& own, Node& node) {
        node.element_mark = kind.value.mark();
        if (!read_word(kind.value, "profile", node.profile)) return;
        const TreeEntry* profile = profiles_ ? profiles_->entry(node.profile) : nullptr;
        if (!profile) {
            std::vector<std::string> known;
            if (profiles_)
                for (const TreeEntry& entry : profiles_->entries) known.push_back(entry.key);
            report(out_, "unknown-profile", node.element_mark,
                   "there is no profile \"" + node.profile + "\"" +
                       (known.empty() ? ": import the file that defines it, import: [./backends.yaml]" : std::string()),
                   nearest_word(node.profile, known));
            return;
        }
        if (check_profile(*profile)) fill_from_profile(profile->value, own, node);
    }

    bool check_profile(const TreeEntry& profile) {
        if (!profile.value.is_map()) {
            report(out_, "wrong-type", profile.value.mark(), "a profile is a map: {element: deepgramagent, …}");
            return false;
        }
        for (const char* key : {"profile", "graph", "with"}) {
            if (const TreeEntry* bad = profile.value.entry(key))
                report(out_, "unknown-key", bad->mark(),
                       std::string("a profile has no `") + key + "`: it names its element");
        }
        if (!profile.value.find("element")) {
            report(out_, "missing-key", profile.mark(), "the profile \"" + profile.key + "\" names no element");
            return false;
        }
        return true;
    }

    void fill_from_profile(const Tree& profile, const Tree& own, Node& node) {
        const Tree* element = profile.find("element");
        if (node.element_mark.line == 0) node.element_mark = element->mark();
        read_word(*element, "element", node.element);
        if (const Tree* contract = profile.find("contract")) read_contract(*contract, node);
        read_settings(&profile == &own ? profile : merge_trees(profile, own), node);
    }

    void read_contract(const Tree& tree, Node& node) {
        std::string contract;
        if (!read_word(tree, "contract", contract)) return;
        if (std::find(kContracts.begin(), kContracts.end(), contract) == kContracts.end()) {
            report(out_, "unknown-contract", tree.mark(), "there is no contract \"" + contract + "\"",
                   nearest_word(contract, kContracts));
        } else {
            node.contract = contract;
        }
    }

    void read_settings(const Tree& tree, Node& node) {
        for (const TreeEntry& entry : tree.entries) {
            if (is_structure_key(entry.key)) continue;
            Setting setting{entry.key, read_value(entry.value, scope_, Allow::kAll), entry.mark()};
            if (setting.value.kind == Value::Kind::kNull && !setting.value.unknown) {
                report(out_, "nothing-to-delete", entry.mark(),
                       "null deletes a setting of the profile or the extended file; \"" + entry.key +
                           "\" is not set there");
                continue;
            }
            guard_secret(setting);
            node.settings.push_back(std::move(setting));
        }
    }

    void guard_secret(Setting& setting) {
        Value& value = setting.value;
        if (!names_secret(setting.name) || value.secret || value.kind != Value::Kind::kText || value.text.empty())
            return;
        report_warning(
            out_, "secret-in-the-open", value.mark,
            "\"" + setting.name + "\" looks like a secret: write $secret.NAME, so that it stays out of logs and views");
        value.secret = true;
        value.shown = "(hidden)";
    }

    const Tree* profiles_;
    const SubstitutionScope& scope_;
    Diagnostics& out_;
};

}  // namespace

void read_nodes(const Tree& root, const SubstitutionScope& scope, Graph& graph) {
    const Tree* profiles = root.find("profiles");
    if (profiles && !profiles->is_map()) {
        report(*scope.out, "wrong-type", profiles->mark(), "`profiles` is a map: name -> {element: …}");
        profiles = nullptr;
    }
    NodeReader reader(profiles, scope);
    const Tree* nodes = root.find("nodes");
    if (!nodes) {
        const bool built_on_others = root.find("extends") || root.find("import");  // they have said what is wrong
        if (!profiles && !root.find("params") && !root.entries.empty() && !built_on_others) {
            report(*scope.out, "missing-key", root.mark(), "the file has neither `nodes` nor `profiles`");
        }
        if (profiles)
            for (const TreeEntry& entry : profiles->entries) graph.profiles.push_back(reader.read_profile(entry));
        return;
    }
    if (!nodes->is_map() || nodes->entries.empty()) {
        report(*scope.out, "wrong-type", nodes->mark(), "`nodes` is a map: name -> {element: …}");
        return;
    }
    for (const TreeEntry& entry : nodes->entries) {
        if (!entry.value.is_null()) {
            graph.nodes.push_back(reader.read_node(entry));
            continue;
        }
        report(*scope.out, "nothing-to-delete", entry.mark(),
               "null deletes a node of an extended or imported file; there is no \"" + entry.key + "\" there");
    }
}

}  // namespace trunkline::graph
