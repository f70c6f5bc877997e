// A graph file up to the compiled plan: real elements are made and asked, with the properties and caps that the file
// wants. Only elements that do nothing outside of the process when they are made take part.
#include <gst/gst.h>

#include <set>

#include "elements/register.h"
#include "engine/graph/plan.h"
#include "tests/fuzz/graph_text.h"

using namespace trunkline;
using namespace trunkline::fuzz;

namespace {

void start_gstreamer() {
    static const bool started = [] {
        gst_init(nullptr, nullptr);
        return register_elements();
    }();
    must(started, "GStreamer runs");
}

bool harmless(const std::vector<graph::Node>& nodes) {
    static const std::set<std::string> kElements = {
        "callsrc",      "callsink",    "twiliosrc", "twiliosink", "deepgramagent", "bargein",
        "dbsink",       "webhooksink", "identity",  "tee",        "funnel",        "capsfilter",
        "queue",        "fakesink",    "volume",    "level",      "mulawdec",      "mulawenc",
        "audioconvert", "alawdec",     "alawenc",   "valve",      "audioresample"};
    return std::all_of(nodes.begin(), nodes.end(), [](const graph::Node& n) { return kElements.contains(n.element); });
}

/// A bare element in a link is a node too.
bool harmless(const graph::Graph& graph) {
    if (!harmless(graph.nodes) || !harmless(graph.profiles)) return false;
    for (const graph::Link& link : graph.links) {
        for (const auto& stage : link.stages) {
            for (const graph::Endpoint& end : stage) {
                const bool known = std::any_of(graph.nodes.begin(), graph.nodes.end(),
                                               [&](const graph::Node& n) { return n.name == end.node; });
                graph::Node bare;
                bare.element = end.node;
                if (!known && !harmless(std::vector<graph::Node>{bare})) return false;
            }
        }
    }
    return true;
}

void must_be_whole(const graph::Plan& plan) {
    must(plan.hash.size() == 64, "a plan has its hash");
    must_be_json(plan.params_schema);
    must_be_json(plan.canonical_json);
    for (const graph::Wiring& wiring : plan.wirings) {
        const auto count = static_cast<int>(wiring.nodes.size());
        for (const graph::PlanLink& link : wiring.links) {
            must(link.from >= 0 && link.from < count && link.to >= 0 && link.to < count, "a link joins two nodes");
            must(link.full != graph::Link::Full::kDefault, "a link knows what it does when it is full");
        }
    }
    if (const auto params = graph::check_params(plan, std::string_view("{}")); !params) must_explain(params.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    start_gstreamer();
    const std::string text(text_of({data, size}));
    const graph::LoadResult loaded = load_fuzzed(text);
    if (!loaded.ok() || !harmless(loaded.graph)) return 0;
    const graph::PlanResult result = graph::compile(loaded.graph);
    must_have_places(result.diagnostics, text);
    must((result.plan == nullptr) == graph::has_errors(result.diagnostics), "there is a plan or an error, never both");
    if (result.plan) must_be_whole(*result.plan);
    return 0;
}
