// vonagesrc: what the caller says, as buffers and facts.
#include <gst/check/gstharness.h>
#include <gtest/gtest.h>

#include "elements/vonage/vonagesrc.h"
#include "engine/core/clock.h"
#include "engine/gst/live_source_pad.h"
#include "tests/element/line/line_tests.h"
#include "vonage_rig.h"

namespace trunkline::test {
namespace {

struct VonageSrcTest : LineSrcTest<VonageRig> {
    VonageSrcTest() : LineSrcTest(TRUNKLINE_TYPE_VONAGE_SRC) {}
    void play(int rate = 16'000) {
        g_object_set(source.get(), "rate", rate, nullptr);
        rig.connected(rate);
        ASSERT_TRUE(rig.run([&] { return !rig.starts.empty(); }));
        ASSERT_TRUE(source.set_state(GST_STATE_PLAYING));
        rig.on_shard([&] { rig.session->begin(); });
    }
};

TEST_F(VonageSrcTest, Line25AStreamHasTheRateOfTheCall) {
    play(24'000);
    rig.binary(std::string(960, '\1'));
    ASSERT_TRUE(run_until_heard(960));
    const auto all = heard.entries();
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[1].what, "caps");
    EXPECT_NE(all[1].text.find("24000"), std::string::npos) << all[1].text;
    EXPECT_NE(all[1].text.find("S16LE"), std::string::npos);
}

TEST_F(VonageSrcTest, Line27BytesAreLittleEndianAndGoThroughAsTheyAre) {
    play();
    std::string audio("\x01\x00", 2);  // the sample 1
    audio.resize(640, '\0');
    rig.binary(audio);
    ASSERT_TRUE(run_until_heard(640));
    EXPECT_EQ(heard.audio(), audio);
    EXPECT_NE(heard.entries()[1].text.find("S16LE"), std::string::npos);
}

TEST_F(VonageSrcTest, Line26FramesOfOtherSizesAreTakenAndHalfSamplesAreNot) {
    play();
    std::string expected;
    for (const size_t size : {2, 320, 639, 640, 641, 960, 4'001}) {
        std::string bytes(size, static_cast<char>(size));
        rig.binary(bytes);
        expected += bytes.substr(0, size - size % 2);
    }
    rig.binary("");
    rig.binary("x");
    rig.binary("ab");
    expected += "ab";
    ASSERT_TRUE(run_until_heard(expected.size()));
    EXPECT_EQ(heard.audio(), expected) << "an odd one does not swap the bytes of those after it";
    EXPECT_EQ(heard.buffers().size(), 8U) << "nothing is no buffer";
}

TEST_F(VonageSrcTest, Line26WhatCameBeforeConnectedIsHeardFirst) {
    rig.binary("early ");
    rig.binary("odd");
    rig.binary(" b");
    play();
    rig.binary("then");
    ASSERT_TRUE(run_until_heard(14));
    EXPECT_EQ(heard.audio(), "early od bthen");
}

TEST_F(VonageSrcTest, P9WhatTheCallerSaidBeforeThePipelinePlayedComesFirstAndInOrder) {
    rig.connected();
    rig.binary("one ");
    rig.binary("two ");
    rig.text(R"({"event":"websocket:dtmf","digit":"5","duration":260})");
    ASSERT_TRUE(rig.run([&] { return rig.session->stats().frames_in == 2; }));
    ASSERT_TRUE(source.set_state(GST_STATE_PLAYING));
    rig.turn();
    EXPECT_EQ(heard.audio(), "");
    rig.on_shard([&] { rig.session->begin(); });
    rig.binary("last");
    ASSERT_TRUE(run_until_heard(12));
    EXPECT_EQ(heard.audio(), "one two last");
    EXPECT_EQ(facts_in(events, "dtmf").size(), 1U);
}

TEST_F(VonageSrcTest, Line31EveryFormOfAKeyPressIsAFact) {
    play();
    rig.text(R"({"event":"websocket:dtmf","digit":"1","duration":260})");
    rig.text(R"({"event":"websocket:dtmf","dtmf":{"digit":"2"}})");
    rig.text(R"( {"digit":"#","duration":100})");
    rig.text(R"({"event":"websocket:dtmf","digit":"x"})");
    rig.text(R"({"event":"websocket:dtmf","digit":"A"})");
    ASSERT_TRUE(rig.run([&] { return events.buffers().size() >= 4; }));
    std::string got;
    for (const Json& fact : facts_in(events, "dtmf")) got += fact["digit"].text_or("?");
    EXPECT_EQ(got, "12#A");
}

TEST_F(VonageSrcTest, TimestampsAdvanceBySamplesAndEachBufferTellsWhenItWasRead) {
    struct Stamp {
        GstClockTime pts, duration;
        int64_t ingress;
    };
    std::vector<Stamp> stamps;
    gst_pad_add_probe(
        heard.pad(), GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad*, GstPadProbeInfo* info, gpointer data) {
            GstBuffer* b = GST_PAD_PROBE_INFO_BUFFER(info);
            static_cast<std::vector<Stamp>*>(data)->push_back(
                {GST_BUFFER_PTS(b), GST_BUFFER_DURATION(b), gst::ingress_of(b)});
            return GST_PAD_PROBE_OK;
        },
        &stamps, nullptr);
    play(8'000);
    const int64_t before = monotonic_ns();
    for (int i = 0; i < 5; ++i) rig.binary(std::string(320, '\1'));
    ASSERT_TRUE(run_until_heard(1'600));
    ASSERT_EQ(stamps.size(), 5U);
    for (size_t i = 1; i < stamps.size(); ++i) {
        EXPECT_EQ(stamps[i].pts, stamps[i - 1].pts + 20 * GST_MSECOND);
        EXPECT_EQ(stamps[i].duration, 20 * GST_MSECOND);
        EXPECT_GE(stamps[i].ingress, before);
    }
}

TEST_F(VonageSrcTest, TellsThatMediaCameAndWhatItWasInTheEnd) {
    play(24'000);
    rig.binary(std::string(960, '\1'));
    ASSERT_TRUE(run_until_heard(960));
    eos();
    const auto facts = facts_in(events);
    ASSERT_EQ(facts.size(), 2U);
    EXPECT_EQ(facts[0]["type"].text_or(""), "media.started");
    EXPECT_EQ(facts[0]["stream_id"].text_or(""), "leg-1");
    EXPECT_EQ(facts[0]["encoding"].text_or(""), "audio/l16");
    EXPECT_EQ(facts[0]["rate"].int_or(0), 24'000);
    EXPECT_EQ(facts[1]["type"].text_or(""), "media.stopped");
    EXPECT_EQ(facts[1]["bytes_in"].int_or(-1), 960);
    EXPECT_EQ(heard.count("eos"), 1U);
    EXPECT_EQ(events.count("eos"), 1U);
}

TEST_F(VonageSrcTest, Line25ACallOfAnotherRateThanTheGraphWasPlannedForDoesNotStart) {
    g_object_set(source.get(), "rate", 8'000, nullptr);
    rig.connected(16'000);
    ASSERT_TRUE(rig.run([&] { return !rig.starts.empty(); }));
    EXPECT_FALSE(source.set_state(GST_STATE_READY));
    const std::string error = source.error();
    EXPECT_NE(error.find("the call speaks 16000 Hz, but vonagesrc has rate=8000"), std::string::npos) << error;
}

TEST(VonageSrc, RefusesToStartWithoutAVonageCall) {
    CallRig rig;
    ElementUnderTest source(&rig, TRUNKLINE_TYPE_VONAGE_SRC, "caller", false);
    EXPECT_FALSE(source.set_state(GST_STATE_READY));
    const std::string error = source.error();
    EXPECT_NE(error.find("vonagesrc runs only inside a Vonage call"), std::string::npos) << error;
    EXPECT_NE(error.find("trunkline serve"), std::string::npos) << "the cure";
}

// Before it runs, a pad offers the one rate that is set: the planner decides by it.
TEST(VonageSrc, ItsPadsOfferOneRateOfThree) {
    for (const int rate : {8'000, 16'000, 24'000}) {
        GstElement* element = GST_ELEMENT(g_object_new(TRUNKLINE_TYPE_VONAGE_SRC, "rate", rate, nullptr));
        GstHarness* harness = gst_harness_new_with_element(element, nullptr, "src");
        GstPad* pad = gst_element_get_static_pad(element, "src");
        GstCaps* caps = gst_pad_query_caps(pad, nullptr);
        EXPECT_TRUE(gst_caps_is_fixed(caps));
        int found = 0;
        gst_structure_get_int(gst_caps_get_structure(caps, 0), "rate", &found);
        EXPECT_EQ(found, rate);
        gst_caps_unref(caps);
        gst_object_unref(pad);
        gst_harness_teardown(harness);
        gst_object_unref(element);
    }
}

}  // namespace
}  // namespace trunkline::test
