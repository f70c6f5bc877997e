// vonagesink: what the caller hears, on the wire and told back to the agent.
#include <gtest/gtest.h>

#include <algorithm>

#include "elements/vonage/vonagesink.h"
#include "tests/element/line/line_tests.h"
#include "vonage_rig.h"

namespace trunkline::test {
namespace {

struct VonageSinkTest : LineSinkTest<VonageRig> {
    VonageSinkTest()
        : LineSinkTest(TRUNKLINE_TYPE_VONAGE_SINK,
                       "audio/x-raw, format=S16LE, layout=interleaved, rate=8000, channels=1") {}
    void play() {
        rig.go_live(8'000);
        g_object_set(line.get(), "rate", 8'000, nullptr);
        ASSERT_TRUE(line.set_state(GST_STATE_PLAYING));
        rig.on_shard([&] { agent.start(); });
    }
};

const std::string kFrame(320, '\x55');

TEST_F(VonageSinkTest, AReplyIsSentMarkedAndReportedWhenItWasHeard) {
    play();
    reply(7, false);
    say(kFrame + kFrame);
    reply(7, true);
    ASSERT_TRUE(rig.run([&] { return rig.notifies().size() == 2; }));
    EXPECT_EQ(rig.audio(), kFrame + kFrame);
    EXPECT_EQ(told(State::kFirstSent), 1U);
    for (const std::string& id : rig.notifies()) rig.notify(id);
    ASSERT_TRUE(rig.run([&] { return told(State::kFinished) == 1; }));
    EXPECT_EQ(told(State::kFirstHeard), 1U);
    EXPECT_EQ(last().epoch, 7U);
    EXPECT_EQ(last().played_ms, 40);
    EXPECT_EQ(rig.session->stats().played_ms, 40);
}

TEST_F(VonageSinkTest, P22Line28EveryMessageIsOneFrameAndTheLastIsPaddedWithZeros) {
    play();
    std::string said;
    reply(1, false);
    for (const size_t size : {2, 318, 320, 322, 998, 700}) {
        const std::string piece(size, static_cast<char>(size % 100 + 1));
        said += piece;
        say(piece);
    }
    reply(1, true);
    said.resize((said.size() + 319) / 320 * 320, '\0');
    ASSERT_TRUE(rig.run([&] { return rig.audio().size() >= said.size(); }));
    EXPECT_EQ(rig.audio(), said) << "P21: silence is zero";
    for (const std::string& one : rig.heard()) EXPECT_TRUE(one == "audio:320" || one.starts_with("notify:")) << one;
}

TEST_F(VonageSinkTest, P20AnEmptyBufferIsNoMessage) {
    play();
    reply(1, false);
    say("");
    reply(1, true);
    rig.turn();
    EXPECT_TRUE(rig.heard().empty());
}

TEST_F(VonageSinkTest, Line29TheWindowIsHeldHereAndNotInTheSocket) {
    play();
    reply(1, false);
    say(std::string(160'000, '\x01'));  // ten seconds
    EXPECT_EQ(rig.audio().size(), 10U * 320) << "a burst of 200 ms, whatever send-ahead is";
    EXPECT_TRUE(rig.run([&] { return rig.audio().size() > 20U * 320; })) << "then faster than it is played";
}

TEST_F(VonageSinkTest, P24Line29SendAheadIsFarBelowTheOldQueueAndCannotPassTheNewOne) {
    GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(line.get()), "send-ahead");
    ASSERT_TRUE(G_IS_PARAM_SPEC_UINT64(spec));
    EXPECT_LE(G_PARAM_SPEC_UINT64(spec)->maximum, 3'072 * 20 * GST_MSECOND);
    EXPECT_LE(G_PARAM_SPEC_UINT64(spec)->default_value, 200 * 20 * GST_MSECOND);
}

TEST_F(VonageSinkTest, Line30P27AFlushClearsAndWorksWithoutAnAnswer) {
    play();
    reply(1, false);
    say(std::string(160'000, '\x01'));
    ASSERT_TRUE(rig.run([&] { return !rig.audio().empty(); }));
    flush();
    reply(2, false);
    say(std::string(640, '\x02'));
    reply(2, true);
    ASSERT_TRUE(rig.run([&] { return rig.audio().find('\x02') != std::string::npos; }));
    EXPECT_EQ(rig.heard_count("clear"), 1U);
    const size_t first_new = rig.audio().find('\x02');
    EXPECT_EQ(rig.audio().find('\x01', first_new), std::string::npos) << "P3: nothing of the cancelled reply follows";
    // The answer to the clear comes late: the new reply is not touched by it.
    rig.text(R"({"event":"websocket:cleared"})");
    for (const std::string& id : rig.notifies()) {
        if (id.starts_with("r2.")) rig.notify(id);
    }
    ASSERT_TRUE(rig.run([&] { return told(State::kFinished) == 1; }));
    EXPECT_EQ(last().epoch, 2U);
    EXPECT_EQ(last().played_ms, 40);
}

TEST_F(VonageSinkTest, Line30NotifiesOfAClearedReplyCountForNothing) {
    play();
    reply(1, false);
    say(std::string(16'000, '\x01'));
    ASSERT_TRUE(rig.run([&] { return !rig.notifies().empty(); }));
    flush();
    ASSERT_EQ(told(State::kCleared), 1U);
    const int64_t heard = rig.session->stats().played_ms;
    for (const std::string& id : rig.notifies()) rig.notify(id);
    rig.notify("stranger");
    rig.text(R"({"event":"websocket:notify","payload":{}})");
    rig.text(R"({"event":"websocket:dtmf","digit":"1"})");
    rig.turn();
    EXPECT_EQ(told(State::kFirstHeard), 0U);
    EXPECT_EQ(rig.session->stats().played_ms, heard);
}

TEST_F(VonageSinkTest, P2AFlushAfterTheReplyWasGivenWholeStillClears) {
    play();
    reply(1, false);
    say(std::string(3'200, '\x01'));
    reply(1, true);
    ASSERT_TRUE(rig.run([&] { return rig.audio().size() == 3'200; }));
    flush();
    EXPECT_TRUE(rig.run([&] { return rig.heard_count("clear") == 1; }));
    ASSERT_EQ(told(State::kCleared), 1U);
    EXPECT_EQ(last().played_ms + last().discarded_ms, 200);
}

TEST_F(VonageSinkTest, AFlushWithNothingOutClearsNothing) {
    play();
    flush();
    rig.turn();
    EXPECT_TRUE(rig.heard().empty());
    EXPECT_TRUE(up.playback.empty());
}

TEST_F(VonageSinkTest, Line29WithoutANotifyTheClockTellsWhatWasHeard) {
    play();
    reply(1, false);
    say(std::string(1'600, '\x01'));  // 100 ms
    reply(1, true);
    EXPECT_TRUE(rig.session->unheard());
    ASSERT_TRUE(rig.run([&] { return told(State::kFinished) == 1; }));
    EXPECT_EQ(told(State::kFirstHeard), 1U);
    EXPECT_EQ(last().played_ms, 100);
    EXPECT_FALSE(rig.session->unheard());
}

TEST_F(VonageSinkTest, APausedLineWaitsAndAFlushEndsThePause) {
    play();
    hold(gst::LineHold::Mode::kPause);
    reply(1, false);
    say(std::string(3'200, '\x01'));
    rig.turn();
    EXPECT_TRUE(rig.audio().empty());
    hold(gst::LineHold::Mode::kNone);
    ASSERT_TRUE(rig.run([&] { return rig.audio().size() == 3'200; }));
    EXPECT_EQ(rig.heard_count("clear"), 0U);
    hold(gst::LineHold::Mode::kPause);
    flush();
    reply(2, false);
    say(std::string(320, '\x02'));
    EXPECT_TRUE(rig.run([&] { return rig.audio().find('\x02') != std::string::npos; }));
}

TEST_F(VonageSinkTest, Line27ADuckedLineIsQuieterInLittleEndianSamples) {
    play();
    hold(gst::LineHold::Mode::kDuck, 0.5);
    reply(1, false);
    std::string loud;
    for (int i = 0; i < 160; ++i) loud += std::string("\x00\x10", 2);  // 4096
    say(loud);
    ASSERT_TRUE(rig.run([&] { return rig.audio().size() == 320; }));
    EXPECT_EQ(rig.audio().substr(318), std::string("\x00\x08", 2));
}

TEST_F(VonageSinkTest, SaysWhenItsStreamIsOver) {
    play();
    rig.on_shard([&] { agent.event(gst_event_new_eos()); });
    EXPECT_EQ(line.messages(GST_MESSAGE_EOS), 1U);
}

TEST(VonageSink, RefusesToStartInACallOfAnotherRate) {
    VonageRig rig;
    ElementUnderTest line(&rig, TRUNKLINE_TYPE_VONAGE_SINK, "line");
    rig.go_live(24'000);
    EXPECT_FALSE(line.set_state(GST_STATE_READY));
    const std::string error = line.error();
    EXPECT_NE(error.find("vonagesink has rate=16000"), std::string::npos) << error;
}

}  // namespace
}  // namespace trunkline::test
