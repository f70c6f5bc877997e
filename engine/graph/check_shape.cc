// The shape of the whole: no circle but through an agent, no pad left open, one call per graph.
#include <algorithm>

#include "engine/graph/draft.h"
#include "engine/graph/yaml_tree.h"

namespace trunkline::graph {
namespace {

/// Depth-first search for a circle; what an agent says does not continue what it hears, so its sinks end a walk.
class CycleSearch {
  public:
    CycleSearch(const Draft& draft, Diagnostics& out)
        : draft_(draft), out_(out), state_(draft.nodes.size(), State::kNew) {}

    void run() {
        for (size_t i = 0; i < draft_.nodes.size(); i++) visit(static_cast<int>(i));
    }

  private:
    enum class State { kNew, kOpen, kDone };

    void visit(int start) {
        if (state_[static_cast<size_t>(start)] != State::kNew) return;
        // A stack of its own: the depth is the graph's, which is bounded by the file, not by the thread's stack.
        std::vector<std::pair<int, size_t>> stack = {{start, 0}};
        state_[static_cast<size_t>(start)] = State::kOpen;
        while (!stack.empty()) {
            auto& [node, next] = stack.back();
            if (next == draft_.edges.size()) {
                state_[static_cast<size_t>(node)] = State::kDone;
                stack.pop_back();
                continue;
            }
            const DraftEdge& edge = draft_.edges[next++];
            if (edge.from != node || draft_.nodes[static_cast<size_t>(edge.to)].plan.agent) continue;
            State& there = state_[static_cast<size_t>(edge.to)];
            if (there == State::kOpen) {
                tell(stack, edge);
            } else if (there == State::kNew) {
                there = State::kOpen;
                stack.emplace_back(edge.to, 0);
            }
        }
    }

    void tell(const std::vector<std::pair<int, size_t>>& stack, const DraftEdge& closing) {
        std::string circle;
        bool inside = false;
        for (const auto& [node, next] : stack) {
            inside = inside || node == closing.to;
            if (inside) circle += draft_.nodes[static_cast<size_t>(node)].plan.name + " -> ";
        }
        report(out_, "cycle", closing.mark,
               "data would go round for ever: " + circle + draft_.nodes[static_cast<size_t>(closing.to)].plan.name);
    }

    const Draft& draft_;
    Diagnostics& out_;
    std::vector<State> state_;
};

bool is_linked(const Draft& draft, int node, const PadTemplate& pad) {
    return std::any_of(draft.edges.begin(), draft.edges.end(), [&](const DraftEdge& edge) {
        return pad.is_src ? edge.from == node && edge.from_pad == &pad : edge.to == node && edge.to_pad == &pad;
    });
}

void check_open_pads(const Draft& draft, Diagnostics& out) {
    for (size_t i = 0; i < draft.nodes.size(); i++) {
        const DraftNode& node = draft.nodes[i];
        if (!node.info) continue;
        const int index = static_cast<int>(i);
        const bool used = std::any_of(draft.edges.begin(), draft.edges.end(),
                                      [&](const DraftEdge& e) { return e.from == index || e.to == index; });
        if (!used) {
            report(out, "unlinked-node", node.plan.mark,
                   "no link names \"" + node.plan.name + "\": link it or take it out");
            continue;
        }
        for (const PadTemplate& pad : node.info->pads) {
            if (pad.request || pad.sometimes || is_linked(draft, index, pad)) continue;
            report(out, "unlinked-pad", node.plan.mark,
                   "\"" + node.plan.name + "." + pad.name + "\" must be linked" +
                       (pad.is_src ? "; an output nobody wants can go to fakesink" : ": nothing comes in there"));
        }
    }
}

void check_one_call(const Draft& draft, Diagnostics& out) {
    if (draft.carrier.empty()) return;
    for (const char* end : {"src", "sink"}) {
        const DraftNode* first = nullptr;
        for (const DraftNode& node : draft.nodes) {
            if (node.plan.factory != draft.carrier + end) continue;
            if (first) {
                report(
                    out, "two-call-ends", node.plan.mark,
                    "a graph carries one call: \"" + first->plan.name + "\" is its " + node.plan.element + " already");
            }
            if (!first) first = &node;
        }
    }
}

}  // namespace

void check_shape(const Graph& graph, const Draft& draft, Diagnostics& out) {
    CycleSearch(draft, out).run();
    check_one_call(draft, out);
    if (graph.links_complete && !draft.broken_links) check_open_pads(draft, out);
}

}  // namespace trunkline::graph
