#include "engine/line/gain.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace trunkline::line {
namespace {

constexpr int kBias = 0x84;
constexpr int kClip = 32'635;

int scaled(int sample, double gain) {
    return static_cast<int>(std::lround(std::clamp(sample * gain, -32'768.0, 32'767.0)));
}

}  // namespace

// G.711: sign, three bits of exponent, four of mantissa, all sent inverted.
int mulaw_decode(uint8_t code) {
    const unsigned bits = ~unsigned{code} & 0xFFU;
    const int magnitude = static_cast<int>((((bits & 0x0FU) << 3) + kBias) << ((bits >> 4) & 7U)) - kBias;
    return (bits & 0x80U) != 0 ? -magnitude : magnitude;
}

uint8_t mulaw_encode(int sample) {
    const unsigned sign = sample < 0 ? 0x80U : 0U;
    const auto magnitude = static_cast<unsigned>(std::min(std::abs(sample), kClip) + kBias);
    const auto exponent = static_cast<unsigned>(std::bit_width(magnitude >> 7)) - 1;
    const unsigned mantissa = (magnitude >> (exponent + 3)) & 0x0FU;
    return static_cast<uint8_t>(~(sign | exponent << 4 | mantissa));
}

void apply_gain(Encoding encoding, std::span<uint8_t> audio, double from, double to) {
    const size_t width = encoding == Encoding::kMulaw ? 1 : 2;
    const size_t samples = audio.size() / width;
    const double step = samples > 0 ? (to - from) / static_cast<double>(samples) : 0;
    for (size_t i = 0; i < samples; ++i) {
        const double gain = from + step * static_cast<double>(i + 1);
        if (encoding == Encoding::kMulaw) {
            audio[i] = mulaw_encode(scaled(mulaw_decode(audio[i]), gain));
            continue;
        }
        const auto sample = static_cast<int16_t>(static_cast<uint16_t>(audio[2 * i] | (audio[2 * i + 1] << 8)));
        const auto louder = static_cast<uint16_t>(scaled(sample, gain));
        audio[2 * i] = static_cast<uint8_t>(louder & 0xFFU);
        audio[2 * i + 1] = static_cast<uint8_t>(louder >> 8);
    }
}

}  // namespace trunkline::line
