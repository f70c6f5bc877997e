// twiliosrc: what the caller says, as buffers and facts.
#include <gst/check/gsttestclock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "elements/twilio/twiliosrc.h"
#include "engine/core/base64.h"
#include "engine/core/clock.h"
#include "engine/gst/live_source_pad.h"
#include "tests/element/line/line_tests.h"
#include "twilio_rig.h"

namespace trunkline::test {
namespace {

std::string base64_of(const std::string& bytes) {
    return base64_encode({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

struct Stamp {
    GstClockTime pts, duration;
    int64_t ingress_ns;
    bool discont;
};

struct TwilioSrcTest : LineSrcTest<TwilioRig> {
    TwilioSrcTest() : LineSrcTest(TRUNKLINE_TYPE_TWILIO_SRC) {
        gst_pad_add_probe(
            heard.pad(), GST_PAD_PROBE_TYPE_BUFFER,
            [](GstPad*, GstPadProbeInfo* info, gpointer data) {
                GstBuffer* b = GST_PAD_PROBE_INFO_BUFFER(info);
                static_cast<std::vector<Stamp>*>(data)->push_back({GST_BUFFER_PTS(b), GST_BUFFER_DURATION(b),
                                                                   gst::ingress_of(b),
                                                                   GST_BUFFER_FLAG_IS_SET(b, GST_BUFFER_FLAG_DISCONT)});
                return GST_PAD_PROBE_OK;
            },
            &stamps, nullptr);
    }
    void play() {
        rig.start();
        ASSERT_TRUE(rig.run([&] { return !rig.starts.empty(); }));
        ASSERT_TRUE(source.set_state(GST_STATE_PLAYING));
        rig.on_shard([&] { rig.session->begin(); });
    }

    std::vector<Stamp> stamps;
};

TEST_F(TwilioSrcTest, AStreamBeginsWithItsFormat) {
    play();
    rig.media();
    ASSERT_TRUE(run_until_heard(8));
    const auto all = heard.entries();
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[0].what, "stream-start");
    EXPECT_EQ(all[1].what, "caps");
    EXPECT_NE(all[1].text.find("audio/x-mulaw"), std::string::npos);
    EXPECT_EQ(all[2].what, "segment");
    EXPECT_EQ(all[3].what, "buffer");
}

TEST_F(TwilioSrcTest, Line9PayloadsOfAnyLengthComeThroughAsTheyAre) {
    play();
    std::string expected;
    for (const size_t size : {1, 159, 160, 161, 4000}) {
        std::string bytes(size, static_cast<char>(size));
        rig.media(base64_of(bytes));
        expected += bytes;
    }
    rig.media("");
    rig.media(base64_of("x"));
    expected += "x";
    ASSERT_TRUE(run_until_heard(expected.size()));
    EXPECT_EQ(heard.audio(), expected);
    EXPECT_EQ(heard.buffers().size(), 6U) << "an empty payload is no buffer";
}

TEST_F(TwilioSrcTest, EachBufferTellsWhenItsBytesWereRead) {
    play();
    const int64_t before = monotonic_ns();
    rig.media();
    ASSERT_TRUE(run_until_heard(8));
    ASSERT_EQ(stamps.size(), 1U);
    EXPECT_GE(stamps[0].ingress_ns, before);
    EXPECT_LE(stamps[0].ingress_ns, monotonic_ns());
}

TEST_F(TwilioSrcTest, TimestampsAdvanceBySamples) {
    play();
    for (int i = 0; i < 5; ++i) rig.media(base64_of(std::string(160, '\xff')));
    ASSERT_TRUE(run_until_heard(800));
    ASSERT_EQ(stamps.size(), 5U);
    EXPECT_TRUE(stamps[0].discont) << "the first of a stream";
    for (size_t i = 1; i < stamps.size(); ++i) {
        EXPECT_EQ(stamps[i].pts, stamps[i - 1].pts + 20 * GST_MSECOND);
        EXPECT_EQ(stamps[i].duration, 20 * GST_MSECOND);
        EXPECT_FALSE(stamps[i].discont);
    }
}

TEST_F(TwilioSrcTest, P19ALateFrameIsNoGapForTheConvertersBehind) {
    GstClock* clock = gst_system_clock_obtain();
    gst_element_set_clock(source.get(), clock);
    const GstClockTime now = gst_clock_get_time(clock);
    gst_element_set_base_time(source.get(), now);
    play();
    rig.media(base64_of(std::string(160, '\xff')));
    ASSERT_TRUE(run_until_heard(160));
    gst_element_set_base_time(source.get(), now - GST_SECOND);  // as if it had been on its way for a second
    rig.media(base64_of(std::string(160, '\xff')));
    ASSERT_TRUE(run_until_heard(320));
    ASSERT_EQ(stamps.size(), 2U);
    EXPECT_FALSE(stamps[1].discont) << "a resampler would drop what it holds";
    EXPECT_EQ(stamps[1].pts, stamps[0].pts + 20 * GST_MSECOND);
    gst_element_set_clock(source.get(), nullptr);
    gst_object_unref(clock);
}

// Frames of 20 ms at moments of a clock that stands still between them.
class TwilioSrcTime : public TwilioSrcTest {
  protected:
    TwilioSrcTime() {
        gst_element_set_clock(source.get(), clock_);
        gst_element_set_base_time(source.get(), 0);
    }
    ~TwilioSrcTime() override {
        gst_element_set_clock(source.get(), nullptr);
        gst_object_unref(clock_);
    }
    void frame_at(GstClockTime running) {
        gst_test_clock_set_time(GST_TEST_CLOCK(clock_), running);
        rig.media(base64_of(std::string(160, '\xff')));
        ASSERT_TRUE(run_until_heard(160 * ++frames_));
    }
    size_t disconts() const {
        return static_cast<size_t>(
            std::count_if(stamps.begin(), stamps.end(), [](const auto& s) { return s.discont; }));
    }

  private:
    GstClock* clock_ = gst_test_clock_new();
    size_t frames_ = 0;
};

TEST_F(TwilioSrcTime, AGapMovesTheTimeOnAndIsMarked) {
    play();
    frame_at(0);
    for (int i = 0; i < 30; ++i) frame_at(5 * GST_SECOND + static_cast<GstClockTime>(i) * 20 * GST_MSECOND);
    EXPECT_EQ(disconts(), 2U) << "the first of the stream, and one for the gap";
    EXPECT_GE(stamps.back().pts, 5 * GST_SECOND + 29 * 20 * GST_MSECOND);
}

TEST_F(TwilioSrcTime, P19WhatALineDeliversAfterItStoodStillIsNoGap) {
    play();
    frame_at(0);
    for (int i = 0; i < 300; ++i) frame_at(6 * GST_SECOND);  // all that was said meanwhile, at once
    EXPECT_EQ(disconts(), 1U);
    EXPECT_EQ(stamps.back().pts, stamps.front().pts + 300 * 20 * GST_MSECOND) << "in time again";
}

TEST_F(TwilioSrcTime, P19ALineThatCatchesUpSlowlyHasNoGapEither) {
    play();
    frame_at(0);
    for (int i = 0; i < 500; ++i) frame_at(6 * GST_SECOND + static_cast<GstClockTime>(i) * 10 * GST_MSECOND);
    EXPECT_EQ(disconts(), 1U);
    EXPECT_EQ(stamps.back().pts, stamps.front().pts + 500 * 20 * GST_MSECOND);
}

TEST_F(TwilioSrcTest, P9WhatTheCallerSaidBeforeThePipelinePlayedComesFirstAndInOrder) {
    rig.start();
    rig.media(base64_of("one "));
    rig.media(base64_of("two "));
    rig.dtmf('5');
    ASSERT_TRUE(rig.run([&] { return rig.session->stats().frames_in == 2; }));
    ASSERT_TRUE(source.set_state(GST_STATE_PLAYING));
    rig.turn();
    EXPECT_EQ(heard.audio(), "") << "the session was not told to begin";
    rig.on_shard([&] { rig.session->begin(); });
    rig.media(base64_of("three"));
    ASSERT_TRUE(run_until_heard(13));
    EXPECT_EQ(heard.audio(), "one two three");
    EXPECT_EQ(facts_in(events, "dtmf").size(), 1U);
}

TEST_F(TwilioSrcTest, Line16EveryDigitIsAFact) {
    play();
    const std::string digits = "0123456789*#ABCD";
    for (const char digit : digits) rig.dtmf(digit);
    rig.dtmf('x');
    ASSERT_TRUE(rig.run([&] { return events.buffers().size() >= digits.size(); }));
    std::string got;
    for (const Json& fact : facts_in(events, "dtmf")) got += fact["digit"].text_or("?");
    EXPECT_EQ(got, digits);
    EXPECT_EQ(facts_in(events, "dtmf")[0]["node"].text_or(""), "caller");
}

TEST_F(TwilioSrcTest, TellsThatMediaCameAndWhatItWasInTheEnd) {
    play();
    rig.media();
    rig.media();
    ASSERT_TRUE(run_until_heard(16));
    eos();
    const auto facts = facts_in(events);
    ASSERT_EQ(facts.size(), 2U);
    EXPECT_EQ(facts[0]["type"].text_or(""), "media.started");
    EXPECT_EQ(facts[0]["stream_id"].text_or(""), "MZ1");
    EXPECT_EQ(facts[1]["type"].text_or(""), "media.stopped");
    EXPECT_EQ(facts[1]["frames_in"].int_or(-1), 2);
    EXPECT_EQ(facts[1]["bytes_in"].int_or(-1), 16);
}

TEST_F(TwilioSrcTest, EndsBothItsStreamsOnce) {
    play();
    rig.media();
    ASSERT_TRUE(run_until_heard(8));
    eos();
    eos();
    EXPECT_EQ(heard.count("eos"), 1U);
    EXPECT_EQ(events.count("eos"), 1U);
    rig.media();
    ASSERT_TRUE(rig.run([&] { return rig.session->stats().frames_in == 2; }));
    EXPECT_EQ(heard.audio().size(), 8U) << "nothing after the end";
}

TEST_F(TwilioSrcTest, EndsStreamsThatNeverCarriedAnything) {
    play();
    eos();
    EXPECT_EQ(heard.count("eos"), 1U);
    EXPECT_EQ(events.count("eos"), 1U);
    EXPECT_TRUE(facts_in(events).empty());
}

TEST_F(TwilioSrcTest, RunsTwice) {
    play();
    rig.media();
    ASSERT_TRUE(run_until_heard(8));
    eos();
    ASSERT_TRUE(source.set_state(GST_STATE_NULL));
    ASSERT_TRUE(source.set_state(GST_STATE_PLAYING));
    rig.media();
    ASSERT_TRUE(run_until_heard(16));
    EXPECT_EQ(heard.count("stream-start"), 2U);
    EXPECT_EQ(facts_in(events, "media.started").size(), 2U);
}

TEST_F(TwilioSrcTest, IsALiveSource) {
    rig.start();
    ASSERT_TRUE(rig.run([&] { return !rig.starts.empty(); }));
    GstStateChangeReturn result = GST_STATE_CHANGE_FAILURE;
    rig.on_shard([&] { result = gst_element_set_state(source.get(), GST_STATE_PAUSED); });
    EXPECT_EQ(result, GST_STATE_CHANGE_NO_PREROLL);
    GstQuery* query = gst_query_new_latency();
    gboolean live = FALSE;
    ASSERT_TRUE(gst_pad_query(source.pad("src"), query));
    gst_query_parse_latency(query, &live, nullptr, nullptr);
    EXPECT_TRUE(live);
    gst_query_unref(query);
}

TEST(TwilioSrc, WorksWithNothingLinked) {
    TwilioRig rig;
    ElementUnderTest source(&rig, TRUNKLINE_TYPE_TWILIO_SRC, "caller");
    rig.start();
    ASSERT_TRUE(rig.run([&] { return !rig.starts.empty(); }));
    ASSERT_TRUE(source.set_state(GST_STATE_PLAYING));
    rig.on_shard([&] { rig.session->begin(); });
    rig.media();
    rig.dtmf('1');
    ASSERT_TRUE(rig.run([&] { return rig.session->stats().frames_in == 1; }));
    EXPECT_EQ(source.error(), "");
}

TEST(TwilioSrc, RefusesToStartWithoutACall) {
    CallRig rig;
    ElementUnderTest source(&rig, TRUNKLINE_TYPE_TWILIO_SRC, "caller", false);
    EXPECT_FALSE(source.set_state(GST_STATE_READY));
    const std::string error = source.error();
    EXPECT_NE(error.find("twiliosrc runs only inside a Twilio call"), std::string::npos) << error;
    EXPECT_NE(error.find("trunkline serve"), std::string::npos) << "the cure";
}

TEST(TwilioSrc, RefusesToStartInACallOfNoCarrier) {
    CallRig rig;
    ElementUnderTest source(&rig, TRUNKLINE_TYPE_TWILIO_SRC, "caller");
    EXPECT_FALSE(source.set_state(GST_STATE_READY));
    EXPECT_NE(source.error().find("Twilio session"), std::string::npos);
}

}  // namespace
}  // namespace trunkline::test
