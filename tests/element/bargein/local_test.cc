// bargein with its own detector: who may interrupt when, what the line is told meanwhile, and what is told of it.
#include "tests/element/bargein/gate_rig.h"

namespace trunkline::test {
namespace {

struct LocalBargeIn : BargeInTest {
    LocalBargeIn() {
        with_monitor();
        with_events();
        set("source", "local");
    }
    bool interrupted(int times = 1) {
        return rig.run([&] { return up.interrupts == times; });
    }
    void expect_nothing() {
        rig.turn();
        EXPECT_EQ(up.interrupts, 0);
        EXPECT_EQ(line.count("flush-start"), 0U);
    }
    std::vector<Json> bargeins() { return facts_in(events, "bargein"); }
    std::vector<std::string> holds() {
        std::vector<std::string> modes;
        for (const auto& entry : line.entries()) {
            if (entry.what == "trunkline/line-hold") modes.push_back(entry.text);
        }
        return modes;
    }
    /// What an agent does when it is interrupted, and a line with the flush.
    void flush(int64_t played_ms, int64_t discarded_ms, uint64_t epoch) {
        rig.on_shard([&] { agent.event(gst_event_new_flush_start()); });
        rig.on_shard([&] {
            agent.event(gst_event_new_flush_stop(FALSE));
            agent.segment();
        });
        cleared(played_ms, discarded_ms, epoch);
    }
};

TEST_F(LocalBargeIn, P2TheCallerInterruptsWhenAllAudioHasBeenHandedOut) {
    play();
    say(1, 10);
    be_quiet(5);
    const int64_t before = monotonic_ns();
    speak(6);
    ASSERT_TRUE(interrupted());
    flush(1'000, 9'000, 1);
    const auto facts = bargeins();
    ASSERT_EQ(facts.size(), 1U);
    EXPECT_EQ(facts[0]["source"].text_or(""), "local");
    EXPECT_EQ(facts[0]["verdict"].text_or(""), "accepted");
    EXPECT_EQ(facts[0]["phase"].text_or(""), "greeting");
    EXPECT_EQ(facts[0]["played_ms"].int_or(-1), 1'000);
    EXPECT_EQ(facts[0]["discarded_ms"].int_or(-1), 9'000);
    EXPECT_LE(facts[0]["onset_t_ms"].int_or(-1), facts[0]["decided_t_ms"].int_or(-1));
    EXPECT_GE(facts[0]["decided_t_ms"].int_or(-1), rig.facts.t_ms_at(before));
    EXPECT_EQ(facts[0]["last_heard_t_ms"].int_or(-1), facts[0]["cleared_t_ms"].int_or(-2))
        << "it was playing until the clear";
}

TEST_F(LocalBargeIn, OneSpeechInterruptsOnce) {
    play();
    say(1, 10);
    speak(50);
    ASSERT_TRUE(interrupted());
    speak(50);
    rig.turn();
    EXPECT_EQ(up.interrupts, 1);
}

TEST_F(LocalBargeIn, NothingIsInterruptedWhileTheAgentIsSilent) {
    play();
    speak(50);
    expect_nothing();
    EXPECT_TRUE(bargeins().empty());
}

TEST_F(LocalBargeIn, NothingIsInterruptedWhenTheReplyHasBeenHeard) {
    play();
    say(1, 10);
    report(gst::Playback::State::kFinished, 1);
    speak(50);
    expect_nothing();
}

TEST_F(LocalBargeIn, P4NoiseAndSilenceInterruptNothing) {
    play();
    say(1, 10);
    hear(noise(16'000, -20, 0.5));
    be_quiet(50);
    expect_nothing();
    EXPECT_TRUE(bargeins().empty());
}

TEST_F(LocalBargeIn, P18TheEchoOfTheAgentInterruptsNothing) {
    play();
    say(1, 10, -16);
    speak(50, -36);
    expect_nothing();
    EXPECT_TRUE(bargeins().empty());
    speak(10, -16);
    EXPECT_TRUE(interrupted()) << "but who is louder does";
}

TEST_F(LocalBargeIn, TheBackendsWordDoesNotCutWhatIsHeardButEndsATurn) {
    play();
    say(1, 10);
    EXPECT_TRUE(user_speech()) << "the verdict is ours";
    expect_nothing();
    report(gst::Playback::State::kFinished, 1);
    EXPECT_TRUE(user_speech());
    EXPECT_TRUE(interrupted()) << "what comes late of the old reply is stale";
}

TEST_F(LocalBargeIn, BothListensToEither) {
    set("source", "both");
    play();
    say(1, 10);
    EXPECT_TRUE(user_speech());
    ASSERT_TRUE(interrupted());
    flush(100, 900, 1);
    say(2, 10);
    speak(6);
    EXPECT_TRUE(interrupted(2));
    flush(100, 900, 2);
    const auto facts = bargeins();
    ASSERT_EQ(facts.size(), 2U);
    EXPECT_EQ(facts[0]["source"].text_or(""), "backend");
    EXPECT_EQ(facts[1]["source"].text_or(""), "local");
    EXPECT_EQ(facts[1]["phase"].text_or(""), "speaking");
}

TEST_F(LocalBargeIn, P4TheGuardTimeOfTheGreetingIsOneOfTheGreetingAlone) {
    set("greeting-guard", "60000000000");
    play();
    say(1, 5);
    speak(10);
    be_quiet(20);
    expect_nothing();
    const auto facts = bargeins();
    ASSERT_EQ(facts.size(), 1U);
    EXPECT_EQ(facts[0]["verdict"].text_or(""), "rejected");
    EXPECT_EQ(facts[0]["reason"].text_or(""), "guard-time");
    EXPECT_TRUE(facts[0]["cleared_t_ms"].is_null());
    report(gst::Playback::State::kFinished, 1);
    say(2, 10);
    speak(6);
    EXPECT_TRUE(interrupted());
}

TEST_F(LocalBargeIn, AProtectedReplyIsHeardToItsEndAndTheNextOneIsNot) {
    play();
    rig.on_shard([&] { agent.event(gst::protect_event_new(true)); });
    say(1, 5);
    rig.on_shard([&] { agent.event(gst::protect_event_new(false)); });
    speak(20);
    be_quiet(20);
    expect_nothing();
    ASSERT_EQ(bargeins().size(), 1U);
    EXPECT_EQ(bargeins()[0]["reason"].text_or(""), "protected");
    report(gst::Playback::State::kFinished, 1);
    say(2, 5);
    speak(6);
    EXPECT_TRUE(interrupted());
    EXPECT_EQ(line.count("trunkline/protect"), 0U) << "meant for bargein alone";
}

TEST_F(LocalBargeIn, ThePropertyProtectsFromTheBackendToo) {
    set("source", "backend");
    set("protected", "true");
    play();
    say(1, 5);
    EXPECT_TRUE(user_speech());
    expect_nothing();
    ASSERT_EQ(bargeins().size(), 1U);
    EXPECT_EQ(bargeins()[0]["reason"].text_or(""), "protected");
}

TEST_F(LocalBargeIn, P4ARejectedOnePausesTheLineAndLetsItPlayOnAndClearsNothing) {
    set("min-speech", "400000000");
    set("provisional", "pause");
    play();
    say(1, 10);
    speak(8);
    ASSERT_EQ(holds().size(), 1U);
    EXPECT_NE(holds()[0].find("mode=(int)1"), std::string::npos) << holds()[0];
    be_quiet(20);
    ASSERT_EQ(holds().size(), 2U);
    EXPECT_NE(holds()[1].find("mode=(int)0"), std::string::npos) << holds()[1];
    expect_nothing();
    ASSERT_EQ(bargeins().size(), 1U);
    EXPECT_EQ(bargeins()[0]["reason"].text_or(""), "too-short");
    EXPECT_EQ(bargeins()[0]["discarded_ms"].int_or(-1), 0);
}

TEST_F(LocalBargeIn, AnAcceptedOneIsDuckedUntilTheFlush) {
    set("min-speech", "300000000");
    set("provisional", "duck");
    set("duck-gain", "0.25");
    play();
    say(1, 10);
    speak(8);
    ASSERT_EQ(holds().size(), 1U);
    EXPECT_NE(holds()[0].find("mode=(int)2"), std::string::npos) << holds()[0];
    EXPECT_NE(holds()[0].find("gain=(double)0.25"), std::string::npos) << holds()[0];
    speak(20);
    ASSERT_TRUE(interrupted());
    flush(100, 900, 1);
    EXPECT_EQ(holds().size(), 1U) << "the flush let the line go";
}

TEST_F(LocalBargeIn, AHeldLinePlaysOnByItselfWhenTheCallersFramesStop) {
    set("min-speech", "900000000");
    set("provisional", "pause");
    set("resume-after", "50000000");
    play();
    say(1, 10);
    speak(8);
    ASSERT_EQ(holds().size(), 1U);
    EXPECT_TRUE(rig.run([&] { return holds().size() == 2; }));
    expect_nothing();
    ASSERT_EQ(bargeins().size(), 1U);
    EXPECT_GE(bargeins()[0]["held_ms"].int_or(0), 50);
}

TEST_F(LocalBargeIn, TheNextReplyLetsALineGoThatAnAgentDidNotFlush) {
    set("min-speech", "300000000");
    set("provisional", "pause");
    play();
    say(1, 10);
    speak(30);
    ASSERT_TRUE(interrupted());
    say(2, 1);
    EXPECT_EQ(holds().size(), 2U);
    ASSERT_EQ(bargeins().size(), 1U) << "the decision is told although nobody cleared";
    EXPECT_TRUE(bargeins()[0]["cleared_t_ms"].is_null());
}

TEST_F(LocalBargeIn, P5TellsTheWordsThatWereHeard) {
    play();
    rig.on_shard([&] { agent.event(gst::reply_text_event_new("one two three four five six seven eight nine ten")); });
    say(1, 10);
    speak(6);
    ASSERT_TRUE(interrupted());
    flush(4'200, 5'800, 1);
    ASSERT_EQ(bargeins().size(), 1U);
    EXPECT_EQ(bargeins()[0]["heard_text"].text_or(""), "one two three four");
    EXPECT_EQ(line.count("trunkline/reply-text"), 0U);
}

TEST_F(LocalBargeIn, ClearedRepliesOfOneFlushAreOneFact) {
    play();
    say(1, 2);
    say(2, 3);
    speak(6);
    ASSERT_TRUE(interrupted());
    // The line reports from inside the flush.
    gst::Playback first, second;
    first.state = second.state = gst::Playback::State::kCleared;
    first.at_ns = second.at_ns = monotonic_ns();
    first.epoch = 1, first.played_ms = 500, first.discarded_ms = 1'500;
    second.epoch = 2, second.discarded_ms = 3'000;
    const auto probe = [](GstPad* pad, GstPadProbeInfo* info, gpointer data) {
        if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_FLUSH_STOP) {
            for (const auto* p : *static_cast<std::vector<const gst::Playback*>*>(data)) {
                gst_pad_push_event(pad, gst::playback_event_new(*p));
            }
        }
        return GST_PAD_PROBE_OK;
    };
    std::vector<const gst::Playback*> reports{&first, &second};
    gst_pad_add_probe(
        line.pad(), static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_EVENT_FLUSH | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
        probe, &reports, nullptr);
    rig.on_shard([&] {
        agent.event(gst_event_new_flush_start());
        agent.event(gst_event_new_flush_stop(FALSE));
    });
    ASSERT_EQ(bargeins().size(), 1U);
    EXPECT_EQ(bargeins()[0]["played_ms"].int_or(-1), 500);
    EXPECT_EQ(bargeins()[0]["discarded_ms"].int_or(-1), 4'500);
}

TEST_F(LocalBargeIn, AThinkingAgentIsInterruptedOnlyByWhatItsThresholdAsksFor) {
    set("min-speech-thinking", "400000000");
    play();
    say(1, 1);
    report(gst::Playback::State::kFinished, 1);
    speak(20);
    be_quiet(20);  // the caller is done: the agent thinks
    speak(10);
    expect_nothing();
    be_quiet(20);
    speak(25);
    EXPECT_TRUE(interrupted());
}

TEST_F(LocalBargeIn, RunsAgainWithoutAnyMemoryOfTheLastCall) {
    play();
    say(1, 60);
    ASSERT_TRUE(gate.set_state(GST_STATE_NULL));
    ASSERT_TRUE(gate.set_state(GST_STATE_PLAYING));
    speak(50);
    expect_nothing();
}

TEST(BargeInProperties, AreThereWithTheirDefaults) {
    CallRig rig;
    ElementUnderTest gate(&rig, TRUNKLINE_TYPE_BARGE_IN, "gate");
    GObjectClass* klass = G_OBJECT_GET_CLASS(gate.get());
    for (const char* name : {"enabled", "source", "min-speech", "min-speech-thinking", "min-speech-greeting",
                             "greeting-guard", "protected", "provisional", "duck-gain", "resume-after", "echo-delay"}) {
        GParamSpec* spec = g_object_class_find_property(klass, name);
        ASSERT_NE(spec, nullptr) << name;
        EXPECT_GT(std::string(g_param_spec_get_blurb(spec)).size(), 30U) << name;
        GValue value = G_VALUE_INIT;
        g_value_init(&value, spec->value_type);
        g_object_get_property(G_OBJECT(gate.get()), name, &value);
        EXPECT_TRUE(g_param_value_defaults(spec, &value)) << name;
        g_value_unset(&value);
    }
}

}  // namespace
}  // namespace trunkline::test
