#pragma once
// Says whether a frame of telephone audio is loud enough to be speech: mean power against a threshold. It decides
// nothing but where the caller's last word is on the turn clock; interruptions are decided elsewhere.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace trunkline {

class SpeechLevel {
  public:
    /// -45 dBFS: above line noise and comfort noise, below a quiet voice. (32768 * 10^(-45/20))^2
    static constexpr double kThreshold = 184.3 * 184.3;

    static bool voiced_mulaw(std::span<const uint8_t> frame) {
        if (frame.empty()) return false;
        // Four sums: one alone would wait for each of its additions.
        std::array<double, 4> sums{};
        size_t i = 0;
        for (; i + 4 <= frame.size(); i += 4) {
            for (size_t k = 0; k < 4; ++k) sums[k] += kPower[frame[i + k]];
        }
        for (; i < frame.size(); ++i) sums[0] += kPower[frame[i]];
        const double sum = sums[0] + sums[1] + sums[2] + sums[3];
        return sum > kThreshold * static_cast<double>(frame.size());
    }
    /// 16-bit little-endian samples; a trailing odd byte is not looked at.
    static bool voiced_s16(std::span<const uint8_t> frame) {
        const size_t samples = frame.size() / 2;
        if (samples == 0) return false;
        double sum = 0;
        for (size_t i = 0; i < samples; ++i) {
            const auto sample = static_cast<int16_t>(static_cast<uint16_t>(frame[2 * i] | (frame[2 * i + 1] << 8)));
            sum += static_cast<double>(sample) * sample;
        }
        return sum > kThreshold * static_cast<double>(samples);
    }

  private:
    /// Squared sample value of each mu-law code (G.711: bias 0x84, codes sent inverted).
    static constexpr std::array<float, 256> kPower = [] {
        std::array<float, 256> table{};
        for (unsigned code = 0; code < 256; ++code) {
            const unsigned bits = ~code & 0xFFU;
            const unsigned exponent = (bits >> 4) & 7U;
            const int magnitude = static_cast<int>((((bits & 15U) << 3) + 0x84U) << exponent) - 0x84;
            table[code] = static_cast<float>(magnitude) * static_cast<float>(magnitude);
        }
        return table;
    }();
};

}  // namespace trunkline
