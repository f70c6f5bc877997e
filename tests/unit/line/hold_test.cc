// A reply that is held, or quieter, while somebody may be interrupting it.
#include <gtest/gtest.h>

#include "simulated_carrier.h"

namespace trunkline::line {
namespace {

constexpr Format kL16 = Format::l16(16'000);

/// A loud constant: every change of loudness shows.
std::vector<uint8_t> loud(int64_t ms) {
    std::vector<uint8_t> audio;
    for (int64_t i = 0; i < ms * 16; ++i) {
        audio.push_back(0x00);
        audio.push_back(0x40);
    }
    return audio;
}

int sample_at(const std::vector<uint8_t>& audio, size_t i) {
    return static_cast<int16_t>(audio[2 * i] | audio[2 * i + 1] << 8);
}

/// The largest step from one sample to the next.
int largest_step(const std::vector<uint8_t>& audio) {
    int most = 0;
    for (size_t i = 1; i < audio.size() / 2; ++i)
        most = std::max(most, std::abs(sample_at(audio, i) - sample_at(audio, i - 1)));
    return most;
}

struct HoldTest : testing::Test {
    void speak(int64_t ms) {
        playout.reply_start(1);
        playout.audio(loud(ms), carrier.now);
        playout.reply_end(carrier.now);
    }
    void run_for(int64_t ms) { carrier.run(playout, carrier.now + ms * kMs); }

    Carrier carrier{kL16};
    Playout playout{kL16, {.send_ahead_ms = 200}, &carrier};
};

TEST_F(HoldTest, APauseSendsNothingMoreAndItsEndSendsTheRest) {
    speak(3'000);
    run_for(500);
    playout.hold(Hold::kPause, 1, carrier.now);
    run_for(300);
    const size_t paused_at = carrier.sent.size();
    run_for(2'000);
    EXPECT_EQ(carrier.sent.size(), paused_at);
    EXPECT_EQ(carrier.clears, 0) << "P4: nothing is cleared for what may be noise";
    playout.hold(Hold::kNone, 1, carrier.now);
    run_for(5'000);
    EXPECT_EQ(carrier.sent.size(), loud(3'000).size()) << "late, and whole";
    EXPECT_EQ(playout.dropped_bytes(), 0U);
    EXPECT_TRUE(playout.idle());
}

TEST_F(HoldTest, APauseNeitherClicksWhenItBeginsNorWhenItEnds) {
    speak(2'000);
    run_for(300);
    playout.hold(Hold::kPause, 1, carrier.now);
    run_for(1'000);
    EXPECT_EQ(sample_at(carrier.sent, carrier.sent.size() / 2 - 1), 0) << "faded out within the last frame";
    const size_t paused_at = carrier.sent.size() / 2;
    playout.hold(Hold::kNone, 1, carrier.now);
    run_for(3'000);
    EXPECT_LT(sample_at(carrier.sent, paused_at), 200) << "faded in";
    EXPECT_EQ(sample_at(carrier.sent, paused_at + 320), 16'384);
    EXPECT_LE(largest_step(carrier.sent), 16'384 / 320 + 1);
}

TEST_F(HoldTest, DuckingIsAQuarterAndEndsWithTheHold) {
    speak(2'000);
    run_for(300);
    const size_t before = carrier.sent.size() / 2;
    playout.hold(Hold::kDuck, 0.25, carrier.now);
    run_for(500);
    const size_t ducked = carrier.sent.size() / 2;
    EXPECT_EQ(sample_at(carrier.sent, before + 320), 4'096);
    EXPECT_EQ(sample_at(carrier.sent, ducked - 1), 4'096);
    playout.hold(Hold::kNone, 1, carrier.now);
    run_for(3'000);
    EXPECT_EQ(sample_at(carrier.sent, ducked + 320), 16'384);
    EXPECT_LE(largest_step(carrier.sent), 16'384 / 320 + 1);
    EXPECT_EQ(carrier.sent.size(), loud(2'000).size()) << "held back for nothing";
}

TEST_F(HoldTest, AReplyThatBeginsDuringAPauseWaitsAndIsNotCutInto) {
    playout.hold(Hold::kPause, 1, carrier.now);
    speak(500);
    run_for(400);
    EXPECT_TRUE(carrier.sent.empty());
    playout.hold(Hold::kNone, 1, carrier.now);
    run_for(1'000);
    EXPECT_EQ(carrier.sent, loud(500)) << "not even faded";
}

TEST_F(HoldTest, AConfirmedInterruptionEndsTheHold) {
    speak(2'000);
    run_for(300);
    playout.hold(Hold::kPause, 1, carrier.now);
    run_for(100);
    playout.clear(carrier.now);
    EXPECT_EQ(carrier.clears, 1);
    const size_t before = carrier.sent.size();
    speak(500);
    run_for(1'000);
    EXPECT_EQ(std::vector<uint8_t>(carrier.sent.begin() + static_cast<std::ptrdiff_t>(before), carrier.sent.end()),
              loud(500));
}

TEST_F(HoldTest, APausedReplyAsksForNoWakeUps) {
    speak(2'000);
    run_for(300);
    playout.hold(Hold::kPause, 1, carrier.now);
    run_for(1'000);
    EXPECT_EQ(playout.next_wake_ns(carrier.now), 0);
}

TEST(Hold, MulawIsDuckedToo) {
    Carrier carrier;
    Playout playout(Format::mulaw(4000), {.send_ahead_ms = 100}, &carrier);
    playout.reply_start(1);
    playout.audio(std::vector<uint8_t>(8'000, 0x80), carrier.now);  // the loudest
    carrier.run(playout, carrier.now + 200 * kMs);
    playout.hold(Hold::kDuck, 0.25, carrier.now);
    carrier.run(playout, carrier.now + 500 * kMs);
    EXPECT_EQ(carrier.sent.front(), 0x80);
    EXPECT_EQ(carrier.sent.back(), 0xA0) << "a quarter is two exponents less";
}

}  // namespace
}  // namespace trunkline::line
