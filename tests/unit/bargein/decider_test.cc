// When the caller's speech interrupts the agent: Decider, fed with time and frames.
#include "elements/bargein/decider.h"

#include <gtest/gtest.h>

namespace trunkline::bargein {
namespace {

using Verdict = Decider::Verdict;
constexpr int64_t kMs = 1'000'000;
constexpr int64_t kFrame = 20 * kMs;

/// A caller whose frames come every 20 ms.
struct Caller {
    void frames(int count, bool voiced) {
        for (int i = 0; i < count; ++i) {
            now += kFrame;
            decider.caller_frame(now, kFrame, voiced);
        }
    }
    Decider decider;
    int64_t now = 5'000 * kMs;
};

TEST(Decider, TheBackendsWordIsEnoughByDefault) {
    Decider decider;
    EXPECT_EQ(decider.speech_started(kMs), Verdict::kAccept);
    EXPECT_FALSE(decider.waiting());
}

TEST(Decider, DisabledRejectsAndDoesNotWait) {
    Decider decider;
    decider.set_enabled(false);
    EXPECT_EQ(decider.speech_started(kMs), Verdict::kReject);
    EXPECT_FALSE(decider.waiting());
}

TEST(Decider, AcceptsAtOnceWhenTheCallerWasHeardLongEnough) {
    Caller caller;
    caller.decider.set_min_speech_ns(200 * kMs);
    caller.frames(10, true);
    EXPECT_EQ(caller.decider.speech_started(caller.now), Verdict::kAccept);
}

TEST(Decider, WaitsUntilTheCallerWasHeardLongEnough) {
    Caller caller;
    caller.decider.set_min_speech_ns(200 * kMs);
    caller.frames(4, true);
    EXPECT_EQ(caller.decider.speech_started(caller.now), Verdict::kWait);
    caller.frames(5, true);
    EXPECT_EQ(caller.decider.pending(caller.now), Verdict::kWait);
    caller.frames(1, true);
    EXPECT_EQ(caller.decider.pending(caller.now), Verdict::kAccept);
    EXPECT_FALSE(caller.decider.waiting());
}

TEST(Decider, P4NoiseAloneIsRejectedAfterASecond) {
    Caller caller;
    caller.decider.set_min_speech_ns(200 * kMs);
    caller.frames(3, true);
    EXPECT_EQ(caller.decider.speech_started(caller.now), Verdict::kWait);
    caller.frames(50, false);
    EXPECT_EQ(caller.decider.pending(caller.now), Verdict::kWait) << "exactly a second is still in time";
    caller.frames(1, false);
    EXPECT_EQ(caller.decider.pending(caller.now), Verdict::kReject);
    EXPECT_FALSE(caller.decider.waiting());
}

TEST(Decider, NothingIsPendingAfterAVerdict) {
    Caller caller;
    EXPECT_EQ(caller.decider.speech_started(caller.now), Verdict::kAccept);
    EXPECT_EQ(caller.decider.pending(caller.now), Verdict::kReject);
}

TEST(Decider, SpeechOlderThanASecondDoesNotCount) {
    Caller caller;
    caller.decider.set_min_speech_ns(200 * kMs);
    caller.frames(20, true);
    caller.frames(60, false);
    EXPECT_EQ(caller.decider.speech_started(caller.now), Verdict::kWait);
}

TEST(Decider, SpeechOlderThanASecondDoesNotCountWhenNoFrameCameSince) {
    Caller caller;
    caller.decider.set_min_speech_ns(200 * kMs);
    caller.frames(20, true);
    EXPECT_EQ(caller.decider.speech_started(caller.now + 3'000 * kMs), Verdict::kWait);
}

TEST(Decider, SilenceBetweenWordsDoesNotStartTheCountAgain) {
    Caller caller;
    caller.decider.set_min_speech_ns(200 * kMs);
    caller.frames(6, true);
    caller.frames(10, false);
    caller.frames(4, true);
    EXPECT_EQ(caller.decider.speech_started(caller.now), Verdict::kAccept);
}

TEST(Decider, TurningItOffEndsTheWaiting) {
    Caller caller;
    caller.decider.set_min_speech_ns(200 * kMs);
    EXPECT_EQ(caller.decider.speech_started(caller.now), Verdict::kWait);
    caller.decider.set_enabled(false);
    caller.frames(20, true);
    EXPECT_EQ(caller.decider.pending(caller.now), Verdict::kReject);
    EXPECT_FALSE(caller.decider.waiting());
}

TEST(Decider, ManyTinyFramesStayBounded) {
    Decider decider;
    decider.set_min_speech_ns(900 * kMs);
    for (int i = 0; i < 100'000; ++i) decider.caller_frame(kMs, 1'000, true);
    EXPECT_EQ(decider.speech_started(kMs), Verdict::kWait) << "only the last thousand frames are kept: 1 ms of them";
}

}  // namespace
}  // namespace trunkline::bargein
