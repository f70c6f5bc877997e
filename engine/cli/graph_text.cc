// Tables and texts for the graph commands.
#include "engine/cli/graph_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

namespace trunkline::cli {
namespace {

using graph::Plan;
using graph::PlanLink;
using graph::PlanNode;
using graph::Wiring;
using nlohmann::json;
using nlohmann::ordered_json;

std::string dump(const json& value, int indent = -1) {
    return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

const char* origin_text(PlanNode::Origin origin) {
    switch (origin) {
        case PlanNode::Origin::kGraph:
            return "graph";
        case PlanNode::Origin::kBare:
            return "path";
        case PlanNode::Origin::kConverter:
            return "converter";
        case PlanNode::Origin::kTee:
            return "tee";
        case PlanNode::Origin::kFunnel:
            return "funnel";
        case PlanNode::Origin::kCapsFilter:
            return "caps";
    }
    return "";
}

const char* media_text(PlanLink::Media media) {
    return media == PlanLink::Media::kAudio ? "audio" : media == PlanLink::Media::kFacts ? "facts" : "other";
}

std::string number(double value, const char* format) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

std::string delay_text(uint64_t ns) { return ns == 0 ? "-" : number(static_cast<double>(ns) / 1e6, "%.2f ms"); }
std::string cost_text(double us) { return us == 0 ? "-" : number(us, "%.1f us"); }

/// Columns as wide as their widest cell; the last one ragged.
void print_table(const std::vector<std::vector<std::string>>& rows, std::ostream& out) {
    std::vector<size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (size_t i = 0; i < row.size(); i++) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows) {
        out << "  ";
        for (size_t i = 0; i < row.size(); i++) {
            out << row[i];
            if (i + 1 < row.size()) out << std::string(widths[i] - row[i].size() + 2, ' ');
        }
        out << "\n";
    }
}

std::string end_text(const Wiring& wiring, int node, const std::string& pad) {
    return wiring.nodes[static_cast<size_t>(node)].name + "." + pad;
}

void print_wiring(const Wiring& wiring, std::ostream& out) {
    out << (wiring.carrier.empty() ? std::string("any call") : wiring.carrier + " calls") << "\n\n";
    std::vector<std::vector<std::string>> rows = {{"NODE", "ELEMENT", "FROM", "DELAY", "COST/FRAME", "THREADS"}};
    double cost = 0;
    uint64_t delay = 0;
    int threads = 0;
    size_t added = 0;
    for (const PlanNode& node : wiring.nodes) {
        const std::string from = node.profile.empty() ? origin_text(node.origin) : "profile " + node.profile;
        rows.push_back({node.name, node.factory, from, delay_text(node.delay_ns), cost_text(node.cost_us),
                        std::to_string(node.threads)});
        cost += node.cost_us, delay += node.delay_ns, threads += node.threads;
        added += node.origin == PlanNode::Origin::kGraph || node.origin == PlanNode::Origin::kBare ? 0 : 1;
    }
    print_table(rows, out);
    out << "\n";
    rows = {{"LINK", "FROM", "TO", "FULL", "CAPS"}};
    for (const PlanLink& link : wiring.links) {
        rows.push_back({link.name, end_text(wiring, link.from, link.from_pad), end_text(wiring, link.to, link.to_pad),
                        link.full == graph::Link::Full::kKeep ? "keep" : "drop-oldest", link.caps});
    }
    print_table(rows, out);
    out << "\n  " << wiring.nodes.size() << " elements, " << added << " of them inserted; converters hold audio back "
        << number(static_cast<double>(delay) / 1e6, "%.2f") << " ms in all and cost " << number(cost, "%.1f")
        << " us per 20 ms frame; " << threads << " threads per call\n";
}

json wiring_json(const Wiring& wiring) {
    json out = {{"carrier", wiring.carrier}, {"nodes", json::array()}, {"links", json::array()}};
    for (const PlanNode& node : wiring.nodes) {
        json properties = json::object();
        for (const auto& property : node.properties)
            properties[property.name] = property.forced && property.value.shown.empty() ? json(property.value.boolean)
                                                                                        : json(property.value.shown);
        out["nodes"].push_back({{"name", node.name},
                                {"factory", node.factory},
                                {"element", node.element},
                                {"profile", node.profile},
                                {"origin", origin_text(node.origin)},
                                {"delay_ns", node.delay_ns},
                                {"cost_us", node.cost_us},
                                {"threads", node.threads},
                                {"properties", properties}});
    }
    for (const PlanLink& link : wiring.links) {
        out["links"].push_back({{"name", link.name},
                                {"from", end_text(wiring, link.from, link.from_pad)},
                                {"to", end_text(wiring, link.to, link.to_pad)},
                                {"media", media_text(link.media)},
                                {"full", link.full == graph::Link::Full::kKeep ? "keep" : "drop-oldest"},
                                {"caps", link.caps}});
    }
    return out;
}

bool is_plain(const std::string& text) {
    static const std::array<std::string_view, 9> kWords = {"true", "false", "null",  "True", "False",
                                                           "Null", "TRUE",  "FALSE", "NULL"};
    if (text.empty() || std::find(kWords.begin(), kWords.end(), text) != kWords.end()) return false;
    const auto good = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view("_./$ >-,").find(c) != std::string_view::npos;
    };
    return (std::isalpha(static_cast<unsigned char>(text[0])) != 0 || text[0] == '$') &&
           std::all_of(text.begin(), text.end(), good) && text.back() != ' ';
}

std::string scalar(const json& value) {
    if (value.is_string() && is_plain(value.get_ref<const std::string&>())) return value.get<std::string>();
    return dump(value);  // JSON is YAML
}

void write_yaml(const ordered_json& value, size_t indent, std::string& out) {
    for (const auto& [key, item] : value.items()) {
        out += std::string(indent, ' ') + (is_plain(key) ? key : dump(key)) + ":";
        if (item.is_object() && !item.empty()) {
            out += "\n";
            write_yaml(item, indent + 2, out);
        } else {
            out += " " + scalar(item) + "\n";
        }
    }
}

/// A node of the canonical form as it would stand in a file: settings beside the element.
ordered_json file_node(const json& node) {
    ordered_json out;
    out["element"] = node.value("element", "");
    if (node.contains("settings")) {
        for (const auto& [key, value] : node["settings"].items()) out[key] = value;
    }
    return out;
}

struct Change {
    std::string path;
    const json *before, *after;
};

std::string dotted(const std::string& pointer) {
    std::string path;
    for (const char c : pointer.substr(1)) path += c == '/' ? '.' : c;
    for (size_t at = path.find("~1"); at != std::string::npos; at = path.find("~1")) path.replace(at, 2, "/");
    return path;
}

std::vector<Change> compare(const json& a, const json& b) {
    std::vector<Change> changes;
    for (const auto& [path, value] : a.items()) {
        const auto other = b.find(path);
        if (other == b.end()) changes.push_back({dotted(path), &value, nullptr});
        if (other != b.end() && *other != value) changes.push_back({dotted(path), &value, &*other});
    }
    for (const auto& [path, value] : b.items()) {
        if (!a.contains(path)) changes.push_back({dotted(path), nullptr, &value});
    }
    std::sort(changes.begin(), changes.end(), [](const Change& x, const Change& y) { return x.path < y.path; });
    return changes;
}

bool serves(const Wiring& wiring, std::string_view carrier) {
    return carrier.empty() || wiring.carrier == carrier || wiring.carrier.empty();
}

}  // namespace

void print_plan(const Plan& plan, std::string_view carrier, std::ostream& out) {
    out << plan.name << "  " << plan.hash.substr(0, 12) << "  " << plan.file << "\n";
    for (const Wiring& wiring : plan.wirings) {
        if (serves(wiring, carrier)) print_wiring(wiring, out);
    }
}

std::string plan_json(const Plan& plan, std::string_view carrier) {
    json out = {{"name", plan.name}, {"file", plan.file}, {"hash", plan.hash}, {"wirings", json::array()}};
    for (const Wiring& wiring : plan.wirings) {
        if (serves(wiring, carrier)) out["wirings"].push_back(wiring_json(wiring));
    }
    return dump(out, 2) + "\n";
}

std::string resolved_yaml(const std::string& canonical_json) {
    const json canonical = json::parse(canonical_json, nullptr, false);
    ordered_json file;
    for (const char* key :
         {"trunkline", "name", "description", "threads", "params", "nodes", "profiles", "links", "limits", "budget"}) {
        const auto at = canonical.find(key);
        if (at == canonical.end()) continue;
        if (std::string_view(key) != "nodes" && std::string_view(key) != "profiles") {
            file[key] = *at;
            continue;
        }
        for (const auto& [name, node] : at->items()) file[key][name] = file_node(node);
    }
    std::string out;
    write_yaml(file, 0, out);
    return out;
}

std::string indented(const std::string& text) { return dump(json::parse(text, nullptr, false), 2) + "\n"; }

std::string difference_text(const std::string& canonical_a, const std::string& canonical_b) {
    const json a = json::parse(canonical_a, nullptr, false).flatten(),
               b = json::parse(canonical_b, nullptr, false).flatten();
    std::string out;
    for (const Change& change : compare(a, b)) {
        if (!change.before) out += "+ " + change.path + ": " + scalar(*change.after) + "\n";
        if (!change.after) out += "- " + change.path + ": " + scalar(*change.before) + "\n";
        if (change.before && change.after)
            out += "~ " + change.path + ": " + scalar(*change.before) + "  =>  " + scalar(*change.after) + "\n";
    }
    return out;
}

std::string difference_json(const std::string& canonical_a, const std::string& canonical_b) {
    const json a = json::parse(canonical_a, nullptr, false).flatten(),
               b = json::parse(canonical_b, nullptr, false).flatten();
    json out = json::array();
    for (const Change& change : compare(a, b)) {
        out.push_back({{"path", change.path},
                       {"change", !change.before  ? "added"
                                  : !change.after ? "removed"
                                                  : "changed"},
                       {"a", change.before ? *change.before : json(nullptr)},
                       {"b", change.after ? *change.after : json(nullptr)}});
    }
    return dump(out, 2) + "\n";
}

}  // namespace trunkline::cli
