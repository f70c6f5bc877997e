// Graph -> Plan: for every carrier the graph can serve, draft, check, negotiate; then freeze.
#include <glib.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/graph/draft.h"
#include "engine/graph/loader.h"
#include "engine/graph/plan.h"
#include "engine/graph/yaml_tree.h"

namespace trunkline::graph {
namespace {

// A call's pipeline is built per call and drawn by people: these are far above both.
constexpr size_t kMaxNodes = 256;
constexpr size_t kMaxEdges = 1024;

std::string sha256(const std::string& text) {
    const gst::Chars hex(
        g_compute_checksum_for_string(G_CHECKSUM_SHA256, text.data(), static_cast<gssize>(text.size())));
    return hex.get();
}

std::string params_schema(const Graph& graph) {
    using nlohmann::json;
    json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"title", "params of " + graph.name},
                   {"type", "object"},
                   {"additionalProperties", false},
                   {"properties", json::object()}};
    for (const Param& param : graph.params) {
        schema["properties"][param.name] = json::parse(param.schema_json, nullptr, false);
        if (!param.has_default) schema["required"].push_back(param.name);
    }
    return schema.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool is_too_large(const Graph& graph, Diagnostics& out) {
    size_t edges = 0, ends = 0;
    for (const Link& link : graph.links) {
        for (size_t i = 0; i < link.stages.size(); i++) {
            ends += link.stages[i].size();
            if (i > 0) edges += link.stages[i - 1].size() * link.stages[i].size();
        }
    }
    if (graph.nodes.size() <= kMaxNodes && graph.profiles.size() <= kMaxNodes && edges <= kMaxEdges &&
        ends <= kMaxEdges)
        return false;
    report(out, "too-large", {graph.file, 0, 0},
           "a graph has at most " + std::to_string(kMaxNodes) + " nodes and " + std::to_string(kMaxEdges) +
               " links between them");
    return true;
}

/// What the engine itself puts into graphs.
bool lacks_core_elements(ElementTable& elements, const Graph& graph, Diagnostics& out) {
    for (const char* name : {"tee", "funnel", "capsfilter"}) {
        if (elements.find(name)) continue;
        report(out, "unknown-element", {graph.file, 0, 0},
               std::string("GStreamer's own element \"") + name +
                   "\" is missing: install libgstreamer1.0-0 with its core plugins");
        return true;
    }
    return false;
}

/// Which carriers' calls the graph serves: those it names, all known ones through callsrc/callsink, or "" for none.
std::vector<std::string> carriers_of(const Graph& graph, const CompileOptions& options, Diagnostics& out) {
    std::set<std::string> named;
    bool any = false;
    const auto look = [&](const std::string& element, const SourceMark& mark) {
        any = any || element == "callsrc" || element == "callsink";
        for (const std::string& carrier : options.carriers) {
            if (element == carrier + "src" || element == carrier + "sink") named.insert(carrier);
        }
        if (named.size() + (any ? 1 : 0) > 1) {
            report(out, "two-carriers", mark,
                   "a graph is for one carrier, or for any with callsrc and callsink; \"" + element + "\" mixes them");
            named.clear();
            any = true;
        }
    };
    for (const Node& node : graph.nodes) look(node.element, node.element_mark);
    for (const Link& link : graph.links) {
        for (const auto& stage : link.stages) {
            for (const Endpoint& end : stage) {
                const bool is_node = std::any_of(graph.nodes.begin(), graph.nodes.end(),
                                                 [&](const Node& n) { return n.name == end.node; });
                if (!is_node) look(end.node, end.mark);
            }
        }
    }
    if (any) return options.carriers;
    return named.empty() ? std::vector<std::string>{""} : std::vector<std::string>(named.begin(), named.end());
}

Link::Full full_of(const DraftEdge& edge) {
    if (edge.link->full != Link::Full::kDefault) return edge.link->full;
    return edge.media == PlanLink::Media::kFacts ? Link::Full::kKeep : Link::Full::kDropOldest;
}

/// How far from the sources each node lies, for an order that people can follow.
std::vector<int> depths(const Draft& draft) {
    std::vector<int> depth(draft.nodes.size(), 0);
    for (size_t round = 0; round < draft.nodes.size(); round++) {
        bool changed = false;
        for (const DraftEdge& edge : draft.edges) {
            int& there = depth[static_cast<size_t>(edge.to)];
            const int least = depth[static_cast<size_t>(edge.from)] + 1;
            if (there >= least || draft.nodes[static_cast<size_t>(edge.to)].plan.agent) continue;
            there = least;
            changed = true;
        }
        if (!changed) break;
    }
    return depth;
}

void sort_edges(Draft& draft, const Graph& graph) {
    const std::vector<int> depth = depths(draft);
    const auto rank = [&](const DraftEdge& e) {
        return std::pair(e.link - graph.links.data(), depth[static_cast<size_t>(e.from)]);
    };
    std::stable_sort(draft.edges.begin(), draft.edges.end(),
                     [&](const DraftEdge& a, const DraftEdge& b) { return rank(a) < rank(b); });
}

Wiring freeze(Draft draft, const Graph& graph) {
    sort_edges(draft, graph);
    Wiring wiring;
    wiring.carrier = draft.carrier;
    auto prepared = std::make_shared<PreparedWiring>();
    for (DraftNode& node : draft.nodes) {
        wiring.nodes.push_back(std::move(node.plan));
        prepared->nodes.push_back(std::move(node.prepared));
    }
    for (DraftEdge& edge : draft.edges) {
        PlanLink link;
        link.name = edge.link->name;
        link.from = edge.from, link.to = edge.to;
        link.from_pad = edge.from_name, link.to_pad = edge.to_name;
        link.from_request = edge.from_pad->request, link.to_request = edge.to_pad->request;
        link.media = edge.media;
        link.full = full_of(edge);
        link.caps = std::move(edge.caps);
        wiring.links.push_back(std::move(link));
    }
    wiring.prepared = std::move(prepared);
    return wiring;
}

/// One carrier's wiring, as far as it can be checked.
Wiring compile_wiring(const Graph& graph, const std::string& carrier, const CompileOptions& options,
                      ElementTable& elements, Diagnostics& out) {
    Draft draft;
    draft.carrier = carrier;
    if (const auto rate = options.rates.find(carrier); rate != options.rates.end()) draft.rate = rate->second;
    draft_nodes(graph, draft, elements, out);
    draft_edges(graph, draft, elements, out);
    set_carrier_rate(draft);
    check_shape(graph, draft, out);
    const bool whole =
        std::all_of(draft.nodes.begin(), draft.nodes.end(), [](const DraftNode& n) { return n.info != nullptr; });
    if (whole && !has_errors(out)) negotiate(draft, elements, out);
    return has_errors(out) ? Wiring{} : freeze(std::move(draft), graph);
}

bool has_unknown_values(const Graph& graph) {
    return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) {
        return std::any_of(node.settings.begin(), node.settings.end(),
                           [](const Setting& s) { return s.value.unknown; });
    });
}

}  // namespace

const PlanNode* Wiring::find(std::string_view node) const {
    const auto at = std::find_if(nodes.begin(), nodes.end(), [&](const PlanNode& n) { return n.name == node; });
    return at == nodes.end() ? nullptr : &*at;
}

const Wiring* Plan::wiring(std::string_view carrier) const {
    const auto find = [&](std::string_view wanted) {
        const auto at =
            std::find_if(wirings.begin(), wirings.end(), [&](const Wiring& w) { return w.carrier == wanted; });
        return at == wirings.end() ? nullptr : &*at;
    };
    const Wiring* own = find(carrier);
    return own ? own : find("");
}

PlanResult compile(const Graph& graph, const CompileOptions& options) {
    PlanResult result;
    ElementTable elements;
    if (is_too_large(graph, result.diagnostics) || lacks_core_elements(elements, graph, result.diagnostics))
        return result;
    check_profiles(graph, elements, result.diagnostics);
    auto plan = std::make_shared<Plan>();
    if (!graph.is_library()) {
        for (const std::string& carrier : carriers_of(graph, options, result.diagnostics)) {
            Diagnostics found;
            plan->wirings.push_back(compile_wiring(graph, carrier, options, elements, found));
            result.diagnostics.insert(result.diagnostics.end(), found.begin(), found.end());
        }
    }
    sort_diagnostics(result.diagnostics);
    if (has_errors(result.diagnostics)) return result;
    plan->name = graph.name;
    plan->description = graph.description;
    plan->file = graph.file;
    plan->hash = sha256(graph.canonical_json);
    plan->limits = graph.limits;
    plan->budget = graph.budget;
    plan->threads_allowed = graph.threads_allowed;
    plan->buildable = !has_unknown_values(graph);
    plan->params_schema = params_schema(graph);
    plan->canonical_json = graph.canonical_json;
    plan->sources = graph.sources;
    result.plan = std::move(plan);
    return result;
}

PlanResult load_plan(const std::string& path_or_name, const LoadOptions& load, const CompileOptions& options) {
    LoadResult loaded = load_graph(path_or_name, load);
    PlanResult result = compile(loaded.graph, options);
    result.diagnostics.insert(result.diagnostics.end(), loaded.diagnostics.begin(), loaded.diagnostics.end());
    sort_diagnostics(result.diagnostics);
    if (has_errors(result.diagnostics)) result.plan = nullptr;
    return result;
}

}  // namespace trunkline::graph
