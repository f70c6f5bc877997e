// humeevi as a GStreamer element: states, caps, queries, properties, life without a call.
#include <gtest/gtest.h>

#include <gst/check/gstharness.h>

#include <future>
#include <mutex>
#include <set>

#include "tests/support/hume_rig.h"

namespace trunkline::test {
namespace {

std::string caps_of(GstElement* element, const char* name) {
    GstPad* pad = gst_element_get_static_pad(element, name);
    GstCaps* caps = gst_pad_query_caps(pad, nullptr);
    gchar* text = gst_caps_to_string(caps);
    std::string out = text;
    g_free(text);
    gst_caps_unref(caps);
    gst_object_unref(pad);
    return out;
}

TEST(HumeElement, StatesNeverWaitAndAreLive) {
    HumeRig rig;
    rig.on_shard([&] {
        EXPECT_EQ(gst_element_set_state(rig.agent, GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
        EXPECT_EQ(gst_element_set_state(rig.agent, GST_STATE_PAUSED), GST_STATE_CHANGE_NO_PREROLL);
        EXPECT_EQ(gst_element_set_state(rig.agent, GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
        EXPECT_EQ(gst_element_set_state(rig.agent, GST_STATE_PAUSED), GST_STATE_CHANGE_NO_PREROLL);
    });
}

TEST(HumeElement, ThePadsSayTheRatesOfTheProperties) {
    HumeRig rig;
    EXPECT_NE(caps_of(rig.agent, "sink").find("rate=(int)16000"), std::string::npos);
    EXPECT_NE(caps_of(rig.agent, "src").find("rate=(int)48000"), std::string::npos);
    g_object_set(rig.agent, "input-rate", 48'000, "output-rate", 24'000, nullptr);
    EXPECT_NE(caps_of(rig.agent, "sink").find("rate=(int)48000"), std::string::npos);
    EXPECT_NE(caps_of(rig.agent, "src").find("rate=(int)24000"), std::string::npos);
    g_object_set(rig.agent, "input-rate", 0, nullptr);
    EXPECT_NE(caps_of(rig.agent, "sink").find("[ 8000, 48000 ]"), std::string::npos);
}

TEST(HumeElement, AHarnessDrivesItsPads) {
    ScriptedAgent server(hume_script());
    gst_element_register(nullptr, "humeevi", GST_RANK_NONE, TRUNKLINE_TYPE_HUME_EVI);
    GstElement* element = gst_element_factory_make("humeevi", nullptr);
    g_object_set(element, "url", server.url().c_str(), "input-rate", 8000, nullptr);
    GstHarness* harness = gst_harness_new_with_element(element, "sink", "src");
    gst_harness_set_src_caps_str(harness, "audio/x-raw, format=S16LE, layout=interleaved, rate=8000, channels=1");
    EXPECT_EQ(gst_harness_push(harness, gst_buffer_new_allocate(nullptr, 320, nullptr)), GST_FLOW_OK);
    ASSERT_TRUE(server.wait_text("audio_input"));
    EXPECT_NE(server.log().texts("session_settings").at(0).find("\"sample_rate\":8000"), std::string::npos);
    server.text(audio_output("a", 0, wav_of(pcm48('x'))));
    GstBuffer* heard = gst_harness_pull(harness);
    ASSERT_NE(heard, nullptr);
    EXPECT_EQ(gst_buffer_get_size(heard), 1920U);
    EXPECT_EQ(GST_BUFFER_DURATION(heard), 20 * GST_MSECOND);
    gst_buffer_unref(heard);
    gst_harness_teardown(harness);
    gst_object_unref(element);
}

TEST(HumeElement, FortyEightKilohertzGoUpWhereTheGraphSaysSo) {
    HumeRig rig({.properties = {{"input-rate", "48000"}},
                 .caller_caps = "audio/x-raw, format=S16LE, layout=interleaved, channels=1, rate=48000"});
    ASSERT_TRUE(rig.talk());
    rig.say(pcm48('u'));
    ASSERT_TRUE(rig.wait_heard(1920));
    EXPECT_EQ(rig.server.log().texts("audio_input").size(), 1U) << "20 ms are one message at any rate";
    EXPECT_NE(rig.server.log().texts("session_settings").at(0).find("48000"), std::string::npos);
}

TEST(HumeElement, AnOutputThatNobodyTakesEndsTheCallWithTheCure) {
    HumeRig rig({.line_caps = "audio/x-raw, format=S16LE, layout=interleaved, channels=1, rate=48000"});
    g_object_set(rig.agent, "output-rate", 24'000, nullptr);  // after the pads were linked
    rig.play();
    ASSERT_TRUE(rig.wait_hangup());
    ASSERT_TRUE(rig.wait_fact("error"));
    EXPECT_NE(rig.facts("error").at(0)["message"].text_or("").find("audioresample"), std::string::npos);
}

TEST(HumeElement, WithoutACallAndWithoutEventsItStillTalks) {
    HumeRig rig({.call = false, .events = false});
    ASSERT_TRUE(rig.talk());
    rig.say(std::string(640, 'c'));
    ASSERT_TRUE(rig.wait_heard(640));
    rig.server.text(audio_output("a", 0, wav_of(pcm48('x'))));
    EXPECT_TRUE(rig.line.wait_audio(1920));
}

TEST(HumeElement, WrongSettingsFailBeforeAnythingRuns) {
    HumeRig rig({.properties = {{"functions", "[{}]"}}});
    rig.on_shard([&] { EXPECT_EQ(gst_element_set_state(rig.agent, GST_STATE_READY), GST_STATE_CHANGE_FAILURE); });
    EXPECT_NE(rig.wait_error().find("functions[0].name"), std::string::npos);
    EXPECT_EQ(rig.server.log().connections, 0);
}

TEST(HumeElement, SecretsCannotBeReadAndEveryPropertySaysWhatItIs) {
    GObjectClass* klass = G_OBJECT_CLASS(g_type_class_ref(TRUNKLINE_TYPE_HUME_EVI));
    guint count = 0;
    GParamSpec** specs = g_object_class_list_properties(klass, &count);
    std::set<std::string> names;
    for (guint i = 0; i < count; ++i) {
        if (specs[i]->owner_type != TRUNKLINE_TYPE_HUME_EVI) continue;
        const std::string name = specs[i]->name, blurb = g_param_spec_get_blurb(specs[i]);
        names.insert(name);
        EXPECT_GE(blurb.size(), 20U) << name;
        EXPECT_EQ(G_IS_PARAM_SPEC_UINT64(specs[i]) != FALSE, blurb.ends_with("(ns)")) << name;
        EXPECT_EQ((specs[i]->flags & G_PARAM_READABLE) == 0, name == "api-key" || name == "tool-secret") << name;
    }
    g_free(specs);
    g_type_class_unref(klass);
    // What a graph may set on a voice agent whichever it is.
    for (const char* common : {"url", "api-key", "settings", "greeting", "prompt", "functions", "tool-url",
                               "tool-secret", "tool-timeout", "connect-timeout", "chunk", "output-rate"})
        EXPECT_TRUE(names.contains(common)) << common;
}

TEST(HumeElement, TheActionsOfAVoiceAgentHaveTheSameNames) {
    for (const char* name : {"inject-agent", "inject-user", "update-prompt", "tool-result", "interrupt", "protect"})
        EXPECT_NE(g_signal_lookup(name, TRUNKLINE_TYPE_HUME_EVI), 0U) << name;
}

TEST(HumeElement, TheFactoryTellsThatItHearsEmotions) {
    gst_element_register(nullptr, "humeevi", GST_RANK_NONE, TRUNKLINE_TYPE_HUME_EVI);
    GstElementFactory* factory = gst_element_factory_find("humeevi");
    EXPECT_STREQ(gst_element_factory_get_metadata(factory, "call-facts"), "emotion");
    gst_object_unref(factory);
}

/// What came out at the end of a line before the end of its first reply.
struct LineEnd {
    std::mutex mutex;
    size_t bytes = 0;
    std::promise<size_t> bytes_before_end;
    bool told = false;
};

GstPadProbeReturn watch(GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto* end = static_cast<LineEnd*>(data);
    std::lock_guard lock(end->mutex);
    if ((info->type & GST_PAD_PROBE_TYPE_BUFFER) != 0) {
        end->bytes += gst_buffer_get_size(gst_pad_probe_info_get_buffer(info));
        return GST_PAD_PROBE_OK;
    }
    gst::ReplyMark mark;
    if (gst::parse_reply_event(gst_pad_probe_info_get_event(info), &mark) && mark.end &&
        !std::exchange(end->told, true))
        end->bytes_before_end.set_value(end->bytes);
    return GST_PAD_PROBE_OK;
}

/// An encoder keeps serialized events until there is audio again, and a queue is overtaken by any other.
TEST(HumeElement, TheEndOfAReplyComesAtOnceAndBehindItsAudioThroughEncoderAndQueue) {
    gst_element_register(nullptr, "humeevi", GST_RANK_NONE, TRUNKLINE_TYPE_HUME_EVI);
    for (const std::string way : {"audioresample ! mulawenc ! audio/x-mulaw,rate=8000", "queue"}) {
        ScriptedAgent server(hume_script());
        GError* error = nullptr;
        const std::string line =
            "audiotestsrc is-live=true samplesperbuffer=320 ! audio/x-raw,rate=16000,channels=1 ! humeevi api-key=k "
            "url=" +
            server.url() + " ! " + way + " ! fakesink name=end sync=false async=false";
        GstElement* pipeline = gst_parse_launch(line.c_str(), &error);
        ASSERT_EQ(error, nullptr) << error->message;
        LineEnd end;
        GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), "end");
        GstPad* pad = gst_element_get_static_pad(sink, "sink");
        gst_pad_add_probe(pad,
                          static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
                          watch, &end, nullptr);
        gst_element_set_state(pipeline, GST_STATE_PLAYING);
        EXPECT_TRUE(server.wait_text("audio_input", 5)) << way;
        server.text(audio_output("a", 0, wav_of(std::string(96'000, 'x'))));
        server.text(kAssistantEnd);
        auto told = end.bytes_before_end.get_future();
        const bool came = told.wait_for(std::chrono::seconds(30)) == std::future_status::ready;
        EXPECT_TRUE(came) << way;
        if (came) {
            const size_t all = way == "queue" ? 96'000 : 8'000;
            EXPECT_GE(told.get(), all) << way << ": the resampler keeps nothing back";
        }
        gst_element_set_state(pipeline, GST_STATE_NULL);
        gst_object_unref(pad);
        gst_object_unref(sink);
        gst_object_unref(pipeline);
    }
}

}  // namespace
}  // namespace trunkline::test

int main(int argc, char** argv) { return trunkline::test::run_gst_tests(argc, argv); }
