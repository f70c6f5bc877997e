#pragma once
// G.711 mu-law: one byte a sample, sent inverted; a magnitude of 14 bits with a bias that makes every segment begin at
// a power of two.
#include <array>
#include <bit>
#include <cstdint>

namespace trunkline::recorder {

inline constexpr int kMulawBias = 0x84, kMulawClip = 32'635;

inline constexpr std::array<int16_t, 256> kMulawToLinear = [] {
    std::array<int16_t, 256> table{};
    for (unsigned code = 0; code < 256; ++code) {
        const unsigned bits = ~code & 0xFFU;
        const int magnitude = static_cast<int>((((bits & 15U) << 3) + 0x84U) << (bits >> 4 & 7U)) - kMulawBias;
        table[code] = static_cast<int16_t>((bits & 0x80U) != 0 ? -magnitude : magnitude);
    }
    return table;
}();

inline uint8_t linear_to_mulaw(int16_t sample) {
    const bool negative = sample < 0;
    const int wide = negative ? -static_cast<int>(sample) : sample;
    const auto magnitude = static_cast<unsigned>((wide > kMulawClip ? kMulawClip : wide) + kMulawBias);
    const auto exponent = static_cast<unsigned>(std::bit_width(magnitude)) - 8U;
    const unsigned mantissa = magnitude >> (exponent + 3U) & 15U;
    return static_cast<uint8_t>(~((negative ? 0x80U : 0U) | exponent << 4 | mantissa));
}

}  // namespace trunkline::recorder
