// twiliosink: what the caller hears, on the wire and told back to the agent.
#include <gtest/gtest.h>

#include <algorithm>

#include "elements/twilio/twiliosink.h"
#include "engine/core/base64.h"
#include "engine/gst/gst_ptr.h"
#include "tests/element/line/line_tests.h"
#include "twilio_rig.h"

namespace trunkline::test {
namespace {

struct TwilioSinkTest : LineSinkTest<TwilioRig> {
    TwilioSinkTest() : LineSinkTest(TRUNKLINE_TYPE_TWILIO_SINK, "audio/x-mulaw, rate=8000, channels=1") {}
    void play() {
        rig.go_live();
        ASSERT_TRUE(line.set_state(GST_STATE_PLAYING));
        rig.on_shard([&] { agent.start(); });
    }
    /// What the carrier got to play, decoded.
    std::string played() {
        std::string all;
        for (const std::string& one : rig.heard_after("media:")) {
            const auto bytes = base64_decode(one);
            EXPECT_TRUE(bytes);
            all.append(bytes->begin(), bytes->end());
        }
        return all;
    }
    std::vector<std::string> marks() { return rig.heard_after("mark:"); }
};

const std::string kFrame(160, '\x55');

TEST_F(TwilioSinkTest, AReplyIsSentMarkedAndReportedWhenItWasHeard) {
    play();
    reply(7, false);
    say(kFrame + kFrame);
    reply(7, true);
    ASSERT_TRUE(rig.run([&] { return marks().size() == 2; }));
    EXPECT_EQ(played(), kFrame + kFrame);
    EXPECT_EQ(told(State::kFirstSent), 1U);
    EXPECT_EQ(told(State::kFirstHeard), 0U) << "no mark has come back";
    for (const std::string& name : marks()) rig.mark(name);
    ASSERT_TRUE(rig.run([&] { return told(State::kFinished) == 1; }));
    EXPECT_EQ(told(State::kFirstHeard), 1U);
    EXPECT_EQ(last().epoch, 7U);
    EXPECT_EQ(last().played_ms, 40);
    EXPECT_EQ(rig.session->stats().played_ms, 40);
}

TEST_F(TwilioSinkTest, TheTailOfAReplyIsPaddedWithSilence) {
    play();
    reply(1, false);
    say(std::string(170, '\x55'));
    reply(1, true);
    ASSERT_TRUE(rig.run([&] { return played().size() == 320; }));
    EXPECT_EQ(played(), std::string(170, '\x55') + std::string(150, '\xff')) << "P21: silence is 0xff";
}

TEST_F(TwilioSinkTest, ItIsToldOfAReplysEndThoughAnEncoderKeepsTheEvent) {
    PadFeeder voice("audio/x-raw,format=S16LE,layout=interleaved,rate=8000,channels=1");
    GstElement* encoder = GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("mulawenc", nullptr)));
    auto in = gst::Ptr<GstPad>::adopt(gst_element_get_static_pad(encoder, "sink"));
    auto out = gst::Ptr<GstPad>::adopt(gst_element_get_static_pad(encoder, "src"));
    gst_pad_unlink(agent.pad(), line.pad("sink"));
    ASSERT_EQ(gst_pad_link(voice.pad(), in.get()), GST_PAD_LINK_OK);
    ASSERT_EQ(gst_pad_link(out.get(), line.pad("sink")), GST_PAD_LINK_OK);
    rig.go_live();
    gst_element_set_state(encoder, GST_STATE_PLAYING);
    ASSERT_TRUE(line.set_state(GST_STATE_PLAYING));
    rig.on_shard([&] {
        voice.start();
        voice.event(gst::reply_event_new(1, false));
        voice.push(std::string(640, '\0'));
    });
    ASSERT_TRUE(rig.run([&] { return marks().size() == 1; }));
    rig.on_shard([&] { voice.event(gst::reply_event_new(1, true, gst::passes_in_step(voice.pad()))); });
    ASSERT_TRUE(rig.run([&] { return marks().size() == 2; })) << "the encoder waits for a next frame";
    rig.on_shard([&] {
        voice.event(gst::reply_event_new(2, false));
        voice.push(std::string(320, '\0'));
    });
    ASSERT_TRUE(rig.run([&] { return marks().size() == 3; }));
    gst_element_set_state(encoder, GST_STATE_NULL);
    gst_pad_unlink(out.get(), line.pad("sink"));
    gst_object_unref(encoder);
}

TEST_F(TwilioSinkTest, Line13AFlushSendsClearBeforeAnyLaterMedia) {
    play();
    reply(1, false);
    say(std::string(80'000, '\x01'));
    ASSERT_TRUE(rig.run([&] { return !played().empty(); }));
    flush();
    reply(2, false);
    say(std::string(160, '\x02'));
    ASSERT_TRUE(rig.run([&] { return played().find('\x02') != std::string::npos; }));
    const auto& heard = rig.heard();
    const auto clear = std::find(heard.begin(), heard.end(), "clear");
    ASSERT_NE(clear, heard.end());
    const std::string old_audio = base64_encode(std::vector<uint8_t>(3, 1));
    EXPECT_TRUE(std::none_of(clear, heard.end(), [&](const auto& one) {
        return one.starts_with("media:" + old_audio);
    })) << "P3: nothing of the cancelled reply follows";
}

TEST_F(TwilioSinkTest, AFlushTellsUpWhatWasNotHeard) {
    play();
    reply(1, false);
    say(std::string(80'000, '\x01'));
    ASSERT_TRUE(rig.run([&] { return !marks().empty(); }));
    rig.mark(marks()[0]);
    ASSERT_TRUE(rig.run([&] { return told(State::kFirstHeard) == 1; }));
    flush();
    ASSERT_EQ(told(State::kCleared), 1U);
    EXPECT_EQ(last().epoch, 1U);
    EXPECT_GT(last().played_ms, 0);
    EXPECT_EQ(last().played_ms + last().discarded_ms, 10'000);
}

TEST_F(TwilioSinkTest, P2AFlushAfterTheReplyWasGivenWholeStillClears) {
    play();
    reply(1, false);
    say(std::string(16'000, '\x01'));
    reply(1, true);
    ASSERT_TRUE(rig.run([&] { return played().size() == 16'000; }));
    flush();
    EXPECT_TRUE(rig.run([&] { return rig.heard_count("clear") == 1; }));
}

TEST_F(TwilioSinkTest, AFlushWithNothingOutClearsNothing) {
    play();
    flush();
    rig.turn();
    EXPECT_EQ(rig.heard_count("clear"), 0U);
    EXPECT_TRUE(up.playback.empty());
}

TEST_F(TwilioSinkTest, Line14MarksOfClearedAudioCountForNothing) {
    play();
    reply(1, false);
    say(std::string(8'000, '\x01'));
    ASSERT_TRUE(rig.run([&] { return !marks().empty(); }));
    flush();
    for (const std::string& name : marks()) rig.mark(name);
    rig.mark("stranger");
    rig.dtmf('1');  // a last message, to know that the marks were read
    rig.turn();
    EXPECT_EQ(told(State::kFirstHeard), 0U);
    EXPECT_EQ(rig.session->stats().played_ms, 0);
}

TEST_F(TwilioSinkTest, GapsAreNotSent) {
    play();
    rig.on_shard([&] {
        agent.event(gst_event_new_gap(0, 20 * GST_MSECOND));
        GstBuffer* gap = gst_buffer_new_memdup(kFrame.data(), kFrame.size());
        GST_BUFFER_FLAG_SET(gap, GST_BUFFER_FLAG_GAP);
        EXPECT_EQ(gst_pad_push(agent.pad(), gap), GST_FLOW_OK);
    });
    rig.turn();
    EXPECT_TRUE(rig.heard().empty());
}

TEST_F(TwilioSinkTest, Line12NoMoreThanSendAheadGoesOutAtOnce) {
    g_object_set(line.get(), "send-ahead", guint64{500} * GST_MSECOND, nullptr);
    play();
    reply(1, false);
    say(std::string(80'000, '\x01'));
    EXPECT_LE(played().size(), 4'000U);
    EXPECT_TRUE(rig.run([&] { return played().size() > 4'000U; })) << "the rest follows as it is played";
}

TEST_F(TwilioSinkTest, Line10AListenOnlyStreamHearsNothingAndCostsNothing) {
    rig.start(R"(["inbound","outbound"])");
    ASSERT_TRUE(rig.run([&] { return !rig.starts.empty(); }));
    rig.on_shard([&] { rig.session->begin(); });
    ASSERT_TRUE(line.set_state(GST_STATE_PLAYING));
    reply(1, false);
    say(kFrame);
    reply(1, true);
    flush();
    rig.turn();
    EXPECT_TRUE(rig.heard().empty());
}

TEST_F(TwilioSinkTest, AudioFromAnotherThreadReachesTheSocketOnTheShard) {
    play();
    EXPECT_EQ(agent.push(kFrame), GST_FLOW_OK);  // the test's thread is no shard outside of run()
    EXPECT_TRUE(rig.run([&] { return played() == kFrame; }));
}

TEST_F(TwilioSinkTest, TheEndFromAnotherThreadKeepsItsPlaceBehindTheAudio) {
    play();
    EXPECT_EQ(agent.push(kFrame), GST_FLOW_OK);
    agent.event(gst_event_new_eos());
    EXPECT_EQ(line.messages(GST_MESSAGE_EOS), 0U) << "not before the audio that is on its way";
    EXPECT_TRUE(rig.run([&] { return line.messages(GST_MESSAGE_EOS) == 1; }));
    EXPECT_TRUE(rig.run([&] { return played() == kFrame; }));
}

TEST_F(TwilioSinkTest, P2AnInterruptionDoesNotOvertakeAudioOfAnotherThread) {
    play();
    reply(1, false);
    EXPECT_EQ(agent.push(kFrame), GST_FLOW_OK);  // on its way to the shard
    flush();
    EXPECT_TRUE(rig.run([&] { return told(State::kCleared) == 1; }));
    EXPECT_EQ(std::count(rig.heard().begin(), rig.heard().end(), "clear"), played().empty() ? 0 : 1)
        << "what was heard of the cancelled reply is cleared";
    reply(2, false);
    say(std::string(160, '\x02'));
    EXPECT_TRUE(played().ends_with(std::string(160, '\x02')));
}

TEST_F(TwilioSinkTest, SaysWhenItsStreamIsOver) {
    play();
    rig.on_shard([&] { agent.event(gst_event_new_eos()); });
    EXPECT_EQ(line.messages(GST_MESSAGE_EOS), 1U);
}

TEST_F(TwilioSinkTest, WhatWaitedWhenItStoppedIsNotSentAtTheNextStart) {
    play();
    reply(1, false);
    say(std::string(160'000, '\x01'));
    ASSERT_TRUE(line.set_state(GST_STATE_NULL));
    const size_t before = played().size();
    ASSERT_TRUE(line.set_state(GST_STATE_PLAYING));
    rig.on_shard([&] { agent.restart(); });
    reply(2, false);
    say(std::string(160, '\x02'));
    ASSERT_TRUE(rig.run([&] { return played().size() > before; }));
    EXPECT_EQ(played()[before], '\x02');
}

TEST_F(TwilioSinkTest, TheTimesComeBackAsTheyWereSet) {
    g_object_set(line.get(), "send-ahead", guint64{700} * GST_MSECOND, "mark-interval", guint64{300} * GST_MSECOND,
                 nullptr);
    guint64 ahead = 0, interval = 0, most = 0;
    g_object_get(line.get(), "send-ahead", &ahead, "mark-interval", &interval, "max-queue", &most, nullptr);
    EXPECT_EQ(ahead, 700 * GST_MSECOND);
    EXPECT_EQ(interval, 300 * GST_MSECOND);
    EXPECT_EQ(most, 300 * GST_SECOND);
}

TEST(TwilioSink, RefusesToStartWithoutACall) {
    CallRig rig;
    ElementUnderTest line(&rig, TRUNKLINE_TYPE_TWILIO_SINK, "line", false);
    EXPECT_FALSE(line.set_state(GST_STATE_READY));
    const std::string error = line.error();
    EXPECT_NE(error.find("twiliosink runs only inside a Twilio call"), std::string::npos) << error;
    EXPECT_NE(error.find("trunkline serve"), std::string::npos) << "the cure";
}

}  // namespace
}  // namespace trunkline::test
