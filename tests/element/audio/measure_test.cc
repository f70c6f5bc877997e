// The measurement itself: it must see what was planted.
#include <gtest/gtest.h>

#include <cmath>

#include "lab/speech/library.h"
#include "lab/speech/pcm.h"
#include "tests/support/audio_measure.h"

namespace trunkline::test {
namespace {

using lab::Samples;

const Samples& speech() {
    static const Samples kSpeech = [] {
        auto library = lab::SpeechLibrary::open();
        Samples all;
        for (const char* name : {"queue-thankyou", "vm-goodbye"}) {
            auto one = (*library)->speech(name);
            all.insert(all.end(), (*one)->samples.begin(), (*one)->samples.end());
            all.insert(all.end(), 2'400, 0);
        }
        return all;
    }();
    return kSpeech;
}

Samples behind(size_t silence, Samples samples) {
    samples.insert(samples.begin(), silence, 0);
    samples.insert(samples.end(), 4'000, 0);
    return samples;
}

TEST(Measure, TheSameSamplesAreExact) {
    const AudioReport r = measure(speech(), 8'000, behind(1'234, speech()), 8'000);
    EXPECT_TRUE(r.whole()) << r.text();
    EXPECT_EQ(r.delay, 1'234);
    EXPECT_EQ(r.snr_db, AudioReport::kExact);
    EXPECT_EQ(r.clicks, 0U);
    EXPECT_EQ(r.silence_peak, 0);
    EXPECT_GT(r.blocks, 10U);
}

TEST(Measure, MulawIsAtItsLimit) {
    const AudioReport r = measure(speech(), 8'000, behind(500, lab::ulaw_round_trip(speech())), 8'000);
    EXPECT_TRUE(r.whole()) << r.text();
    EXPECT_NEAR(r.snr_db, mulaw_limit_db(speech(), 8'000, 8'000), 0.2);
    EXPECT_GT(r.snr_db, 30);
    EXPECT_EQ(r.clicks, 0U) << r.text();
}

TEST(Measure, AFractionOfASampleIsADelayAndNoNoise) {
    Samples moved;
    for (const double x : convert(speech(), 8'000, 8'000, -0.37)) moved.push_back(static_cast<int16_t>(std::lround(x)));
    const AudioReport r = measure(speech(), 8'000, behind(100, moved), 8'000);
    EXPECT_TRUE(r.whole()) << r.text();
    EXPECT_NEAR(r.delay, 100.37, 0.002);
    EXPECT_GT(r.snr_db, 50) << r.text();
}

TEST(Measure, OneMissingSampleIsSeenAndOneDoubled) {
    Samples shorter = speech(), longer = speech();
    shorter.erase(shorter.begin() + 6'000);
    longer.insert(longer.begin() + 6'000, longer[6'000]);
    const AudioReport missing = measure(speech(), 8'000, behind(10, shorter), 8'000);
    EXPECT_EQ(missing.missing, 1) << missing.text();
    EXPECT_EQ(missing.doubled, 0);
    EXPECT_GE(missing.delay_drift, 0.9);
    const AudioReport doubled = measure(speech(), 8'000, behind(10, longer), 8'000);
    EXPECT_EQ(doubled.doubled, 1) << doubled.text();
    EXPECT_EQ(doubled.missing, 0);
}

TEST(Measure, ALostFrameAClickAndNoiseInSilenceAreSeen) {
    Samples lost = speech();
    lost.erase(lost.begin() + 6'000, lost.begin() + 6'160);
    EXPECT_EQ(measure(speech(), 8'000, behind(10, lost), 8'000).missing, 160);
    Samples clicked = speech();
    for (size_t i = 4'000; i < 8'000; i += 160) clicked[i] = static_cast<int16_t>(clicked[i] / 2 + 2'000);
    EXPECT_GT(measure(speech(), 8'000, behind(10, clicked), 8'000).clicks, 10U);
    Samples noisy = speech();
    noisy[noisy.size() - 1'200] = 40;
    EXPECT_EQ(measure(speech(), 8'000, behind(10, noisy), 8'000).silence_peak, 40);
}

TEST(Measure, SomethingElseIsNotFound) {
    Samples other(20'000);
    for (size_t i = 0; i < other.size(); ++i)
        other[i] = static_cast<int16_t>(8'000 * std::sin(0.3 * static_cast<double>(i)));
    EXPECT_FALSE(measure(speech(), 8'000, other, 8'000).found);
}

TEST(Measure, ConversionThereAndBackKeepsASine) {
    Samples sine(8'000);
    for (size_t i = 0; i < sine.size(); ++i)
        sine[i] = static_cast<int16_t>(std::lround(10'000 * std::sin(2 * M_PI * 997 * static_cast<double>(i) / 8'000)));
    const Wave up = convert(sine, 8'000, 24'000);
    for (size_t i = 3'000; i + 3'000 < up.size(); ++i)
        ASSERT_NEAR(up[i], 10'000 * std::sin(2 * M_PI * 997 * static_cast<double>(i) / 24'000), 2) << i;
}

}  // namespace
}  // namespace trunkline::test
