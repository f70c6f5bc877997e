// The resolved form of a graph as one JSON text: what `resolve` shows, what the hash is made of, what `diff` compares.
#include <nlohmann/json.hpp>

#include "engine/graph/duration.h"
#include "engine/graph/reader.h"

namespace trunkline::graph {
namespace {

using nlohmann::json;

/// In the spelling of a file, so that the resolved form loads again.
std::string escaped(std::string text) {
    for (size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at + 3)) text.replace(at, 2, "$${");
    return text;
}

json value_json(const Value& value) {
    if (value.secret) return value.shown;
    switch (value.kind) {
        case Value::Kind::kNull:
            return nullptr;
        case Value::Kind::kBool:
            return value.boolean;
        case Value::Kind::kInteger:
            return value.integer;
        case Value::Kind::kNumber:
            return value.number;
        case Value::Kind::kText:
            return value.unknown ? value.shown : escaped(value.text);
        case Value::Kind::kTemplate:
            return value.shown;
        case Value::Kind::kJson:
            return json::parse(value.text, nullptr, false);
    }
    return nullptr;
}

json node_json(const Node& node) {
    json out = json::object();
    out["element"] = node.element;
    if (!node.profile.empty()) out["profile"] = node.profile;
    if (!node.contract.empty()) out["contract"] = node.contract;
    json settings = json::object();
    for (const Setting& setting : node.settings) settings[setting.name] = value_json(setting.value);
    if (!settings.empty()) out["settings"] = settings;
    return out;
}

std::string path_text(const Link& link) {
    std::string text;
    for (const auto& stage : link.stages) {
        if (!text.empty()) text += " -> ";
        for (const Endpoint& end : stage) {
            if (&end != &stage.front()) text += ", ";
            text += end.node + (end.pad.empty() ? "" : "." + end.pad);
        }
    }
    return text;
}

json link_json(const Link& link) {
    if (link.full == Link::Full::kDefault) return path_text(link);
    return {{"path", path_text(link)}, {"full", link.full == Link::Full::kKeep ? "keep" : "drop-oldest"}};
}

void add_duration(json& to, const char* section, const char* key, uint64_t ns) {
    if (ns != 0) to[section][key] = format_duration(ns);
}

}  // namespace

std::string canonical_json(const Graph& graph) {
    json out = {{"trunkline", 1}, {"name", graph.name}};
    if (!graph.description.empty()) out["description"] = graph.description;
    for (const Param& param : graph.params) out["params"][param.name] = json::parse(param.schema_json, nullptr, false);
    for (const Node& node : graph.nodes) out["nodes"][node.name] = node_json(node);
    for (const Node& node : graph.profiles) out["profiles"][node.name] = node_json(node);
    for (const Link& link : graph.links) out["links"][link.name] = link_json(link);
    add_duration(out, "limits", "call", graph.limits.call);
    add_duration(out, "limits", "silence", graph.limits.silence);
    add_duration(out, "budget", "engine_added", graph.budget.engine_added);
    add_duration(out, "budget", "voice_to_voice", graph.budget.voice_to_voice);
    if (graph.threads_allowed) out["threads"] = "allowed";
    return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace trunkline::graph
