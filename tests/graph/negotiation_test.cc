// Caps over the whole graph: what is joined as it is, what is converted and where, what is pinned.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include "tests/graph/graph_environment.h"

namespace trunkline::graph {
namespace {

std::string graph(const std::string& nodes, const std::string& links) {
    return "trunkline: 1\nnodes:\n  caller: {element: twiliosrc}\n" + nodes +
           "  line: {element: twiliosink}\nlinks:\n" + links;
}

const Wiring& only_wiring(const PlanResult& result) {
    static const Wiring kNone;
    EXPECT_NE(result.plan, nullptr) << format_text(result.diagnostics);
    return result.plan ? result.plan->wirings.at(0) : kNone;
}

TEST(Negotiation, JoinsEqualCapsWithoutAnyElementBetween) {
    const auto result = plan_text(graph("", "  through: caller -> line\n"));
    EXPECT_EQ(links_text(only_wiring(result), "through"),
              "caller.src -> line.sink [audio/x-mulaw, rate=8000, channels=1]\n");
}

TEST(Negotiation, KeepsMulawThroughTheAgent) {
    const auto result = plan_text(graph("  agent: {element: deepgramagent}\n", "  talk: caller -> agent -> line\n"));
    const Wiring& wiring = only_wiring(result);
    for (const PlanNode& node : wiring.nodes) EXPECT_NE(node.origin, PlanNode::Origin::kConverter) << node.name;
    EXPECT_NE(links_text(wiring, "talk").find("caller.src -> agent.sink [audio/x-mulaw"), std::string::npos);
}

TEST(Negotiation, InsertsDecoderAndEncoderAroundARawElement) {
    const auto result = plan_text(graph("  louder: {element: volume}\n", "  through: caller -> louder -> line\n"));
    EXPECT_EQ(
        links_text(only_wiring(result), "through"),
        "caller.src -> through.mulawdec.sink [audio/x-mulaw, rate=8000, channels=1]\n"
        "through.mulawdec.src -> louder.sink [audio/x-raw, format=S16LE, layout=interleaved, rate=8000, channels=1]\n"
        "louder.src -> through.mulawenc.sink [audio/x-raw, format=S16LE, layout=interleaved, rate=8000, channels=1]\n"
        "through.mulawenc.src -> line.sink [audio/x-mulaw, rate=8000, channels=1]\n");
}

TEST(Negotiation, ResamplesWithADelayItStates) {
    const auto result = plan_text(graph("  wide: {element: capsfilter, caps: \"audio/x-raw,rate=16000\"}\n",
                                        "  through: caller -> wide -> line\n"));
    const PlanNode* up = only_wiring(result).find("through.audioresample");
    ASSERT_NE(up, nullptr);
    EXPECT_GT(up->delay_ns, 500'000U);
    EXPECT_LT(up->delay_ns, 10'000'000U);
    EXPECT_GT(up->cost_us, 0);
    EXPECT_NE(only_wiring(result).find("through.audioresample-2"), nullptr) << "and back down again";
}

TEST(Negotiation, ConvertsBehindWhatPassesAnythingOn) {
    const auto result =
        plan_text(graph("  wide: {element: capsfilter, caps: \"audio/x-raw,format=S16LE,rate=48000,channels=1\"}\n  "
                        "gate: {element: identity}\n",
                        "  through: caller -> wide -> gate -> line\n"));
    const std::string links = links_text(only_wiring(result), "through");
    EXPECT_NE(links.find("wide.src -> gate.sink [audio/x-raw"), std::string::npos) << links;
}

TEST(Negotiation, FeedsAnExplicitEncoderTheRateItsReaderNeeds) {
    const auto result =
        plan_text(graph("  wide: {element: capsfilter, caps: \"audio/x-raw,format=S16LE,rate=16000,channels=1\"}\n",
                        "  through: caller -> wide -> mulawenc -> line\n"));
    const std::string links = links_text(only_wiring(result), "through");
    EXPECT_NE(links.find("through.mulawenc.src -> line.sink [audio/x-mulaw, rate=8000"), std::string::npos) << links;
    EXPECT_EQ(links.find("mulawenc-2"), std::string::npos) << links;
}

TEST(Negotiation, TakesExplicitConvertersAsTheyAre) {
    const auto result = plan_text(graph("", "  through: caller -> mulawdec -> mulawenc -> line\n"));
    EXPECT_EQ(only_wiring(result).nodes.size(), 4U);
    EXPECT_EQ(only_wiring(result).find("through.mulawdec")->origin, PlanNode::Origin::kBare);
}

TEST(Negotiation, ConvertsOnlyTheBranchThatNeedsIt) {
    const auto result = plan_text(graph("  meter: {element: level}\n  end: {element: fakesink}\n",
                                        "  through: caller -> line\n  watch: caller -> meter -> end\n"));
    EXPECT_EQ(links_text(only_wiring(result), "through"),
              "caller.src -> caller.src.tee.sink [audio/x-mulaw, rate=8000, channels=1]\n"
              "caller.src.tee.src_%u -> line.sink [audio/x-mulaw, rate=8000, channels=1]\n");
    EXPECT_NE(only_wiring(result).find("watch.mulawdec"), nullptr);
}

TEST(Expansion, JoinsSeveralFactsToSeveralReadersWithOneFunnelAndOneTee) {
    const auto result = plan_text(graph(
        "  gate: {element: bargein}\n  db: {element: dbsink}\n  hook: {element: webhooksink, url: $env.HOOK_URL}\n",
        "  through: caller -> gate -> line\n  facts: caller.events, gate.events -> db, hook\n"));
    const Wiring& wiring = only_wiring(result);
    EXPECT_NE(wiring.find("facts.funnel"), nullptr);
    EXPECT_NE(wiring.find("facts.tee"), nullptr);
    EXPECT_EQ(wiring.nodes.size(), 7U);
}

TEST(Expansion, InfersTheEventsPadWhereOnlyFactsFit) {
    const auto result =
        plan_text(graph("  db: {element: dbsink}\n", "  through: caller -> line\n  facts: caller -> db\n"));
    EXPECT_EQ(links_text(only_wiring(result), "facts"),
              "caller.events -> db.sink [application/x-call-event, format=json]\n");
}

TEST(Expansion, KeepsFactsAndDropsOldAudioUnlessToldOtherwise) {
    const auto result = plan_text(
        graph("  db: {element: dbsink}\n", "  through: {path: caller -> line, full: keep}\n  facts: caller -> db\n"));
    for (const PlanLink& link : only_wiring(result).links) EXPECT_EQ(link.full, Link::Full::kKeep) << link.name;
}

TEST(Carriers, ACallGraphGetsOneWiringPerKnownCarrier) {
    const auto result = plan_text(
        "trunkline: 1\nnodes:\n  caller: {element: callsrc}\n  line: {element: callsink}\nlinks: {through: caller -> "
        "line}\n");
    ASSERT_NE(result.plan, nullptr) << format_text(result.diagnostics);
    ASSERT_NE(result.plan->wiring("twilio"), nullptr);
    EXPECT_EQ(result.plan->wiring("twilio")->find("caller")->factory, "twiliosrc");
    EXPECT_EQ(result.plan->wiring("carrier-pigeon"), nullptr);
    ASSERT_NE(result.plan->wiring("vonage"), nullptr);
    EXPECT_EQ(result.plan->wiring("vonage")->find("line")->factory, "vonagesink");
}

PlanResult any_carrier(const std::string& caller, const CompileOptions& options = {}) {
    const LoadResult loaded = load_graph_text("trunkline: 1\nnodes:\n  caller: {element: " + caller +
                                                  "}\n  agent: {element: deepgramagent}\n  line: {element: "
                                                  "callsink}\nlinks: {talk: caller -> agent -> line}\n",
                                              "graphs/test.yaml", test_options());
    return compile(loaded.graph, options);
}

TEST(Carriers, BothEndsOfACallHaveTheRateThatTheCarrierIsAskedFor) {
    for (const int rate : {8'000, 16'000, 24'000}) {
        CompileOptions options;
        options.rates["vonage"] = rate;
        const auto result = any_carrier("callsrc", options);
        ASSERT_NE(result.plan, nullptr) << format_text(result.diagnostics);
        const Wiring& wiring = *result.plan->wiring("vonage");
        EXPECT_EQ(wiring.nodes.size(), 3U) << "the agent speaks it: no converter, no capsfilter";
        const std::string text = links_text(wiring, "talk");
        const std::string wanted = "rate=" + std::to_string(rate);
        EXPECT_NE(text.find(wanted), std::string::npos) << text;
        EXPECT_NE(text.find(wanted, text.find(wanted) + 1), std::string::npos) << text;
        for (const char* node : {"caller", "line"}) {
            const auto& properties = wiring.find(node)->properties;
            ASSERT_EQ(properties.size(), 1U);
            EXPECT_EQ(properties[0].name, "rate");
            EXPECT_EQ(properties[0].value.shown, std::to_string(rate));
            EXPECT_TRUE(properties[0].forced);
        }
        EXPECT_TRUE(result.plan->wiring("twilio")->find("caller")->properties.empty());
    }
}

TEST(Carriers, ARateInTheGraphStays) {
    const auto result = plan_text(
        "trunkline: 1\nnodes:\n  caller: {element: vonagesrc, rate: 24000}\n  line: {element: vonagesink, rate: "
        "24000}\nlinks: {through: caller -> line}\n");
    ASSERT_NE(result.plan, nullptr) << format_text(result.diagnostics);
    EXPECT_EQ(links_text(only_wiring(result), "through"),
              "caller.src -> line.sink [audio/x-raw, format=S16LE, layout=interleaved, rate=24000, channels=1]\n");
}

TEST(Carriers, BareEndsOfACallHaveTheRateToo) {
    CompileOptions options;
    options.rates["vonage"] = 8'000;
    const LoadResult loaded = load_graph_text(
        "trunkline: 1\nnodes: {same: {element: identity}}\nlinks: {through: vonagesrc -> same -> vonagesink}\n",
        "graphs/test.yaml", test_options());
    const auto result = compile(loaded.graph, options);
    ASSERT_NE(result.plan, nullptr) << format_text(result.diagnostics);
    const std::string text = links_text(result.plan->wirings.at(0), "through");
    EXPECT_NE(text.find("same.sink [audio/x-raw, format=S16LE, layout=interleaved, rate=8000"), std::string::npos)
        << text;
}

/// An element with two inputs that fit equally well; no stock element is like that.
struct TwoInputs {
    GstElement element;
};
struct TwoInputsClass {
    GstElementClass parent;
};
void two_inputs_class_init(gpointer klass, gpointer) {
    auto* element = static_cast<GstElementClass*>(klass);
    gst_element_class_set_static_metadata(element, "Two inputs", "Sink/Test", "Takes two streams", "Trunkline");
    for (const char* name : {"left", "right"}) {
        GstCaps* caps = gst_caps_from_string("audio/x-mulaw,rate=8000,channels=1");
        gst_element_class_add_pad_template(element, gst_pad_template_new(name, GST_PAD_SINK, GST_PAD_ALWAYS, caps));
        gst_caps_unref(caps);
    }
}

TEST(Expansion, AsksWhichPadIsMeantWhereTwoFit) {
    const GType type =
        g_type_register_static_simple(GST_TYPE_ELEMENT, "TrunklineTestTwoInputs", sizeof(TwoInputsClass),
                                      two_inputs_class_init, sizeof(TwoInputs), nullptr, static_cast<GTypeFlags>(0));
    ASSERT_TRUE(gst_element_register(nullptr, "testtwoinputs", GST_RANK_NONE, type));
    const auto result =
        plan_text(graph("  both: {element: testtwoinputs}\n", "  through: caller -> line\n  copy: caller -> both\n"));
    ASSERT_EQ(result.diagnostics.size(), 1U) << format_text(result.diagnostics);
    EXPECT_EQ(result.diagnostics[0].code, "ambiguous-pad");
    EXPECT_EQ(result.diagnostics[0].line, 8);
    EXPECT_EQ(result.diagnostics[0].column, 19);
    EXPECT_NE(result.diagnostics[0].message.find("caller.src -> both.left, or caller.src -> both.right"),
              std::string::npos)
        << result.diagnostics[0].message;
}

TEST(Policy, ForcesEverySinkToNeitherPrerollNorWait) {
    const auto result =
        plan_text(graph("  end: {element: fakesink}\n", "  through: caller -> line\n  copy: caller -> end\n"));
    int forced = 0;
    for (const PlanProperty& property : only_wiring(result).find("end")->properties)
        forced += property.forced && !property.value.boolean ? 1 : 0;
    EXPECT_EQ(forced, 3);
}

TEST(Hash, StaysWhenOnlyASecretChanges) {
    const std::string text =
        graph("  agent: {element: deepgramagent, api-key: $secret.KEY}\n", "  talk: caller -> agent -> line\n");
    LoadOptions a = test_options(), b = test_options();
    a.secret = [](const std::string&) { return std::optional<std::string>("first-secret"); };
    b.secret = [](const std::string&) { return std::optional<std::string>("second-secret"); };
    const auto first = plan_text(text, a), second = plan_text(text, b);
    ASSERT_TRUE(first.plan && second.plan);
    EXPECT_EQ(first.plan->hash, second.plan->hash);
    EXPECT_EQ(first.plan->hash.size(), 64U);
}

TEST(Hash, ChangesWithASettingButNotWithAComment) {
    const std::string text = graph("", "  through: caller -> line\n");
    const auto plain = plan_text(text), commented = plan_text("# why\n" + text),
               limited = plan_text(text + "limits: {call: 1m}\n");
    ASSERT_TRUE(plain.plan && commented.plan && limited.plan);
    EXPECT_EQ(plain.plan->hash, commented.plan->hash);
    EXPECT_NE(plain.plan->hash, limited.plan->hash);
}

}  // namespace
}  // namespace trunkline::graph
