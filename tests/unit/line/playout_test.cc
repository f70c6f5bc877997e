// What is sent to the caller, when, and what of it counts as heard: Playout against a carrier that plays in simulated
// time.
#include <gtest/gtest.h>

#include "simulated_carrier.h"

namespace trunkline::line {
namespace {

using State = gst::Playback::State;
constexpr Format kMulaw = Format::mulaw(4000);

TEST(Playout, PlaysAReplyWholeAndInOrder) {
    Carrier carrier;
    Playout playout(kMulaw, {}, &carrier);
    const auto audio = tone(10'000);
    playout.reply_start(1);
    playout.audio(audio, carrier.now);
    playout.reply_end(carrier.now);
    carrier.run(playout, carrier.now + 12'000 * kMs);
    EXPECT_EQ(carrier.sent, audio);
    EXPECT_TRUE(playout.idle());
    EXPECT_EQ(carrier.count(State::kFirstSent), 1U);
    EXPECT_EQ(carrier.count(State::kFirstHeard), 1U);
    ASSERT_EQ(carrier.count(State::kFinished), 1U);
    EXPECT_EQ(carrier.reports.back().played_ms, 10'000);
}

TEST(Playout, Line12SendAheadIsBoundedAndNeverStarves) {
    Carrier carrier;
    Playout playout(kMulaw, {.send_ahead_ms = 500}, &carrier);
    playout.reply_start(1);
    playout.audio(tone(8'000), carrier.now);
    playout.reply_end(carrier.now);
    const int64_t begin = carrier.now;
    carrier.run(playout, begin + 9'000 * kMs);
    EXPECT_LE(carrier.ahead, 520);
    EXPECT_EQ(carrier.sent.size(), 64'000U);
    // Played without a gap: it ended when 8 s of audio end.
    EXPECT_LE(carrier.played_until, begin + 8'001 * kMs);
}

TEST(Playout, P6MarkRateIsBoundedWhateverTheChunks) {
    Carrier carrier;
    Playout playout(kMulaw, {}, &carrier);
    playout.reply_start(1);
    for (int i = 0; i < 500; ++i) {
        playout.audio(tone(20), carrier.now);
        carrier.run(playout, carrier.now + 20 * kMs);
    }
    playout.reply_end(carrier.now);
    EXPECT_LE(carrier.names.size(), 13U);  // 10 s: first, one a second, last
    EXPECT_GE(carrier.names.size(), 10U);
}

TEST(Playout, Line14MarkNamesAreUnique) {
    Carrier carrier;
    Playout playout(kMulaw, {.mark_every_ms = 100}, &carrier);
    for (uint64_t reply = 1; reply <= 3; ++reply) {
        playout.reply_start(reply);
        playout.audio(tone(1'000), carrier.now);
        if (reply == 2) playout.clear(carrier.now);
        playout.reply_end(carrier.now);
        carrier.run(playout, carrier.now + 2'000 * kMs);
    }
    std::vector<std::string> names = carrier.names;
    std::sort(names.begin(), names.end());
    EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(Playout, Line13ClearGoesOutBeforeAnyLaterMedia) {
    Carrier carrier;
    Playout playout(kMulaw, {}, &carrier);
    playout.reply_start(1);
    playout.audio(tone(5'000), carrier.now);
    carrier.run(playout, carrier.now + 300 * kMs);
    const size_t before = carrier.log.size();
    playout.clear(carrier.now);
    playout.report_cleared(carrier.now);
    EXPECT_EQ(carrier.log[before], "clear");
    EXPECT_EQ(playout.queued_bytes(), 0U);
    carrier.run(playout, carrier.now + 5'000 * kMs);
    EXPECT_EQ(std::count(carrier.log.begin() + static_cast<std::ptrdiff_t>(before), carrier.log.end(), "media"), 0);
    ASSERT_EQ(carrier.count(State::kCleared), 1U);
}

TEST(Playout, P2ClearAlsoWhenGenerationIsLongOver) {
    Carrier carrier;
    Playout playout(kMulaw, {.send_ahead_ms = 20'000}, &carrier);
    playout.reply_start(1);
    playout.audio(tone(10'000), carrier.now);
    playout.reply_end(carrier.now);
    carrier.run(playout, carrier.now + 1'500 * kMs);
    EXPECT_EQ(playout.queued_bytes(), 0U) << "everything was handed over already";
    playout.clear(carrier.now);
    EXPECT_EQ(carrier.clears, 1);
}

TEST(Playout, P4NoClearWhenNothingPlays) {
    Carrier carrier;
    Playout playout(kMulaw, {}, &carrier);
    playout.clear(carrier.now);
    playout.report_cleared(carrier.now);
    EXPECT_EQ(carrier.clears, 0);
    playout.reply_start(1);
    playout.audio(tone(200), carrier.now);
    playout.reply_end(carrier.now);
    carrier.run(playout, carrier.now + 1'000 * kMs);
    playout.clear(carrier.now);
    EXPECT_EQ(carrier.clears, 0) << "all of it was heard";
    EXPECT_EQ(carrier.count(State::kCleared), 0U);
}

TEST(Playout, P3MarksOfAClearedReplyCountForNothing) {
    Carrier carrier;
    Playout playout(kMulaw, {.mark_every_ms = 200}, &carrier);
    playout.reply_start(1);
    playout.audio(tone(3'000), carrier.now);
    carrier.run(playout, carrier.now + 500 * kMs);
    const std::vector<Carrier::Mark> late = carrier.marks;
    ASSERT_FALSE(late.empty());
    playout.clear(carrier.now);
    playout.report_cleared(carrier.now);
    const int64_t heard = playout.heard_ms(carrier.now);
    playout.reply_start(2);
    playout.audio(tone(1'000), carrier.now);
    for (const auto& m : late) playout.on_mark(m.name, carrier.now);
    playout.on_mark("r2.9:99", carrier.now);
    playout.on_mark("", carrier.now);
    EXPECT_EQ(playout.heard_ms(carrier.now), heard);
}

TEST(Playout, P5Line15HeardNeverExceedsWhatWasAcknowledged) {
    Carrier carrier;
    Playout playout(kMulaw, {.send_ahead_ms = 10'000, .mark_every_ms = 500}, &carrier);
    playout.reply_start(1);
    playout.audio(tone(4'000), carrier.now);
    playout.reply_end(carrier.now);
    const int64_t begin = carrier.now;
    carrier.run(playout, begin + 1'260 * kMs);
    EXPECT_LE(playout.heard_ms(carrier.now), 1'260);
    EXPECT_GE(playout.heard_ms(carrier.now), 700);
    playout.clear(carrier.now);
    playout.report_cleared(carrier.now);
    const gst::Playback& cut = carrier.reports.back();
    EXPECT_EQ(cut.state, State::kCleared);
    EXPECT_LE(cut.played_ms, 1'260);
    EXPECT_EQ(cut.played_ms + cut.discarded_ms, 4'000);
}

TEST(Playout, P21PaddingOfTheLastFrameIsMulawSilence) {
    Carrier carrier;
    Playout playout(kMulaw, {}, &carrier);
    playout.reply_start(1);
    playout.audio(std::vector<uint8_t>(165, 0x12), carrier.now);
    playout.reply_end(carrier.now);
    carrier.run(playout, carrier.now + 500 * kMs);
    ASSERT_EQ(carrier.sent.size(), 320U);
    EXPECT_TRUE(std::all_of(carrier.sent.begin() + 165, carrier.sent.end(), [](uint8_t b) { return b == 0xFF; }));
}

TEST(Playout, P20AnEmptyBufferSendsNothing) {
    Carrier carrier;
    Playout playout(kMulaw, {}, &carrier);
    playout.reply_start(1);
    playout.audio({}, carrier.now);
    playout.reply_end(carrier.now);
    carrier.run(playout, carrier.now + 200 * kMs);
    EXPECT_EQ(carrier.messages, 0);
}

TEST(Playout, P19ChunkSizesDoNotChangeTheAudio) {
    const auto audio = tone(2'000);
    for (size_t chunk : {1U, 7U, 159U, 160U, 161U, 999U}) {
        Carrier carrier;
        Playout playout(kMulaw, {}, &carrier);
        playout.reply_start(1);
        for (size_t at = 0; at < audio.size(); at += chunk) {
            playout.audio({audio.data() + at, std::min(chunk, audio.size() - at)}, carrier.now);
        }
        playout.reply_end(carrier.now);
        carrier.run(playout, carrier.now + 3'000 * kMs);
        EXPECT_EQ(carrier.sent, audio) << chunk;
    }
}

TEST(Playout, APartialFrameWithoutAnEndGoesOutAllTheSame) {
    Carrier carrier;
    Playout playout(kMulaw, {}, &carrier);
    playout.reply_start(1);
    playout.audio(std::vector<uint8_t>(250, 0x12), carrier.now);
    carrier.run(playout, carrier.now + 1'000 * kMs);
    EXPECT_EQ(carrier.sent.size(), 250U);
}

TEST(Playout, TheNextReplyBeginsWhileTheLastOneStillPlays) {
    Carrier carrier;
    Playout playout(kMulaw, {}, &carrier);
    playout.reply_start(1);
    playout.audio(tone(1'000), carrier.now);
    playout.reply_end(carrier.now);
    playout.reply_start(2);
    playout.audio(tone(1'000), carrier.now);
    playout.reply_end(carrier.now);
    carrier.run(playout, carrier.now + 3'000 * kMs);
    ASSERT_EQ(carrier.count(State::kFinished), 2U);
    EXPECT_EQ(carrier.count(State::kFirstHeard), 2U);
    for (const auto& r : carrier.reports) {
        if (r.state == State::kFinished) {
            EXPECT_EQ(r.played_ms, 1'000);
        }
    }
}

TEST(Playout, TooMuchAudioDropsTheOldestAndCountsIt) {
    Carrier carrier;
    Playout playout(kMulaw, {.send_ahead_ms = 100, .max_queue_ms = 1'000}, &carrier);
    playout.reply_start(1);
    playout.audio(tone(5'000), carrier.now);
    EXPECT_GE(playout.dropped_bytes(), 8U * 3'800);
    EXPECT_LE(playout.queued_bytes(), 8'000U);
}

TEST(Playout, ACarrierThatDoesNotReadLosesTheOldestAudioAndOnlyThat) {
    Carrier carrier;
    Playout playout(kMulaw, {}, &carrier);
    carrier.congested = true;
    const auto audio = tone(30'000);
    playout.reply_start(1);
    playout.audio(audio, carrier.now);
    carrier.run(playout, carrier.now + 1'900 * kMs);
    EXPECT_EQ(playout.dropped_bytes(), 0U) << "not yet later than max_late";
    carrier.run(playout, carrier.now + 8'100 * kMs);  // ten seconds of silence
    EXPECT_EQ(carrier.messages, 0);
    EXPECT_NEAR(static_cast<double>(playout.dropped_bytes()) / 8, 8'000, 150);
    EXPECT_EQ(playout.dropped_bytes() + playout.queued_bytes(), audio.size()) << "counted to the byte";
    carrier.congested = false;
    playout.pump(carrier.now);
    playout.reply_end(carrier.now);
    carrier.run(playout, carrier.now + 30'000 * kMs);
    const std::vector<uint8_t> rest(audio.begin() + static_cast<std::ptrdiff_t>(playout.dropped_bytes()), audio.end());
    EXPECT_EQ(carrier.sent, rest) << "from the first byte that was kept to the last, without a hole";
    EXPECT_EQ(carrier.count(State::kFinished), 1U);
}

TEST(Playout, AShortCongestionLosesNothing) {
    Carrier carrier;
    Playout playout(kMulaw, {}, &carrier);
    const auto audio = tone(10'000);
    playout.reply_start(1);
    playout.audio(audio, carrier.now);  // two seconds of it are with the carrier
    carrier.congested = true;
    carrier.run(playout, carrier.now + 3'500 * kMs);
    EXPECT_EQ(playout.dropped_bytes(), 0U) << "two seconds ahead and two seconds of lateness";
    carrier.congested = false;
    playout.reply_end(carrier.now);
    carrier.run(playout, carrier.now + 20'000 * kMs);
    EXPECT_EQ(carrier.sent, audio);
}

TEST(Playout, ABargeInPassesACongestedCarrier) {
    Carrier carrier;
    Playout playout(kMulaw, {}, &carrier);
    playout.reply_start(1);
    playout.audio(tone(10'000), carrier.now);
    carrier.congested = true;
    carrier.run(playout, carrier.now + 1'000 * kMs);
    const size_t before = carrier.sent.size();
    playout.clear(carrier.now);
    EXPECT_EQ(carrier.clears, 1);
    EXPECT_EQ(playout.queued_bytes(), 0U);
    playout.reply_start(2);
    playout.audio(tone(500), carrier.now);
    playout.reply_end(carrier.now);
    EXPECT_EQ(carrier.sent.size(), before);
    carrier.congested = false;
    playout.pump(carrier.now);
    carrier.run(playout, carrier.now + 2'000 * kMs);
    EXPECT_EQ(carrier.sent.size(), before + 4'000) << "the new reply, all of it, and nothing of the old one";
}

TEST(Playout, ADeadSocketEndsTheQueue) {
    Carrier carrier;
    Playout playout(kMulaw, {}, &carrier);
    carrier.dead = true;
    playout.reply_start(1);
    playout.audio(tone(5'000), carrier.now);
    EXPECT_EQ(playout.queued_bytes(), 0U);
}

}  // namespace
}  // namespace trunkline::line
