#pragma once
// A synthetic vowel, and noise, in frames of 20 ms at 8 kHz: what a detector must and must not take for speech.
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "lab/speech/pcm.h"

namespace trunkline::test {

/// Harmonics of `pitch` Hz under one broad formant at 600 Hz; `dbfs` RMS.
inline lab::Samples vowel(size_t samples, double dbfs, double pitch = 120) {
    std::vector<double> x(samples);
    double power = 0;
    for (size_t i = 0; i < samples; ++i) {
        for (double f = pitch; f < 3000; f += pitch) {
            const double amplitude = 1 / (1 + std::pow((f - 600) / 300, 2));
            x[i] += amplitude * std::sin(2 * std::numbers::pi * f * static_cast<double>(i) / lab::kTelephoneRate);
        }
        power += x[i] * x[i];
    }
    const double scale = 32768 * std::pow(10, dbfs / 20) / std::sqrt(power / static_cast<double>(samples));
    lab::Samples out(samples);
    for (size_t i = 0; i < samples; ++i) out[i] = static_cast<int16_t>(x[i] * scale);
    return out;
}

/// White when `memory` is 0, darker the nearer it is to 1.
inline lab::Samples noise(size_t samples, double dbfs, double memory = 0, uint64_t seed = 1) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    const double scale = 32768 * std::pow(10, dbfs / 20) * std::sqrt(1 - memory * memory);
    double last = 0;
    lab::Samples out(samples);
    for (int16_t& s : out) {
        last = memory * last + scale * normal(random);
        s = static_cast<int16_t>(std::fmax(-32768, std::fmin(32767, last)));
    }
    return out;
}

/// `what` on top of `to` from sample `at`, `db` louder.
inline void mix(lab::Samples& to, std::span<const int16_t> what, size_t at, double db) {
    const double gain = std::pow(10, db / 20);
    for (size_t i = 0; i < what.size() && at + i < to.size(); ++i) {
        to[at + i] = static_cast<int16_t>(std::fmax(-32768, std::fmin(32767, to[at + i] + gain * what[i])));
    }
}

inline std::string mulaw(std::span<const int16_t> samples) {
    const auto bytes = lab::ulaw_encode(samples);
    return {bytes.begin(), bytes.end()};
}

}  // namespace trunkline::test
