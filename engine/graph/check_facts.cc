// Facts against who gives them: a node that asks for a fact by name, in its property `events`, needs a node that gives
// it. Every voice agent gives the common ones (contract voice-agent/1); what one gives beyond them stands in the
// metadata of its element (`call-facts`), so no element is known by name here.
#include <algorithm>
#include <array>

#include "engine/graph/draft.h"
#include "engine/graph/yaml_tree.h"

namespace trunkline::graph {
namespace {

/// Facts of voice-agent/1 that a backend may or may not give.
constexpr std::array<std::string_view, 1> kOptional = {"emotion"};

bool names_fact(std::string_view list, std::string_view fact) {
    while (!list.empty()) {
        const size_t comma = std::min(list.find(','), list.size());
        std::string_view one = list.substr(0, comma);
        while (one.starts_with(' ')) one.remove_prefix(1);
        while (one.ends_with(' ')) one.remove_suffix(1);
        if (one == fact) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

bool takes_facts(const ElementInfo& info) {
    return std::any_of(info.pads.begin(), info.pads.end(),
                       [](const PadTemplate& p) { return !p.is_src && p.media == PlanLink::Media::kFacts; });
}

bool gives(const ElementInfo& info, std::string_view fact) {
    return std::find(info.facts.begin(), info.facts.end(), fact) != info.facts.end();
}

/// `"agent" (deepgramagent) gives none`, for every voice agent of the graph.
std::string who_does_not(const Draft& draft) {
    std::string text;
    for (const DraftNode& node : draft.nodes) {
        if (!node.info || !node.plan.agent) continue;
        text += (text.empty() ? "" : ", ") + ("\"" + node.plan.name + "\" (" + node.info->name + ")");
    }
    return text.empty() ? "the graph has no voice agent" : text + " gives none";
}

}  // namespace

void check_facts(const Graph& graph, const Draft& draft, Diagnostics& out) {
    // A node that is broken was told of, and might have been the one.
    if (std::any_of(draft.nodes.begin(), draft.nodes.end(), [](const DraftNode& n) { return !n.info; })) return;
    for (const std::string_view fact : kOptional) {
        if (std::any_of(draft.nodes.begin(), draft.nodes.end(),
                        [&](const DraftNode& n) { return gives(*n.info, fact); }))
            continue;
        for (size_t i = 0; i < graph.nodes.size() && i < draft.nodes.size(); ++i) {
            const Node& node = graph.nodes[i];
            if (!takes_facts(*draft.nodes[i].info)) continue;
            for (const Setting& setting : node.settings) {
                if (setting.name != "events" || setting.value.kind != Value::Kind::kText ||
                    !names_fact(setting.value.text, fact))
                    continue;
                report(out, "fact-not-given", setting.value.mark,
                       "\"" + node.name + "\" asks for \"" + std::string(fact) + "\" facts, and " +
                           who_does_not(draft) + ": take a backend that gives them, or \"" + std::string(fact) +
                           "\" out of `events`");
            }
        }
    }
}

}  // namespace trunkline::graph
