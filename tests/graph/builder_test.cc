// Plan -> pipeline, and the rules a built pipeline keeps: no threads, no descriptors, values of the call in place.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/graph/builder.h"
#include "engine/gst/gst_ptr.h"
#include "tests/graph/graph_environment.h"

namespace trunkline::graph {
namespace {

/// No carrier elements: these run without a call's session. appsrc stands for nothing; frames are pushed into `in`.
constexpr const char* kPassive = R"(trunkline: 1
params: {gain: {type: number, minimum: 0, maximum: 10, default: 1}}
nodes:
  in: {element: identity}
  louder: {element: volume, volume: $param.gain}
  end: {element: fakesink}
links: {through: in -> mulawdec -> louder -> mulawenc -> end}
)";

size_t entries(const char* directory) {
    return static_cast<size_t>(
        std::distance(std::filesystem::directory_iterator(directory), std::filesystem::directory_iterator()));
}

PlanPtr passive_plan() {
    // `in` has an open sink on purpose: the test is its source.
    LoadResult loaded = load_graph_text(kPassive, "passive.yaml", test_options());
    loaded.graph.links_complete = false;
    PlanResult result = compile(loaded.graph);
    EXPECT_NE(result.plan, nullptr) << format_text(result.diagnostics);
    return result.plan;
}

void push_frames(GstElement* in, int frames) {
    const auto pad = gst::Ptr<GstPad>::adopt(gst_element_get_static_pad(in, "sink"));
    gst_pad_send_event(pad.get(), gst_event_new_stream_start("test"));
    const auto caps = gst::Ptr<GstCaps>::adopt(gst_caps_from_string("audio/x-mulaw,rate=8000,channels=1"));
    gst_pad_send_event(pad.get(), gst_event_new_caps(caps.get()));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_send_event(pad.get(), gst_event_new_segment(&segment));
    for (int i = 0; i < frames; i++) {
        GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 160, nullptr);
        gst_buffer_memset(buffer, 0, 0xFF, 160);
        GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(i) * 20 * GST_MSECOND;
        ASSERT_EQ(gst_pad_chain(pad.get(), buffer), GST_FLOW_OK);
    }
}

TEST(Builder, BuildsEveryElementUnderItsNodeName) {
    const PlanPtr plan = passive_plan();
    ASSERT_NE(plan, nullptr);
    auto built = build(*plan, {});
    ASSERT_TRUE(built) << built.error().message;
    for (const PlanNode& node : plan->wirings[0].nodes) {
        ASSERT_NE(built->node(node.name), nullptr) << node.name;
        EXPECT_EQ(gst::Chars(gst_element_get_name(built->node(node.name))).get(), node.name);
    }
    EXPECT_EQ(built->node("nobody"), nullptr);
}

TEST(Builder, RunsWithoutThreadsOrDescriptors) {
    const PlanPtr plan = passive_plan();
    ASSERT_NE(plan, nullptr);
    auto warm_up = build(*plan, {});  // plugins load and GLib's own helpers start once
    ASSERT_TRUE(warm_up);
    ASSERT_EQ(gst_element_set_state(warm_up->pipeline(), GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
    push_frames(warm_up->node("in"), 1);
    const size_t threads = entries("/proc/self/task"), descriptors = entries("/proc/self/fd");
    auto built = build(*plan, {});
    ASSERT_TRUE(built);
    ASSERT_EQ(gst_element_set_state(built->pipeline(), GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS) << "and at once";
    push_frames(built->node("in"), 50);
    EXPECT_EQ(entries("/proc/self/task"), threads);
    EXPECT_EQ(entries("/proc/self/fd"), descriptors);
}

TEST(Builder, PutsParamsIntoProperties) {
    const PlanPtr plan = passive_plan();
    ASSERT_NE(plan, nullptr);
    CallValues values;
    values.params_json = R"({"gain":2.5})";
    auto built = build(*plan, values);
    ASSERT_TRUE(built) << built.error().message;
    double gain = 0;
    g_object_get(built->node("louder"), "volume", &gain, nullptr);
    EXPECT_DOUBLE_EQ(gain, 2.5);
}

TEST(Builder, RefusesAParamItsPropertyCannotTake) {
    const PlanPtr plan = passive_plan();
    ASSERT_NE(plan, nullptr);
    CallValues values;
    values.params_json = R"({"gain":99})";
    const auto built = build(*plan, values);
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, "bad-param-value");
    EXPECT_NE(built.error().message.find("louder"), std::string::npos) << built.error().message;
}

TEST(Builder, FillsTextsWithValuesOfTheCall) {
    const auto result = plan_text(R"(trunkline: 1
params: {who: {type: string, default: you}}
nodes:
  caller: {element: callsrc}
  agent: {element: deepgramagent, greeting: "Hi ${param.who} from ${call.from}, ${env.NAME:-we} cost $$${x}"}
  line: {element: callsink}
links: {talk: caller -> agent -> line}
)");
    ASSERT_NE(result.plan, nullptr) << format_text(result.diagnostics);
    CallValues values{"twilio", "+15550100", "+15550199", "call_1", "inbound", R"({"who":"Ada"})"};
    auto built = build(*result.plan, values);
    ASSERT_TRUE(built) << built.error().message;
    char* greeting = nullptr;
    g_object_get(built->node("agent"), "greeting", &greeting, nullptr);
    EXPECT_STREQ(greeting, "Hi Ada from +15550100, we cost $${x}");
    g_free(greeting);
    ASSERT_NE(built->source(), nullptr);
    EXPECT_STREQ(G_OBJECT_TYPE_NAME(built->source()), G_OBJECT_TYPE_NAME(built->node("caller")));
    EXPECT_EQ(built->sink(), built->node("line"));
}

TEST(Builder, RefusesACarrierTheGraphDoesNotServe) {
    const auto result = plan_text(
        "trunkline: 1\nnodes:\n  caller: {element: callsrc}\n  line: {element: callsink}\nlinks: {through: caller -> "
        "line}\n");
    ASSERT_NE(result.plan, nullptr);
    CallValues values;
    values.carrier = "carrier-pigeon";
    const auto built = build(*result.plan, values);
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, "unknown-carrier");
}

TEST(Builder, ForcesSinksNotToWait) {
    const PlanPtr plan = passive_plan();
    ASSERT_NE(plan, nullptr);
    auto built = build(*plan, {});
    ASSERT_TRUE(built);
    gboolean sync = TRUE, async = TRUE, last = TRUE;
    g_object_get(built->node("end"), "sync", &sync, "async", &async, "enable-last-sample", &last, nullptr);
    EXPECT_FALSE(sync || async || last);
}

TEST(Builder, DoesNotBuildAPlanMadeWithoutItsEnvironment) {
    LoadOptions options = test_options();
    options.placeholders = true;
    const auto result = plan_text(
        "trunkline: 1\nnodes:\n  caller: {element: twiliosrc}\n  agent: {element: deepgramagent, greeting: "
        "$env.NOT_HERE}\n  line: {element: twiliosink}\nlinks: {talk: caller -> agent -> line}\n",
        options);
    ASSERT_NE(result.plan, nullptr) << format_text(result.diagnostics);
    EXPECT_FALSE(result.plan->buildable);
    CallValues values;
    values.carrier = "twilio";
    EXPECT_FALSE(build(*result.plan, values));
}

TEST(Builder, LeavesNothingBehind) {
    const PlanPtr plan = passive_plan();
    ASSERT_NE(plan, nullptr);
    GWeakRef pipeline, element;
    {
        auto built = build(*plan, {});
        ASSERT_TRUE(built);
        g_weak_ref_init(&pipeline, built->pipeline());
        g_weak_ref_init(&element, built->node("louder"));
        gst_element_set_state(built->pipeline(), GST_STATE_PLAYING);
        push_frames(built->node("in"), 3);
    }
    EXPECT_EQ(g_weak_ref_get(&pipeline), nullptr);
    EXPECT_EQ(g_weak_ref_get(&element), nullptr);
    g_weak_ref_clear(&pipeline);
    g_weak_ref_clear(&element);
}

}  // namespace
}  // namespace trunkline::graph
