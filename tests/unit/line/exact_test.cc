// A carrier of the other kind: exact frames, slow reading, marks that may stay unanswered.
#include <gtest/gtest.h>

#include "simulated_carrier.h"

namespace trunkline::line {
namespace {

using State = gst::Playback::State;
constexpr PlayoutOptions kVonageLike{.burst_ms = 200, .presume_after_ms = 2'000};

std::vector<uint8_t> bytes_of(size_t size) {
    std::vector<uint8_t> bytes(size);
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i % 251 + 1);
    return bytes;
}

TEST(ExactPlayout, P22Line28EveryMessageIsOneFrameForAllRatesAndChunkSizes) {
    for (const int rate : {8'000, 16'000, 24'000}) {
        const Format format = Format::l16(rate);
        ASSERT_EQ(format.frame, static_cast<size_t>(rate / 50 * 2));
        const auto audio = bytes_of(format.frame * 7 + 123);
        for (size_t chunk = 1; chunk <= 999; chunk += chunk < 20 ? 1 : 37) {
            Carrier carrier(format);
            Playout playout(format, kVonageLike, &carrier);
            playout.reply_start(1);
            for (size_t at = 0; at < audio.size(); at += chunk)
                playout.audio({audio.data() + at, std::min(chunk, audio.size() - at)}, carrier.now);
            playout.reply_end(carrier.now);
            carrier.run(playout, carrier.now + 1'000 * kMs);
            ASSERT_TRUE(std::all_of(carrier.sizes.begin(), carrier.sizes.end(),
                                    [&](size_t size) { return size == format.frame; }))
                << rate << " Hz in chunks of " << chunk;
            ASSERT_EQ(carrier.sizes.size(), 8U) << "P20: none is empty";
            const size_t lacks = format.frame - (chunk - 1) % format.frame - 1;
            std::vector<uint8_t> padded(lacks <= static_cast<size_t>(5 * format.bytes_per_ms) ? lacks : 0, 0);
            padded.insert(padded.end(), audio.begin(), audio.end());
            padded.resize(format.frame * 8, 0);
            ASSERT_EQ(carrier.sent, padded) << "P19, P21: the audio as it was, then zeros";
        }
    }
}

TEST(ExactPlayout, Line28APartialFrameThatNobodyEndsIsFilledUp) {
    const Format format = Format::l16(16'000);
    Carrier carrier(format);
    Playout playout(format, kVonageLike, &carrier);
    playout.reply_start(1);
    playout.audio(bytes_of(700), carrier.now);
    carrier.run(playout, carrier.now + 50 * kMs);
    EXPECT_EQ(carrier.sent.size(), 640U) << "more may come";
    carrier.run(playout, carrier.now + 50 * kMs);
    auto padded = bytes_of(700);
    padded.resize(1'280, 0);
    EXPECT_EQ(carrier.sent, padded);
    playout.audio(bytes_of(640), carrier.now);
    carrier.run(playout, carrier.now + 500 * kMs);
    EXPECT_EQ(carrier.sent.size(), 1'920U);
}

TEST(ExactPlayout, P22ABackendThatPausesWithinAReplyLeavesNoHoleInIt) {
    const Format format = Format::l16(16'000);
    Carrier carrier(format);
    Playout playout(format, kVonageLike, &carrier);
    const auto audio = bytes_of(640 * 40 - 200);
    playout.reply_start(1);
    playout.audio({audio.data(), 640 * 20 - 200}, carrier.now);
    carrier.run(playout, carrier.now + 200 * kMs);
    EXPECT_EQ(carrier.sent.size(), 640U * 19) << "there is enough to play";
    playout.audio({audio.data() + 640 * 20 - 200, 640 * 20}, carrier.now);
    playout.reply_end(carrier.now);
    carrier.run(playout, carrier.now + 1'000 * kMs);
    auto padded = audio;
    padded.resize(640 * 40, 0);
    EXPECT_EQ(carrier.sent, padded) << "the audio as it was, and zeros at its end only";
}

TEST(ExactPlayout, P22PiecesOfARealTimeBackendBehindAResamplerWaitForNothing) {
    const Format format = Format::l16(16'000);
    Carrier carrier(format);
    Playout playout(format, kVonageLike, &carrier);
    const auto audio = bytes_of(640 * 10);
    playout.reply_start(1);
    size_t given = 0;
    for (int i = 0; i < 10; ++i) {  // the resampler keeps 2 ms back; every other piece is 70 ms late
        const size_t size = i == 0 ? 640 - 64 : 640;
        playout.audio({audio.data() + given, size}, carrier.now);
        given += size;
        EXPECT_EQ(carrier.sent.size(), 640U * static_cast<size_t>(i + 1)) << "at once";
        carrier.run(playout, carrier.now + (i % 2 == 0 ? 20 : 90) * kMs);
    }
    playout.audio({audio.data() + given, 64}, carrier.now);
    playout.reply_end(carrier.now);
    carrier.run(playout, carrier.now + 500 * kMs);
    std::vector<uint8_t> wanted(64, 0);
    wanted.insert(wanted.end(), audio.begin(), audio.end());
    wanted.resize(640 * 11, 0);
    EXPECT_EQ(carrier.sent, wanted) << "silence before and behind, none within";
}

TEST(ExactPlayout, Line28AReplyThatFollowsAnUnfinishedOneBeginsWithAFrameOfItsOwn) {
    const Format format = Format::l16(8'000);
    Carrier carrier(format);
    Playout playout(format, kVonageLike, &carrier);
    playout.reply_start(1);
    playout.audio(bytes_of(100), carrier.now);
    playout.reply_start(2);
    playout.audio(bytes_of(320), carrier.now);
    playout.reply_end(carrier.now);
    carrier.run(playout, carrier.now + 500 * kMs);
    ASSERT_EQ(carrier.sent.size(), 640U);
    EXPECT_EQ(carrier.sent[100], 0);
    EXPECT_EQ(carrier.sent[320], 1);
    EXPECT_EQ(carrier.count(State::kFinished), 2U);
}

TEST(ExactPlayout, Line28WhatIsDroppedIsWholeFrames) {
    const Format format = Format::l16(8'000);
    Carrier carrier(format);
    Playout playout(format, {.send_ahead_ms = 100, .max_queue_ms = 1'000}, &carrier);
    playout.reply_start(1);
    for (int i = 0; i < 50; ++i) playout.audio(bytes_of(999), carrier.now);
    playout.reply_end(carrier.now);
    carrier.run(playout, carrier.now + 3'000 * kMs);
    EXPECT_GT(playout.dropped_bytes(), 0U);
    EXPECT_EQ(playout.dropped_bytes() % format.frame, 0U);
    for (const size_t size : carrier.sizes) ASSERT_EQ(size, format.frame);
}

TEST(ExactPlayout, P23P24Line29TheWindowFillsFasterThanItEmptiesAndNoFasterThanACarrierReads) {
    const Format format = Format::l16(16'000);
    Carrier carrier(format);
    Playout playout(format, kVonageLike, &carrier);
    playout.reply_start(1);
    playout.audio(std::vector<uint8_t>(32 * 10'000, 1), carrier.now);
    playout.reply_end(carrier.now);
    const int64_t begin = carrier.now;
    EXPECT_EQ(carrier.messages, 10) << "the burst";
    carrier.run(playout, begin + 11'000 * kMs);
    // The carrier takes a message per 10 ms. How many wait before it, at most?
    double waiting = 0, most = 0;
    int64_t last = begin;
    for (const int64_t at : carrier.times) {
        waiting = std::max(0.0, waiting - static_cast<double>(at - last) / (10 * kMs)) + 1;
        most = std::max(most, waiting);
        last = at;
    }
    EXPECT_LE(most, 12) << "a clear overtakes all but a few frames";
    EXPECT_GE(carrier.ahead, 1'900);
    EXPECT_LE(carrier.ahead, 2'020) << "a tenth of the old queue of 1,024 messages";
    EXPECT_LE(carrier.played_until, begin + 10'001 * kMs) << "without a gap";
}

TEST(ExactPlayout, P23ATimerThatFiresLateStarvesNobody) {
    const Format format = Format::l16(16'000);
    Carrier carrier(format);
    Playout playout(format, kVonageLike, &carrier);
    playout.reply_start(1);
    playout.audio(std::vector<uint8_t>(32 * 4'000, 1), carrier.now);
    playout.reply_end(carrier.now);
    const int64_t begin = carrier.now;
    while (carrier.sent.size() < 32U * 4'000 && carrier.now < begin + 10'000 * kMs) {
        carrier.now = std::max(carrier.now + kMs, playout.next_wake_ns(carrier.now) + 90 * kMs);  // 90 ms late
        playout.pump(carrier.now);
        ASSERT_GE(carrier.played_until, carrier.now) << "the line fell silent";
    }
}

// What was heard of a carrier that never answers.

TEST(PresumedPlayout, AReplyIsFirstHeardAndFinishedByTheClock) {
    const Format format = Format::l16(16'000);
    Carrier carrier(format);
    carrier.answers_marks = false;
    Playout playout(format, kVonageLike, &carrier);
    playout.reply_start(3);
    playout.audio(std::vector<uint8_t>(32 * 1'000, 1), carrier.now);
    playout.reply_end(carrier.now);
    const int64_t begin = carrier.now;
    carrier.run(playout, begin + 1'990 * kMs);
    EXPECT_EQ(carrier.count(State::kFirstHeard), 0U) << "an answer may still come";
    carrier.run(playout, begin + 4'000 * kMs);
    ASSERT_EQ(carrier.count(State::kFirstHeard), 1U);
    ASSERT_EQ(carrier.count(State::kFinished), 1U);
    EXPECT_EQ(carrier.reports.back().played_ms, 1'000);
    EXPECT_EQ(carrier.reports.back().at_ns, begin + 1'000 * kMs) << "when it was, not when it was found out";
    EXPECT_TRUE(playout.idle());
    EXPECT_EQ(playout.next_wake_ns(carrier.now), 0);
}

TEST(PresumedPlayout, Line30WhatWasHeardBeforeAClearIsTheClocks) {
    const Format format = Format::l16(8'000);
    Carrier carrier(format);
    carrier.answers_marks = false;
    Playout playout(format, kVonageLike, &carrier);
    playout.reply_start(1);
    playout.audio(std::vector<uint8_t>(16 * 5'000, 1), carrier.now);
    playout.reply_end(carrier.now);
    carrier.run(playout, carrier.now + 700 * kMs);
    carrier.now += 400'000;  // in the middle of a millisecond
    playout.clear(carrier.now);
    playout.report_cleared(carrier.now);
    ASSERT_EQ(carrier.reports.back().state, State::kCleared);
    EXPECT_NEAR(static_cast<double>(carrier.reports.back().played_ms), 700, 1);
    EXPECT_EQ(carrier.reports.back().played_ms + carrier.reports.back().discarded_ms, 5'000);
    EXPECT_EQ(playout.heard_ms(carrier.now), carrier.reports.back().played_ms);
    carrier.run(playout, carrier.now + 5'000 * kMs);
    EXPECT_EQ(carrier.count(State::kFinished), 0U) << "nothing of a cleared reply is presumed";
}

TEST(PresumedPlayout, Line29TheClockNeverPassesAMarkThatShouldHaveComeFirst) {
    const Format format = Format::l16(8'000);
    Carrier carrier(format);
    Playout playout(format, {.mark_every_ms = 500, .presume_after_ms = 2'000}, &carrier);
    playout.reply_start(1);
    playout.audio(std::vector<uint8_t>(16 * 3'000, 1), carrier.now);
    carrier.run(playout, carrier.now + 100 * kMs);
    ASSERT_EQ(carrier.count(State::kFirstHeard), 1U);
    carrier.answers_marks = false;
    carrier.marks.clear();  // the carrier's buffer stands still
    carrier.run(playout, carrier.now + 1'000 * kMs);
    EXPECT_LE(playout.heard_ms(carrier.now), 520);
    EXPECT_GE(playout.heard_ms(carrier.now), 500);
}

TEST(PresumedPlayout, P27AnAnswerThatComesAfterItWasPresumedChangesNothing) {
    const Format format = Format::l16(8'000);
    Carrier carrier(format);
    carrier.answers_marks = false;
    Playout playout(format, kVonageLike, &carrier);
    playout.reply_start(1);
    playout.audio(std::vector<uint8_t>(16 * 400, 1), carrier.now);
    playout.reply_end(carrier.now);
    carrier.run(playout, carrier.now + 3'000 * kMs);
    ASSERT_EQ(carrier.count(State::kFinished), 1U);
    const size_t reports = carrier.reports.size();
    for (const std::string& name : carrier.names) playout.on_mark(name, carrier.now);
    EXPECT_EQ(carrier.reports.size(), reports);
    EXPECT_EQ(playout.heard_ms(carrier.now), 400);
}

TEST(PresumedPlayout, P4NoClearOnceEverythingIsPresumedHeard) {
    const Format format = Format::l16(8'000);
    Carrier carrier(format);
    carrier.answers_marks = false;
    Playout playout(format, kVonageLike, &carrier);
    playout.reply_start(1);
    playout.audio(std::vector<uint8_t>(16 * 400, 1), carrier.now);
    playout.reply_end(carrier.now);
    carrier.run(playout, carrier.now + 3'000 * kMs);
    playout.clear(carrier.now);
    EXPECT_EQ(carrier.clears, 0);
}

TEST(PresumedPlayout, AMarkThatGotLostIsMadeGoodByTheNext) {
    const Format format = Format::l16(8'000);
    Carrier carrier(format);
    Playout playout(format, {.presume_after_ms = 2'000}, &carrier);
    playout.reply_start(1);
    playout.audio(std::vector<uint8_t>(16 * 500, 1), carrier.now);
    playout.reply_end(carrier.now);
    ASSERT_EQ(carrier.marks.size(), 2U);
    carrier.marks.erase(carrier.marks.begin());
    carrier.run(playout, carrier.now + 600 * kMs);
    EXPECT_EQ(carrier.count(State::kFirstHeard), 1U);
    EXPECT_EQ(carrier.count(State::kFinished), 1U);
}

}  // namespace
}  // namespace trunkline::line
