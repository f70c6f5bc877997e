// The small sections of a graph file: name, params, limits, budget, threads; and what params are used.
#include "engine/graph/reader.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "engine/graph/duration.h"
#include "engine/graph/json_schema.h"

namespace trunkline::graph {
namespace {

/// A scalar text of the file, no substitution.
bool read_text(const Tree& tree, const char* key, Diagnostics& out, std::string& to) {
    const Value value = tree.is_scalar() ? plain_value(tree) : Value{};
    if (value.kind != Value::Kind::kText) {
        report(out, "wrong-type", tree.mark(), std::string("`") + key + "` is a text");
        return false;
    }
    to = value.text;
    return true;
}

void read_name(const Tree& root, Graph& graph, Diagnostics& out) {
    graph.name = std::filesystem::path(graph.file).stem().string();
    const Tree* name = root.find("name");
    if (name && read_text(*name, "name", out, graph.name) && !is_good_name(graph.name)) {
        report_bad_name(out, "graph", graph.name, name->mark());
    }
}

/// `default: $env.X` is replaced before the schema is judged.
Tree with_default_from_env(const Tree& schema, const SubstitutionScope& scope) {
    Tree copy = schema;
    for (TreeEntry& entry : copy.entries) {
        if (entry.key != "default" || !entry.value.is_scalar() || entry.value.text.find('$') == std::string::npos)
            continue;
        entry.value.text = read_value(entry.value, scope, Allow::kEnv).text;
        const Tree* type = copy.find("type");
        entry.value.plain = type && type->text != "string";
    }
    return copy;
}

void read_params(const Tree& params, const SubstitutionScope& scope, Graph& graph) {
    Diagnostics& out = *scope.out;
    if (!params.is_map()) return report(out, "wrong-type", params.mark(), "`params` is a map: name -> JSON Schema");
    for (const TreeEntry& entry : params.entries) {
        if (!is_good_name(entry.key)) report_bad_name(out, "param", entry.key, entry.mark());
        const Tree schema = with_default_from_env(entry.value, scope);
        const size_t before = out.size();
        check_param_schema(schema, entry.key, out);
        const bool usable = out.size() == before;
        graph.params.push_back(
            {entry.key, usable ? tree_to_json(schema) : "{}", schema.find("default") != nullptr, entry.mark()});
    }
}

struct DurationKey {
    const char* name;
    uint64_t* to;
};

void read_durations(const Tree& tree, const char* section, const std::vector<DurationKey>& keys,
                    const SubstitutionScope& scope) {
    Diagnostics& out = *scope.out;
    if (!tree.is_map())
        return report(out, "wrong-type", tree.mark(), std::string("`") + section + "` is a map of durations");
    std::vector<std::string> names;
    names.reserve(keys.size());
    for (const DurationKey& key : keys) names.emplace_back(key.name);
    for (const TreeEntry& entry : tree.entries) {
        const auto key =
            std::find_if(keys.begin(), keys.end(), [&](const DurationKey& k) { return entry.key == k.name; });
        if (key == keys.end()) {
            report(out, "unknown-key", entry.mark(), std::string("`") + section + "` has no \"" + entry.key + "\"",
                   nearest_word(entry.key, names));
            continue;
        }
        const Value value = read_value(entry.value, scope, Allow::kEnv);
        if (value.unknown) continue;
        const int64_t ns = value.kind == Value::Kind::kText ? parse_duration(value.text).value_or(0) : 0;
        if (value.kind == Value::Kind::kInteger || value.kind == Value::Kind::kNumber) {
            report(out, "duration-needs-unit", value.mark,
                   "a duration carries its unit: " + entry.value.text + "ms, " + entry.value.text + "s or " +
                       entry.value.text + "m");
        } else if (ns <= 0) {
            report(out, "bad-duration", entry.value.mark(), "not a duration: write 120ms, 45s, 30m or 1m30s");
        } else {
            *key->to = static_cast<uint64_t>(ns);
        }
    }
}

void read_threads(const Tree& threads, Graph& graph, Diagnostics& out) {
    if (threads.is_scalar() && threads.text == "allowed") {
        graph.threads_allowed = true;
    } else if (!threads.is_scalar() || threads.text != "none") {
        report(out, "unknown-value", threads.mark(), "`threads` is `allowed` or `none`",
               threads.is_scalar() ? nearest_word(threads.text, {"allowed", "none"}) : "");
    }
}

/// Every `$param` exists; a param that nothing uses is worth a word.
void check_param_use(const Graph& graph, Diagnostics& out) {
    std::vector<std::string> names;
    for (const Param& param : graph.params) names.push_back(param.name);
    std::set<std::string> used;
    for (const Node& node : graph.nodes) {
        for (const Setting& setting : node.settings) {
            for (const TemplatePart& part : setting.value.parts) {
                if (part.from != TemplatePart::From::kParam) continue;
                used.insert(part.text);
                if (std::find(names.begin(), names.end(), part.text) != names.end()) continue;
                report(out, "unknown-param", setting.value.mark,
                       "there is no param \"" + part.text + "\": declare it under `params`",
                       nearest_word(part.text, names));
            }
        }
    }
    for (const Param& param : graph.params) {
        if (!used.contains(param.name) && !graph.is_library())
            report_warning(out, "unused-param", param.mark, "no node uses the param \"" + param.name + "\"");
    }
}

}  // namespace

bool is_good_name(std::string_view name) {
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= 63 && name[0] >= 'a' && name[0] <= 'z' &&
           std::all_of(name.begin(), name.end(), good) && name.back() != '-';
}

void report_bad_name(Diagnostics& out, const char* what, const std::string& name, const SourceMark& mark) {
    report(out, "bad-name", mark,
           std::string("\"") + name + "\" is no name for a " + what +
               ": a lower-case letter, then letters, digits, \"-\" and \"_\", at most 63");
}

void read_graph(const Tree& root, const SubstitutionScope& scope, Graph& graph) {
    Diagnostics& out = *scope.out;
    read_name(root, graph, out);
    if (const Tree* description = root.find("description"))
        read_text(*description, "description", out, graph.description);
    if (const Tree* params = root.find("params")) read_params(*params, scope, graph);
    read_nodes(root, scope, graph);
    const size_t before_links = out.size();
    if (const Tree* links = root.find("links")) read_links(*links, graph, out);
    graph.links_complete = out.size() == before_links;
    if (const Tree* limits = root.find("limits")) {
        read_durations(*limits, "limits", {{"call", &graph.limits.call}, {"silence", &graph.limits.silence}}, scope);
    }
    if (const Tree* budget = root.find("budget")) {
        read_durations(*budget, "budget",
                       {{"engine_added", &graph.budget.engine_added}, {"voice_to_voice", &graph.budget.voice_to_voice}},
                       scope);
    }
    if (const Tree* threads = root.find("threads")) read_threads(*threads, graph, out);
    check_param_use(graph, out);
}

}  // namespace trunkline::graph
