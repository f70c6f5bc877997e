// bargein between an agent (feeder) and the line (recorder): who may interrupt, when, and what is told of it.
#include "elements/bargein/bargein.h"

#include <gtest/gtest.h>

#include "engine/core/clock.h"
#include "engine/gst/event_pad.h"
#include "tests/element/bargein/gate_rig.h"

namespace trunkline::test {
namespace {

constexpr const char* kLinear = "audio/x-raw, format=S16LE, layout=interleaved, rate=16000, channels=1";
TEST_F(BargeInTest, AudioAndReplyEventsPassUntouchedAndInOrder) {
    play();
    rig.on_shard([&] {
        agent.event(gst::reply_event_new(1, false));
        agent.push("abc");
        agent.event(gst::reply_event_new(1, true));
    });
    EXPECT_EQ(line.audio(), "abc");
    const auto all = line.entries();
    ASSERT_GE(all.size(), 3U);
    EXPECT_EQ(all[all.size() - 3].what, "trunkline/reply");
    EXPECT_EQ(all[all.size() - 2].what, "buffer");
    EXPECT_EQ(all[all.size() - 1].what, "trunkline/reply");
}

TEST_F(BargeInTest, InterruptsOneLoopTurnAfterTheQuestion) {
    play();
    bool taken = false;
    int at_once = -1;
    rig.on_shard([&] {
        taken = gst::query_user_speech(agent.pad(), 1);
        at_once = up.interrupts;
    });
    EXPECT_TRUE(taken);
    EXPECT_EQ(at_once, 0) << "the agent is still inside its own call";
    EXPECT_TRUE(rig.run([&] { return up.interrupts == 1; }));
}

TEST_F(BargeInTest, P4DisabledTakesTheQuestionAndSendsNothing) {
    g_object_set(gate.get(), "enabled", FALSE, nullptr);
    play();
    EXPECT_TRUE(user_speech()) << "the verdict is ours, and it is no";
    rig.turn();
    EXPECT_EQ(up.interrupts, 0);
}

TEST_F(BargeInTest, CanBeTurnedOffWhileItPlays) {
    play();
    g_object_set(gate.get(), "enabled", FALSE, nullptr);
    EXPECT_TRUE(user_speech());
    rig.turn();
    EXPECT_EQ(up.interrupts, 0);
}

TEST_F(BargeInTest, MinSpeechWaitsForTheCallerOnTheMonitor) {
    with_monitor();
    g_object_set(gate.get(), "min-speech", guint64{100} * GST_MSECOND, nullptr);
    play();
    EXPECT_TRUE(user_speech());
    speak(4);
    rig.turn();
    EXPECT_EQ(up.interrupts, 0) << "80 ms are not enough";
    speak(1);
    EXPECT_TRUE(rig.run([&] { return up.interrupts == 1; }));
    speak(20);
    rig.turn();
    EXPECT_EQ(up.interrupts, 1) << "one question, one interruption";
}

TEST_F(BargeInTest, P4MinSpeechDoesNotTakeSilenceForSpeech) {
    with_monitor();
    g_object_set(gate.get(), "min-speech", guint64{100} * GST_MSECOND, nullptr);
    play();
    be_quiet(40);
    EXPECT_TRUE(user_speech());
    be_quiet(5);
    rig.turn();
    EXPECT_EQ(up.interrupts, 0);
}

TEST_F(BargeInTest, MinSpeechCountsLinearSamplesByTheirRate) {
    PadFeeder linear(kLinear);
    ASSERT_EQ(gst_pad_link(linear.pad(), gate.pad("monitor")), GST_PAD_LINK_OK);
    g_object_set(gate.get(), "min-speech", guint64{100} * GST_MSECOND, nullptr);
    play();
    EXPECT_TRUE(user_speech());
    // 320 samples a frame: each of the vowel's samples twice.
    const auto push = [&](int frames) {
        const auto samples = vowel(static_cast<size_t>(frames) * 160, -20, 125);
        std::string bytes;
        for (const int16_t sample : samples) {
            const char pair[] = {static_cast<char>(sample & 0xff), static_cast<char>(sample >> 8)};
            bytes.append(pair, 2).append(pair, 2);
        }
        rig.on_shard([&] { linear.push(bytes); });
    };
    push(4);
    rig.turn();
    EXPECT_EQ(up.interrupts, 0);
    push(1);
    EXPECT_TRUE(rig.run([&] { return up.interrupts == 1; }));
}

TEST_F(BargeInTest, WithoutAMonitorMinSpeechIsNotAskedFor) {
    g_object_set(gate.get(), "min-speech", guint64{100} * GST_MSECOND, nullptr);
    play();
    EXPECT_TRUE(user_speech());
    EXPECT_TRUE(rig.run([&] { return up.interrupts == 1; }));
}

TEST_F(BargeInTest, TellsWhatWasHeardOfTheReply) {
    with_events();
    play();
    rig.turns.reply_audio(1);
    const int64_t onset = monotonic_ns();
    EXPECT_TRUE(user_speech(onset));
    ASSERT_TRUE(rig.run([&] { return up.interrupts == 1; }));
    cleared(340, 1'660);
    const auto facts = facts_in(events, "bargein");
    ASSERT_EQ(facts.size(), 1U);
    EXPECT_EQ(facts[0]["node"].text_or(""), "gate");
    EXPECT_EQ(facts[0]["source"].text_or(""), "backend");
    EXPECT_EQ(facts[0]["verdict"].text_or(""), "accepted");
    EXPECT_EQ(facts[0]["played_ms"].int_or(-1), 340);
    EXPECT_EQ(facts[0]["discarded_ms"].int_or(-1), 1'660);
    EXPECT_EQ(facts[0]["turn"].int_or(-1), 1);
    const int64_t at = facts[0]["onset_t_ms"].int_or(-1), decided = facts[0]["decided_t_ms"].int_or(-1),
                  done = facts[0]["cleared_t_ms"].int_or(-1);
    EXPECT_EQ(at, rig.facts.t_ms_at(onset));
    EXPECT_LE(at, decided);
    EXPECT_LE(decided, done);
}

TEST_F(BargeInTest, AReplyThatSomebodyElseClearedIsNoBargeIn) {
    with_events();
    play();
    cleared(340, 1'660);
    EXPECT_TRUE(facts_in(events).empty());
}

TEST_F(BargeInTest, PlaybackPassesUpToTheAgent) {
    play();
    cleared(1, 2);
    ASSERT_EQ(up.playback.size(), 1U);
    EXPECT_EQ(up.playback[0].discarded_ms, 2);
}

TEST_F(BargeInTest, CapsAndEndOfTheCallersStreamStayOnTheMonitor) {
    with_events();
    with_monitor();
    play();
    rig.on_shard([&] {
        caller.start();
        caller.event(gst_event_new_eos());
    });
    EXPECT_EQ(line.count("caps"), 1U) << "the agent's own";
    EXPECT_EQ(line.count("eos"), 0U);
    EXPECT_EQ(events.count("eos"), 0U);
}

TEST_F(BargeInTest, TheAudiosCapsDoNotComeOutOfEvents) {
    with_events();
    play();
    rig.on_shard([&] { agent.push("abc"); });
    EXPECT_EQ(events.count("caps"), 0U) << "nothing was told yet";
}

TEST_F(BargeInTest, TheEndOfTheAudioEndsAudioAndEvents) {
    with_events();
    with_monitor();
    play();
    rig.on_shard([&] { agent.event(gst_event_new_eos()); });
    EXPECT_EQ(line.count("eos"), 1U);
    EXPECT_EQ(events.count("eos"), 1U);
}

TEST_F(BargeInTest, TheMonitorsCapsMayDifferFromTheAudios) {
    PadFeeder linear(kLinear);
    ASSERT_EQ(gst_pad_link(linear.pad(), gate.pad("monitor")), GST_PAD_LINK_OK);
    play();
    rig.on_shard([&] { EXPECT_EQ(linear.push(std::string(640, '\0')), GST_FLOW_OK); });
    EXPECT_EQ(line.count("caps"), 1U);
}

TEST_F(BargeInTest, HasOneMonitorWhichMayBeReleasedAndRequestedAgain) {
    with_monitor();
    GstElement* element = gate.get();
    GstPadTemplate* monitors = gst_element_get_pad_template(element, "monitor");
    EXPECT_EQ(gst_element_request_pad(element, monitors, nullptr, nullptr), nullptr);
    GstPad* monitor = gate.pad("monitor");
    GstPad* peer = gst_pad_get_peer(monitor);
    gst_pad_unlink(peer, monitor);
    gst_object_unref(peer);
    gst_element_release_request_pad(element, monitor);
    GstPad* again = gst_element_request_pad_simple(element, "monitor");
    ASSERT_NE(again, nullptr);
    gst_object_unref(again);
}

TEST_F(BargeInTest, RunsTwice) {
    with_events();
    for (int i = 1; i <= 2; ++i) {
        ASSERT_TRUE(gate.set_state(GST_STATE_PLAYING));
        EXPECT_TRUE(user_speech());
        EXPECT_TRUE(rig.run([&] { return up.interrupts == i; }));
        ASSERT_TRUE(gate.set_state(GST_STATE_NULL));
    }
}

TEST(BargeIn, WorksUnlinkedAndWithoutACall) {
    CallRig rig;
    ElementUnderTest gate(&rig, TRUNKLINE_TYPE_BARGE_IN, "gate", false);
    ASSERT_TRUE(gate.set_state(GST_STATE_PLAYING));
    GstQuery* query = gst_query_new_custom(
        GST_QUERY_CUSTOM, gst_structure_new("trunkline/user-speech", "onset", G_TYPE_INT64, gint64{1}, nullptr));
    rig.on_shard([&] { EXPECT_TRUE(gst_pad_query(gate.pad("sink"), query)); });
    gst_query_unref(query);
    rig.turn();
    EXPECT_EQ(gate.error(), "");
}

}  // namespace
}  // namespace trunkline::test
