#pragma once
// A wiring on its way to being a plan: nodes with their elements, edges between pads.
#include <string>
#include <vector>

#include "engine/graph/element_table.h"
#include "engine/graph/plan.h"
#include "engine/graph/prepared.h"

namespace trunkline::graph {

struct DraftNode {
    PlanNode plan;
    const ElementInfo* info = nullptr;  ///< null = broken: said already, so nothing more is said about it
    PreparedNode prepared;
};

struct DraftEdge {
    int from = 0, to = 0;
    const PadTemplate* from_pad = nullptr;
    const PadTemplate* to_pad = nullptr;
    std::string from_name, to_name;  ///< the pad's name where the graph gave one, else the template's
    PlanLink::Media media = PlanLink::Media::kOther;
    const Link* link = nullptr;
    SourceMark mark;  ///< of the endpoint it leads to
    std::string caps;
};

struct Draft {
    std::string carrier;
    int rate = 0;  ///< of the carrier, when it has several
    std::vector<DraftNode> nodes;
    std::vector<DraftEdge> edges;
    bool broken_links = false;  ///< a path could not be followed: then missing links are no finding

    int find(std::string_view name) const;
    /// `base`, or `base-2`, `base-3`, … when that is taken.
    std::string free_name(const std::string& base) const;
    /// Adds an element of the engine's own choosing; its factory must be installed.
    int add(const std::string& name, PlanNode::Origin origin, const ElementInfo* info, const SourceMark& mark);
};

/// Nodes of the graph as elements of `carrier`, their settings checked (check_nodes.cc).
void draft_nodes(const Graph& graph, Draft& draft, ElementTable& elements, Diagnostics& out);
/// Checks profiles of a library on their own (check_nodes.cc).
void check_profiles(const Graph& graph, ElementTable& elements, Diagnostics& out);
/// Paths -> edges: bare elements, inferred pads, tee and funnel (expand.cc).
void draft_edges(const Graph& graph, Draft& draft, ElementTable& elements, Diagnostics& out);
/// Both ends of a call with a choice of rates get the one that the carrier is asked for (check_nodes.cc).
void set_carrier_rate(Draft& draft);
/// Cycles, unlinked pads and nodes, two ends of one call (check_shape.cc).
void check_shape(const Graph& graph, const Draft& draft, Diagnostics& out);
/// Caps of every edge; puts converters in (negotiate.cc).
void negotiate(Draft& draft, ElementTable& elements, Diagnostics& out);

}  // namespace trunkline::graph
