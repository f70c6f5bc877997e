// The limiter: never past its ceiling, exact where nothing is limited, and clean where something is.
#include "elements/gain/limiter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

namespace trunkline::gain {
namespace {

constexpr double kTau = 2 * std::numbers::pi;

std::vector<int16_t> sine(double peak, double hz, size_t samples, int rate = 16'000) {
    std::vector<int16_t> out(samples);
    for (size_t i = 0; i < samples; ++i)
        out[i] = static_cast<int16_t>(std::lround(32'767 * peak * std::sin(kTau * hz * static_cast<double>(i) / rate)));
    return out;
}

void run(Limiter& limiter, std::vector<int16_t>& samples, size_t frame) {
    for (size_t at = 0; at < samples.size(); at += frame)
        limiter.process(std::span(samples).subspan(at, std::min(frame, samples.size() - at)));
}

/// What is no sine of that frequency, against it, in dB; the first half is left out.
double residual_db(const std::vector<int16_t>& samples, double hz, int rate = 16'000) {
    const size_t half = samples.size() / 2;
    double s = 0, c = 0, rest = 0;
    const auto n = static_cast<double>(samples.size() - half);
    for (size_t i = half; i < samples.size(); ++i) {
        s += samples[i] * std::sin(kTau * hz * static_cast<double>(i) / rate) * 2 / n;
        c += samples[i] * std::cos(kTau * hz * static_cast<double>(i) / rate) * 2 / n;
    }
    for (size_t i = half; i < samples.size(); ++i) {
        const double fit = s * std::sin(kTau * hz * static_cast<double>(i) / rate) +
                           c * std::cos(kTau * hz * static_cast<double>(i) / rate);
        rest += (samples[i] - fit) * (samples[i] - fit) / n;
    }
    return 10 * std::log10(rest / ((s * s + c * c) / 2));
}

TEST(GainLimiter, QuietAudioIsMultipliedExactly) {
    Limiter limiter({.gain = 2.8}, 16'000, 1);
    auto samples = sine(0.3, 440, 16'000);
    const auto before = samples;
    run(limiter, samples, 320);
    for (size_t i = 0; i < samples.size(); ++i) ASSERT_EQ(samples[i], std::lround(before[i] * 2.8)) << i;
}

TEST(GainLimiter, SilenceStaysSilence) {
    Limiter limiter({.gain = 20}, 8'000, 1);
    std::vector<int16_t> samples(1600, 0);
    run(limiter, samples, 160);
    for (const int16_t s : samples) EXPECT_EQ(s, 0);
}

TEST(GainLimiter, NoSampleEverPassesTheCeiling) {
    std::mt19937 random(3);
    for (const int rate : {8'000, 16'000, 44'100, 48'000}) {
        for (const int channels : {1, 2}) {
            Limiter limiter({.gain = 2.8, .ceiling = 0.9}, rate, channels);
            for (int round = 0; round < 300; ++round) {
                const size_t count = (1 + random() % 1200) * static_cast<size_t>(channels);
                std::vector<int16_t> samples(count);
                const int loud = round % 3 == 0 ? 65'536 : round % 3 == 1 ? 20'000 : 200;
                for (int16_t& s : samples)
                    s = static_cast<int16_t>(static_cast<int>(random() % static_cast<unsigned>(loud)) - loud / 2);
                limiter.process(samples);
                for (const int16_t s : samples) ASSERT_LE(std::abs(static_cast<int>(s)), std::lround(0.9 * 32'767));
            }
        }
    }
}

TEST(GainLimiter, ALoudVoiceStaysASine) {
    for (const double peak : {0.34, 0.6, 0.95}) {
        Limiter limiter({.gain = 2.8}, 16'000, 1);
        auto samples = sine(peak, 437, 32'000);
        run(limiter, samples, 320);
        EXPECT_LT(residual_db(samples, 437), -40) << peak;
    }
}

TEST(GainLimiter, TheGainComesBackWithinTheRelease) {
    Limiter limiter({.gain = 2.8, .release_s = 0.3}, 16'000, 1);
    auto loud = sine(0.95, 437, 3'200);
    run(limiter, loud, 320);
    EXPECT_LT(limiter.level(), 1);
    auto quiet = sine(0.01, 437, 4'800);
    run(limiter, quiet, 320);
    EXPECT_DOUBLE_EQ(limiter.level(), 2.8);
}

TEST(GainLimiter, BothChannelsOfAFrameGetTheSameGain) {
    Limiter limiter({.gain = 4}, 8'000, 2);
    std::vector<int16_t> samples;
    for (int i = 0; i < 160; ++i) {
        samples.push_back(static_cast<int16_t>(100 * i));
        samples.push_back(static_cast<int16_t>(-100 * i));
    }
    limiter.process(samples);
    for (size_t i = 0; i < samples.size(); i += 2) EXPECT_EQ(samples[i], -samples[i + 1]) << i;
}

}  // namespace
}  // namespace trunkline::gain
