// deepgramagent as a GStreamer element: states, caps, queries, threads, life without a call.
#include <gtest/gtest.h>

#include <future>

#include "elements/deepgram/deepgramagent.h"
#include "tests/support/deepgram_rig.h"

namespace trunkline::test {
namespace {

const std::string kFrame(160, '\x55');

Json audio_of(const DeepgramRig& rig) { return Json::parse(rig.server.log().texts("Settings").at(0)).value()["audio"]; }

TEST(DeepgramElement, StatesNeverWaitAndAreLive) {
    DeepgramRig rig;
    rig.on_shard([&] {
        EXPECT_EQ(gst_element_set_state(rig.agent, GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
        EXPECT_EQ(gst_element_set_state(rig.agent, GST_STATE_PAUSED), GST_STATE_CHANGE_NO_PREROLL);
        EXPECT_EQ(gst_element_set_state(rig.agent, GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
        EXPECT_EQ(gst_element_set_state(rig.agent, GST_STATE_PAUSED), GST_STATE_CHANGE_NO_PREROLL);
    });
}

TEST(DeepgramElement, NothingIsReadBeforePlaying) {
    DeepgramRig rig({.script = {.after_applied = {"bin:hello"}}});
    rig.set_state(GST_STATE_PAUSED);
    rig.on_shard([&] { rig.caller.start(); });
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.connections == 1; }));
    for (int i = 0; i < 20; ++i) rig.on_shard([] {});
    EXPECT_TRUE(rig.server.log().frames.empty()) << "the Welcome was answered in PAUSED";
    rig.set_state(GST_STATE_PLAYING);
    EXPECT_TRUE(rig.line.wait_audio(5));
}

TEST(DeepgramElement, EveryPadAnswersTheLatencyQueryAsLive) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    for (const char* name : {"sink", "src", "events"}) {
        GstPad* pad = gst_element_get_static_pad(rig.agent, name);
        GstQuery* query = gst_query_new_latency();
        ASSERT_TRUE(gst_pad_query(pad, query)) << name;
        gboolean live = FALSE;
        GstClockTime least = 0, most = 0;
        gst_query_parse_latency(query, &live, &least, &most);
        EXPECT_TRUE(live) << name;
        EXPECT_EQ(least, 20 * GST_MSECOND) << name;
        gst_query_unref(query);
        gst_object_unref(pad);
    }
}

TEST(DeepgramElement, Linear16GoesBothWaysAtTheCallersRate) {
    DeepgramRig rig({.caller_caps = kPcm16Caps});
    ASSERT_TRUE(rig.talk());
    EXPECT_EQ(audio_of(rig)["input"].dump(), R"({"encoding":"linear16","sample_rate":16000})");
    EXPECT_EQ(audio_of(rig)["output"].dump(), R"({"encoding":"linear16","sample_rate":16000,"container":"none"})");
}

TEST(DeepgramElement, TheOutputIsWhatDownstreamTakes) {
    DeepgramRig rig({.line_caps = "audio/x-raw, format=S16LE, layout=interleaved, channels=1, rate=24000"});
    ASSERT_TRUE(rig.talk());
    EXPECT_EQ(audio_of(rig)["output"].dump(), R"({"encoding":"linear16","sample_rate":24000,"container":"none"})");
    rig.server.binary("ab");
    ASSERT_TRUE(rig.line.wait_audio(2));
    EXPECT_NE(rig.line.entries().at(1).text.find("24000"), std::string::npos);
}

TEST(DeepgramElement, ThePropertiesChooseTheOutput) {
    DeepgramRig rig({.properties = {{"output-format", "linear16"}, {"output-rate", "48000"}}});
    ASSERT_TRUE(rig.talk());
    EXPECT_EQ(audio_of(rig)["output"].dump(), R"({"encoding":"linear16","sample_rate":48000,"container":"none"})");
}

TEST(DeepgramElement, AnOutputThatNobodyTakesEndsTheCallWithTheCure) {
    DeepgramRig rig({.line_caps = "audio/x-raw, format=S16LE, layout=interleaved, channels=1, rate=11025"});
    rig.play();
    ASSERT_TRUE(rig.wait_hangup());
    ASSERT_TRUE(rig.wait_fact("error"));
    EXPECT_NE(rig.facts("error").at(0)["message"].text_or("").find("audioresample"), std::string::npos);
}

TEST(DeepgramElement, MulawPassesBitExactBothWays) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    std::string all;
    for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
    rig.say(all);
    rig.server.binary(all);
    ASSERT_TRUE(rig.line.wait_audio(256));
    EXPECT_EQ(rig.line.audio(), all);
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.audio().size() == 256; }));
    EXPECT_EQ(rig.server.log().audio(), all);
}

TEST(DeepgramElement, SixtyMillisecondChunksAreOneMessage) {
    DeepgramRig rig({.properties = {{"chunk", "60000000"}}});
    ASSERT_TRUE(rig.talk());
    rig.on_shard([&] {
        for (int i = 0; i < 3; ++i) rig.caller.push(kFrame);
    });
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.audio().size() == 480; }));
    const auto log = rig.server.log();
    EXPECT_EQ(log.frames.back().bytes.size(), 480U);
}

TEST(DeepgramElement, AGapOfTheCallerIsSilenceForTheAgent) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.caller_event(gst_event_new_gap(0, 20 * GST_MSECOND));
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.audio().size() == 160; }));
    EXPECT_EQ(rig.server.log().audio(), std::string(160, '\xff'));
}

TEST(DeepgramElement, AForeignThreadMayPush) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    std::string all;
    for (int i = 0; i < 500; ++i) {
        const std::string frame(160, static_cast<char>(i));
        ASSERT_EQ(rig.caller.push(frame), GST_FLOW_OK);  // from this thread, not the shard's
        all += frame;
        // More than 5 s that the server has not read would end the talk, and it may have to wait for its processor.
        if (i % 100 != 99) continue;
        ASSERT_TRUE(rig.server.wait([&](const auto& log) { return log.audio().size() == all.size(); }));
    }
    EXPECT_EQ(rig.server.log().audio(), all);
}

TEST(DeepgramElement, WithoutEventsPadAndWithoutCallItStillTalks) {
    DeepgramRig rig({.call = false, .events = false});
    ASSERT_TRUE(rig.talk());
    rig.say(kFrame);
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.audio().size() == 160; }));
    rig.server.binary(kFrame);
    EXPECT_TRUE(rig.line.wait_audio(160));
}

TEST(DeepgramElement, WithoutACallTheFactsAreNumberedAllTheSame) {
    DeepgramRig rig({.call = false});
    ASSERT_TRUE(rig.talk());
    rig.server.binary(kFrame);
    ASSERT_TRUE(rig.wait_fact("agent.started"));
    EXPECT_EQ(rig.facts("agent.started").at(0)["response_id"].text_or(""), "r1");
    EXPECT_EQ(rig.facts("agent.started").at(0)["node"].text_or(""), "agent");
}

TEST(DeepgramElement, WithoutACallAFailureIsAnElementError) {
    DeepgramRig rig({.script = {.refuse_status = 403}, .call = false});
    rig.play();
    EXPECT_NE(rig.wait_error().find("HTTP 403"), std::string::npos);
    EXPECT_TRUE(rig.line.wait_for("eos"));
}

TEST(DeepgramElement, AFailureBeforeItPlaysEndsTheStreamWhenItDoes) {
    DeepgramRig rig({.script = {.refuse_status = 403}, .call = false});
    rig.set_state(GST_STATE_PAUSED);
    EXPECT_NE(rig.wait_error().find("HTTP 403"), std::string::npos);
    rig.on_shard([] {});  // what the failure deferred
    rig.play();
    EXPECT_TRUE(rig.line.wait_for("eos"));
}

TEST(DeepgramElement, WrongSettingsFailBeforeAnythingRuns) {
    DeepgramRig rig({.properties = {{"settings", R"({"agent":{"think":{"provider":{"type":"open_ai"}}}})"}}});
    rig.on_shard([&] { EXPECT_EQ(gst_element_set_state(rig.agent, GST_STATE_READY), GST_STATE_CHANGE_FAILURE); });
    EXPECT_NE(rig.wait_error().find("agent.think.provider.model"), std::string::npos);
    EXPECT_EQ(rig.server.log().connections, 0);
}

TEST(DeepgramElement, SecretsCannotBeRead) {
    GObjectClass* klass = G_OBJECT_CLASS(g_type_class_ref(TRUNKLINE_TYPE_DEEPGRAM_AGENT));
    for (const char* name : {"api-key", "tool-secret"}) {
        GParamSpec* spec = g_object_class_find_property(klass, name);
        ASSERT_NE(spec, nullptr) << name;
        EXPECT_FALSE(spec->flags & G_PARAM_READABLE) << name;
    }
    g_type_class_unref(klass);
}

TEST(DeepgramElement, EveryPropertySaysWhatItIsAndDurationsTheirUnit) {
    GObjectClass* klass = G_OBJECT_CLASS(g_type_class_ref(TRUNKLINE_TYPE_DEEPGRAM_AGENT));
    guint count = 0;
    GParamSpec** specs = g_object_class_list_properties(klass, &count);
    for (guint i = 0; i < count; ++i) {
        if (specs[i]->owner_type != TRUNKLINE_TYPE_DEEPGRAM_AGENT) continue;
        const std::string blurb = g_param_spec_get_blurb(specs[i]);
        EXPECT_GE(blurb.size(), 20U) << specs[i]->name;
        const bool duration = G_IS_PARAM_SPEC_UINT64(specs[i]);
        EXPECT_EQ(duration, blurb.ends_with("(ns)")) << specs[i]->name;
    }
    g_free(specs);
    g_type_class_unref(klass);
}

TEST(DeepgramElement, PropertiesKeepWhatWasSet) {
    DeepgramRig rig(
        {.properties = {{"greeting", "Hi"}, {"chunk", "40000000"}, {"history", "false"}, {"output-format", "mulaw"}}});
    gchar* greeting = nullptr;
    guint64 chunk = 0;
    gboolean history = TRUE;
    g_object_get(rig.agent, "greeting", &greeting, "chunk", &chunk, "history", &history, nullptr);
    EXPECT_STREQ(greeting, "Hi");
    EXPECT_EQ(chunk, 40 * GST_MSECOND);
    EXPECT_FALSE(history);
    g_free(greeting);
}

TEST(DeepgramElement, RunsInAPlainPipelineLine) {
    gst_element_register(nullptr, "deepgramagent", GST_RANK_NONE, TRUNKLINE_TYPE_DEEPGRAM_AGENT);
    ScriptedAgent server({.after_applied = {"bin:" + kFrame}});
    GError* error = nullptr;
    const std::string line =
        "audiotestsrc is-live=true samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! "
        "deepgramagent api-key=k url=" +
        server.url() + " ! fakesink name=end sync=false async=false signal-handoffs=true";
    GstElement* pipeline = gst_parse_launch(line.c_str(), &error);
    ASSERT_EQ(error, nullptr) << error->message;
    std::promise<size_t> heard;
    GstElement* end = gst_bin_get_by_name(GST_BIN(pipeline), "end");
    g_signal_connect(end, "handoff", G_CALLBACK(+[](GstElement*, GstBuffer* buffer, GstPad*, gpointer to) {
                         static_cast<std::promise<size_t>*>(to)->set_value(gst_buffer_get_size(buffer));
                     }),
                     &heard);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    auto first = heard.get_future();
    ASSERT_EQ(first.wait_for(std::chrono::seconds(5)), std::future_status::ready);
    EXPECT_EQ(first.get(), 160U);
    EXPECT_TRUE(server.wait([](const auto& log) { return log.audio().size() >= 1600; }));
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(end);
    gst_object_unref(pipeline);
}

}  // namespace
}  // namespace trunkline::test

int main(int argc, char** argv) { return trunkline::test::run_gst_tests(argc, argv); }
