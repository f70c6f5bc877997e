// The time line of a recording: each leg where it belongs, silence where there is nothing, no click by rounding.
#include "elements/recorder/two_legs.h"

#include <gtest/gtest.h>

#include "elements/recorder/mulaw.h"
#include "lab/speech/pcm.h"

namespace trunkline::recorder {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int kRate = 8'000;

std::vector<int16_t> ramp(size_t count, int first = 1) {
    std::vector<int16_t> samples(count);
    for (size_t i = 0; i < count; ++i) samples[i] = static_cast<int16_t>(first + static_cast<int>(i));
    return samples;
}

struct Legs : TwoLegs {
    Legs() : TwoLegs(kRate, 10LL * kRate) {}
    /// What was taken so far, one leg.
    std::vector<int16_t> left, right;
    void take_to(int64_t ms) {
        const std::string bytes = take(ms * kMs, false);
        for (size_t i = 0; i + 4 <= bytes.size(); i += 4) {
            const auto at = [&](size_t k) {
                return static_cast<int16_t>(static_cast<uint8_t>(bytes[k]) | static_cast<uint8_t>(bytes[k + 1]) << 8);
            };
            left.push_back(at(i));
            right.push_back(at(i + 2));
        }
    }
};

TEST(TwoLegs, EachLegStandsWhereItWasHeard) {
    Legs legs;
    EXPECT_EQ(legs.put(Leg::kCaller, 100 * kMs, true, ramp(160)), 0U);
    EXPECT_EQ(legs.put(Leg::kAgent, 110 * kMs, true, ramp(160, 1'000)), 0U);
    legs.take_to(200);
    ASSERT_EQ(legs.left.size(), 1'600U);
    EXPECT_EQ(legs.left[799], 0);
    EXPECT_EQ(legs.left[800], 1);
    EXPECT_EQ(legs.left[959], 160);
    EXPECT_EQ(legs.left[960], 0);
    EXPECT_EQ(legs.right[879], 0);
    EXPECT_EQ(legs.right[880], 1'000);
}

TEST(TwoLegs, StampsThatAreRoundedMakeNoClick) {
    Legs legs;
    legs.put(Leg::kCaller, 20 * kMs, true, ramp(100));
    legs.put(Leg::kCaller, 20 * kMs + 12'500'000 + 70'000, false, ramp(100, 101));
    legs.put(Leg::kCaller, 20 * kMs + 25'000'000 - 70'000, false, ramp(100, 201));
    legs.take_to(100);
    for (int i = 0; i < 300; ++i) EXPECT_EQ(legs.left[static_cast<size_t>(160 + i)], i + 1);
}

TEST(TwoLegs, AGapIsSilenceOfItsLength) {
    Legs legs;
    legs.put(Leg::kCaller, 0, true, ramp(80));
    legs.put(Leg::kCaller, 20 * kMs, true, ramp(80, 501));  // 10 ms, and it says so
    legs.put(Leg::kCaller, 530 * kMs, false, ramp(80, 801));
    legs.take_to(600);
    EXPECT_EQ(legs.left[159], 0);
    EXPECT_EQ(legs.left[160], 501);
    EXPECT_EQ(legs.left[530 * 8 - 1], 0);
    EXPECT_EQ(legs.left[530 * 8], 801);
}

TEST(TwoLegs, TakingInPiecesLosesNothing) {
    Legs legs;
    for (int i = 0; i < 100; ++i) {
        legs.put(Leg::kCaller, i * 20 * kMs, false, ramp(160, 1 + i * 160));
        if (i % 3 == 0) legs.take_to(i * 20 - 7);
    }
    legs.take_to(2'000);
    ASSERT_EQ(legs.left.size(), 16'000U);
    for (size_t i = 0; i < legs.left.size(); ++i) ASSERT_EQ(legs.left[i], static_cast<int16_t>(i + 1));
}

TEST(TwoLegs, TheUnheardRestOfAReplyIsCut) {
    Legs legs;
    legs.put(Leg::kAgent, 0, true, std::vector<int16_t>(8'000, 7));  // a second in one burst
    legs.take_to(200);
    legs.cut(Leg::kAgent, 300 * kMs);
    legs.put(Leg::kAgent, 310 * kMs, true, std::vector<int16_t>(80, 9));
    legs.take_to(1'000);
    EXPECT_EQ(legs.right[300 * 8 - 1], 7);
    EXPECT_EQ(legs.right[300 * 8], 0);
    EXPECT_EQ(legs.right[310 * 8], 9);
    EXPECT_EQ(legs.right[320 * 8], 0);
}

TEST(TwoLegs, ACutBehindWhatWasTakenKeepsTheTimeLine) {
    Legs legs;
    legs.put(Leg::kAgent, 0, true, std::vector<int16_t>(800, 7));
    legs.take_to(50);
    legs.cut(Leg::kAgent, 20 * kMs);
    legs.put(Leg::kAgent, 60 * kMs, true, std::vector<int16_t>(80, 9));
    legs.take_to(100);
    EXPECT_EQ(legs.right[50 * 8], 0);
    EXPECT_EQ(legs.right[60 * 8], 9);
}

TEST(TwoLegs, AudioBehindItsTimeIsLostAndSaidSo) {
    Legs legs;
    legs.take_to(100);
    EXPECT_EQ(legs.put(Leg::kCaller, 90 * kMs, true, ramp(160)), 80U);
    legs.take_to(200);
    EXPECT_EQ(legs.left[799], 0);
    EXPECT_EQ(legs.left[800], 81) << "what is still in time stands in its place";
    EXPECT_EQ(legs.put(Leg::kCaller, 10 * kMs, true, ramp(80)), 80U);
}

TEST(TwoLegs, HowFarAheadALegLiesIsBounded) {
    Legs legs;
    EXPECT_EQ(legs.put(Leg::kAgent, 0, true, std::vector<int16_t>(11 * kRate, 1)), static_cast<size_t>(kRate));
    EXPECT_EQ(legs.put(Leg::kAgent, int64_t{1} << 60, true, ramp(160)), 160U);
    legs.take_to(11'000);
    EXPECT_EQ(legs.right[10 * kRate - 1], 1);
    EXPECT_EQ(legs.right[10 * kRate], 0);
}

TEST(TwoLegs, StoresMulaw) {
    TwoLegs legs(kRate, kRate);
    legs.put(Leg::kCaller, 0, true, std::vector<int16_t>{0, 1'000, -1'000});
    EXPECT_EQ(legs.take(500'000, true), std::string("\xFF\xFF\xCE\xFF\x4E\xFF\xFF\xFF", 8));
}

TEST(Mulaw, IsTheTableOfTheLab) {
    for (int code = 0; code < 256; ++code)
        EXPECT_EQ(kMulawToLinear[static_cast<size_t>(code)], lab::ulaw_decode(static_cast<uint8_t>(code))) << code;
    for (int sample = -32'768; sample < 32'768; ++sample)
        ASSERT_EQ(linear_to_mulaw(static_cast<int16_t>(sample)), lab::ulaw_encode(static_cast<int16_t>(sample)))
            << sample;
}

}  // namespace
}  // namespace trunkline::recorder
