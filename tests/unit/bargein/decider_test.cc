// When the caller's speech interrupts the agent: Decider, fed with time, frames and what the agent does.
#include "elements/bargein/decider.h"

#include <gtest/gtest.h>

namespace trunkline::bargein {
namespace {

using Kind = Decision::Kind;
constexpr int64_t kMs = 1'000'000;
constexpr int64_t kFrame = 20 * kMs;

/// A caller whose frames come every 20 ms.
struct Talk {
    explicit Talk(Rules rules = {}) { decider.set_rules(rules); }
    Moment moment() const { return {now, phase, guarded, is_protected}; }
    Decision backend() { return decider.backend_signal(moment(), now); }
    Decision frame(HeardFrame f) {
        now += kFrame;
        f.now_ns = now;
        return decider.frame(moment(), f);
    }
    Decision begins() {
        return frame({.speech_ns = 3 * kFrame, .onset_ns = now - 40 * kMs, .began = true, .speaking = true});
    }
    Decision speech(int frames) {
        Decision last;
        for (int i = 0; i < frames && last.kind == Kind::kNone; ++i)
            last = frame({.speech_ns = kFrame, .speaking = true});
        return last;
    }
    Decision silence(int frames) {
        Decision last;
        for (int i = 0; i < frames && last.kind == Kind::kNone; ++i) last = frame({});
        return last;
    }
    Decision ends() { return frame({.ended = true}); }

    Decider decider;
    int64_t now = 5'000 * kMs;
    Phase phase = Phase::kSpeaking;
    bool guarded = false, is_protected = false;
};

Rules local(int64_t min_speech_ms = 0) {
    Rules rules;
    rules.backend = false;
    rules.local = true;
    rules.min_speech_ns = min_speech_ms * kMs;
    return rules;
}
Rules backend(int64_t min_speech_ms) {
    Rules rules;
    rules.min_speech_ns = min_speech_ms * kMs;
    return rules;
}

// --- the backend's word

TEST(Decider, TheBackendsWordIsEnoughByDefault) {
    Talk talk;
    EXPECT_EQ(talk.backend().kind, Kind::kAccept);
    EXPECT_FALSE(talk.decider.waiting());
}

TEST(Decider, P4DisabledRejectsAndDoesNotWait) {
    Rules rules;
    rules.enabled = false;
    Talk talk(rules);
    const Decision decision = talk.backend();
    EXPECT_EQ(decision.kind, Kind::kReject);
    EXPECT_EQ(decision.reason, Reason::kDisabled);
    EXPECT_FALSE(talk.decider.waiting());
}

TEST(Decider, AcceptsAtOnceWhenTheCallerWasHeardLongEnough) {
    Talk talk(backend(200));
    talk.silence(1);  // the agent is heard
    talk.speech(10);
    EXPECT_EQ(talk.backend().kind, Kind::kAccept);
}

TEST(Decider, WaitsUntilTheCallerWasHeardLongEnough) {
    Talk talk(backend(200));
    talk.silence(1);
    talk.speech(4);
    EXPECT_EQ(talk.backend().kind, Kind::kNone);
    EXPECT_TRUE(talk.decider.waiting());
    EXPECT_EQ(talk.speech(5).kind, Kind::kNone);
    const Decision decision = talk.speech(1);
    EXPECT_EQ(decision.kind, Kind::kAccept);
    EXPECT_EQ(decision.source, Source::kBackend);
    EXPECT_FALSE(talk.decider.waiting());
}

TEST(Decider, P4NoiseAloneIsRejectedAfterASecond) {
    Talk talk(backend(200));
    talk.silence(1);
    talk.speech(3);
    EXPECT_EQ(talk.backend().kind, Kind::kNone);
    EXPECT_EQ(talk.silence(50).kind, Kind::kNone) << "exactly a second is still in time";
    const Decision decision = talk.silence(1);
    EXPECT_EQ(decision.kind, Kind::kReject);
    EXPECT_EQ(decision.reason, Reason::kTooShort);
    EXPECT_FALSE(talk.decider.waiting());
}

TEST(Decider, SpeechOlderThanASecondDoesNotCount) {
    Talk talk(backend(200));
    talk.speech(20);
    talk.silence(60);
    EXPECT_EQ(talk.backend().kind, Kind::kNone);
}

TEST(Decider, SpeechOlderThanASecondDoesNotCountWhenNoFrameCameSince) {
    Talk talk(backend(200));
    talk.speech(20);
    talk.now += 3'000 * kMs;
    EXPECT_EQ(talk.backend().kind, Kind::kNone);
}

TEST(Decider, WhatTheCallerSaidBeforeTheAgentBeganDoesNotCount) {
    Talk talk(backend(200));
    talk.phase = Phase::kListening;
    talk.speech(20);
    talk.phase = Phase::kSpeaking;
    talk.silence(1);
    EXPECT_EQ(talk.backend().kind, Kind::kNone);
}

TEST(Decider, SilenceBetweenWordsDoesNotStartTheCountAgain) {
    Talk talk(backend(200));
    talk.silence(1);
    talk.speech(6);
    talk.silence(10);
    talk.speech(4);
    EXPECT_EQ(talk.backend().kind, Kind::kAccept);
}

TEST(Decider, TurningItOffEndsTheWaiting) {
    Talk talk(backend(200));
    EXPECT_EQ(talk.backend().kind, Kind::kNone);
    Rules off = backend(200);
    off.enabled = false;
    talk.decider.set_rules(off);
    EXPECT_EQ(talk.speech(1).reason, Reason::kDisabled);
    EXPECT_FALSE(talk.decider.waiting());
}

TEST(Decider, ManyTinyFramesStayBounded) {
    Talk talk(backend(900));
    for (int i = 0; i < 100'000; ++i) {
        talk.decider.frame(talk.moment(), {.now_ns = talk.now, .speech_ns = 1'000, .speaking = true});
    }
    EXPECT_EQ(talk.backend().kind, Kind::kNone) << "only the last thousand frames are kept: 1 ms of them";
}

TEST(Decider, AnotherSignalWhileOneWaitsChangesNothing) {
    Talk talk(backend(200));
    const int64_t first = talk.now;
    EXPECT_EQ(talk.backend().kind, Kind::kNone);
    talk.speech(5);
    EXPECT_EQ(talk.backend().kind, Kind::kNone);
    EXPECT_EQ(talk.speech(5).onset_ns, first);
}

// --- the own detector

TEST(Decider, TheDetectorsOnsetInterruptsASpeakingAgent) {
    Talk talk(local());
    const Decision decision = talk.begins();
    EXPECT_EQ(decision.kind, Kind::kAccept);
    EXPECT_EQ(decision.source, Source::kLocal);
    EXPECT_EQ(decision.onset_ns, talk.now - 60 * kMs);
}

TEST(Decider, TheDetectorSaysNothingWhenThereIsNothingToInterrupt) {
    Talk talk(local());
    talk.phase = Phase::kListening;
    EXPECT_EQ(talk.begins().kind, Kind::kNone);
    EXPECT_EQ(talk.speech(50).kind, Kind::kNone);
    EXPECT_EQ(talk.ends().kind, Kind::kNone);
}

TEST(Decider, WithTheDetectorAloneTheBackendsWordCountsOnlyWhenNothingIsHeard) {
    Talk talk(local());
    EXPECT_EQ(talk.backend().kind, Kind::kNone);
    EXPECT_FALSE(talk.decider.waiting());
    talk.phase = Phase::kListening;
    EXPECT_EQ(talk.backend().kind, Kind::kAccept);
}

TEST(Decider, WithBothTheFirstOneWins) {
    Rules rules = local();
    rules.backend = true;
    Talk talk(rules);
    EXPECT_EQ(talk.backend().source, Source::kBackend);
    EXPECT_EQ(talk.begins().source, Source::kLocal);
}

TEST(Decider, P4ABackChannelShorterThanMinSpeechIsRejected) {
    Talk talk(local(400));
    EXPECT_EQ(talk.begins().kind, Kind::kNone);
    EXPECT_EQ(talk.speech(15).kind, Kind::kNone);
    EXPECT_EQ(talk.silence(14).kind, Kind::kNone);
    const Decision decision = talk.ends();
    EXPECT_EQ(decision.kind, Kind::kReject);
    EXPECT_EQ(decision.reason, Reason::kTooShort);
}

TEST(Decider, SpeechLongerThanMinSpeechIsAcceptedWhenItIs) {
    Talk talk(local(400));
    talk.begins();
    EXPECT_EQ(talk.speech(16).kind, Kind::kNone);
    EXPECT_EQ(talk.speech(1).kind, Kind::kAccept) << "60 ms with the onset and 17 frames";
}

TEST(Decider, SpeechThatWasUnderWayWhenTheAgentBeganInterruptsHimWhenItGoesOn) {
    Talk talk(local());
    talk.phase = Phase::kListening;
    talk.begins();
    talk.speech(30);
    talk.phase = Phase::kSpeaking;
    EXPECT_EQ(talk.speech(14).kind, Kind::kNone);
    EXPECT_EQ(talk.speech(1).kind, Kind::kAccept);
    EXPECT_EQ(talk.speech(50).kind, Kind::kNone) << "one speech, one verdict";
}

TEST(Decider, WhenTheAgentHasFinishedNothingIsLeftToDecide) {
    Talk talk(local(400));
    talk.begins();
    talk.phase = Phase::kListening;
    EXPECT_EQ(talk.speech(1).kind, Kind::kDrop);
    EXPECT_FALSE(talk.decider.waiting());
}

// --- thresholds, guard and protection

TEST(Decider, GreetingAndThinkingHaveThresholdsOfTheirOwn) {
    Rules rules = local(100);
    rules.min_greeting_ns = 300 * kMs;
    rules.min_thinking_ns = 500 * kMs;
    const std::pair<Phase, int> frames[] = {{Phase::kSpeaking, 2}, {Phase::kGreeting, 12}, {Phase::kThinking, 22}};
    for (const auto& [phase, needed] : frames) {
        Talk talk(rules);
        talk.phase = phase;
        EXPECT_EQ(talk.begins().kind, Kind::kNone) << to_string(phase);
        EXPECT_EQ(talk.speech(needed - 1).kind, Kind::kNone) << to_string(phase);
        const Decision decision = talk.speech(1);
        EXPECT_EQ(decision.kind, Kind::kAccept) << to_string(phase);
        EXPECT_EQ(decision.phase, phase);
    }
}

TEST(Decider, TheGreaterThresholdCounts) {
    Rules rules = backend(300);
    rules.min_greeting_ns = 100 * kMs;
    Talk talk(rules);
    talk.phase = Phase::kGreeting;
    talk.silence(1);
    talk.speech(10);
    EXPECT_EQ(talk.backend().kind, Kind::kNone);
}

TEST(Decider, WithoutAThresholdTheDetectorLeavesAThinkingAgentAlone) {
    Talk talk(local());
    talk.phase = Phase::kThinking;
    EXPECT_EQ(talk.begins().kind, Kind::kNone);
    EXPECT_EQ(talk.backend().kind, Kind::kAccept) << "the backend knows what it does";
}

TEST(Decider, P4TheGuardTimeKeepsTheGreetingFromNoise) {
    Talk talk;
    talk.phase = Phase::kGreeting;
    talk.guarded = true;
    EXPECT_EQ(talk.backend().reason, Reason::kGuard);
    talk.guarded = false;
    EXPECT_EQ(talk.backend().kind, Kind::kAccept);
}

TEST(Decider, WhoStillSpeaksWhenTheGuardTimeEndsInterrupts) {
    Talk talk(local());
    talk.phase = Phase::kGreeting;
    talk.guarded = true;
    EXPECT_EQ(talk.begins().kind, Kind::kNone);
    EXPECT_EQ(talk.speech(10).kind, Kind::kNone);
    talk.guarded = false;
    EXPECT_EQ(talk.speech(1).kind, Kind::kAccept);
}

TEST(Decider, WhoStoppedBeforeTheGuardTimeEndedIsRejectedForIt) {
    Talk talk(local());
    talk.phase = Phase::kGreeting;
    talk.guarded = true;
    talk.begins();
    EXPECT_EQ(talk.ends().reason, Reason::kGuard);
}

TEST(Decider, AProtectedPassageIsHeardToItsEnd) {
    Talk talk(local());
    talk.is_protected = true;
    talk.begins();
    EXPECT_EQ(talk.speech(100).kind, Kind::kNone);
    EXPECT_EQ(talk.ends().reason, Reason::kProtected);
    Rules both = local();
    both.backend = true;
    talk.decider.set_rules(both);
    EXPECT_EQ(talk.backend().reason, Reason::kProtected);
}

// --- provisional

TEST(Decider, HoldsTheLineOnceWhileItIsNotSure) {
    Rules rules = local(400);
    rules.provisional = true;
    Talk talk(rules);
    EXPECT_EQ(talk.begins().kind, Kind::kHold);
    EXPECT_TRUE(talk.decider.waiting());
    EXPECT_EQ(talk.speech(16).kind, Kind::kNone);
    EXPECT_EQ(talk.speech(1).kind, Kind::kAccept);
}

TEST(Decider, DoesNotHoldWhatItCutsAtOnceNorWhatIsProtectedNorAThinkingAgent) {
    Rules rules = local();
    rules.provisional = true;
    EXPECT_EQ(Talk(rules).begins().kind, Kind::kAccept);
    rules.min_speech_ns = rules.min_thinking_ns = 400 * kMs;
    Talk guarded(rules);
    guarded.is_protected = true;
    EXPECT_EQ(guarded.begins().kind, Kind::kNone);
    Talk thinking(rules);
    thinking.phase = Phase::kThinking;
    EXPECT_EQ(thinking.begins().kind, Kind::kNone);
}

TEST(Decider, ResumesWhenNoSpeechIsConfirmedInTime) {
    Rules rules = local(900);
    rules.provisional = true;
    rules.resume_after_ns = 300 * kMs;
    Talk talk(rules);
    EXPECT_EQ(talk.begins().kind, Kind::kHold);
    EXPECT_EQ(talk.speech(15).kind, Kind::kNone);
    EXPECT_EQ(talk.speech(1).reason, Reason::kTooShort);
    EXPECT_EQ(talk.speech(40).kind, Kind::kNone) << "not held again by the same speech";
}

TEST(Decider, ResumesByTimeAloneWhenTheCallersFramesStop) {
    Rules rules = local(400);
    rules.provisional = true;
    Talk talk(rules);
    EXPECT_EQ(talk.begins().kind, Kind::kHold);
    talk.now += 500 * kMs;
    EXPECT_EQ(talk.decider.tick(talk.moment()).kind, Kind::kNone);
    talk.now += 600 * kMs;
    EXPECT_EQ(talk.decider.tick(talk.moment()).kind, Kind::kReject);
    EXPECT_EQ(talk.decider.tick(talk.moment()).kind, Kind::kNone);
}

TEST(Decider, HoldsForTheBackendsWordToo) {
    Rules rules = backend(200);
    rules.provisional = true;
    Talk talk(rules);
    EXPECT_EQ(talk.backend().kind, Kind::kHold);
    EXPECT_EQ(talk.speech(10).kind, Kind::kAccept);
}

}  // namespace
}  // namespace trunkline::bargein
