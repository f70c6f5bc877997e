#include "lab/speech/narrow.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "lab/speech/kaiser.h"

namespace trunkline::lab {
namespace {

constexpr int kHalf = 40;
constexpr double kMiddle = 3100.0 / 8000;  // of the transition, in cycles per sample
constexpr double kBeta = 5.65;             // 60 dB

std::array<float, 2 * kHalf + 1> taps() {
    std::array<float, 2 * kHalf + 1> out{};
    size_t at = 0;
    for (int k = -kHalf; k <= kHalf; ++k) {
        const double r = static_cast<double>(k) / (kHalf + 1);
        const double sinc =
            k == 0 ? 2 * kMiddle : std::sin(2 * std::numbers::pi * kMiddle * k) / (std::numbers::pi * k);
        out[at++] = static_cast<float>(sinc * kaiser(r, kBeta));
    }
    return out;
}

}  // namespace

std::vector<float> narrowed(std::span<const float> samples) {
    static const auto kTaps = taps();
    std::vector<float> padded(kHalf, 0.0F);
    padded.insert(padded.end(), samples.begin(), samples.end());
    padded.insert(padded.end(), kHalf, 0.0F);
    std::vector<float> out(samples.size());
    for (size_t i = 0; i < out.size(); ++i) {
        float sum = 0;
        for (size_t k = 0; k < kTaps.size(); ++k) sum += kTaps[k] * padded[i + k];
        out[i] = sum;
    }
    return out;
}

}  // namespace trunkline::lab
