#include "elements/bargein/telephone_frames.h"

#include <algorithm>
#include <cmath>

namespace trunkline::bargein {

/// G.711: bias 0x84, codes sent inverted.
const std::array<int16_t, 256> TelephoneFrames::kMulaw = [] {
    std::array<int16_t, 256> table{};
    for (unsigned code = 0; code < 256; ++code) {
        const unsigned bits = ~code & 0xFFU;
        const int magnitude = static_cast<int>((((bits & 15U) << 3) + 0x84U) << ((bits >> 4) & 7U)) - 0x84;
        table[code] = static_cast<int16_t>((bits & 0x80U) != 0 ? -magnitude : magnitude);
    }
    return table;
}();

void TelephoneFrames::set_format(bool mulaw, int rate) {
    mulaw_ = mulaw;
    rate_ = std::max(rate, kRate);
    phase_ = sum_ = count_ = 0;
    size_ = 0;
}

int64_t TelephoneFrames::duration_ns(size_t bytes) const {
    const int64_t bytes_per_second = int64_t{rate_} * (mulaw_ ? 1 : 2);
    return static_cast<int64_t>(bytes) * 1'000'000'000 / bytes_per_second;
}

double level_dbfs(std::span<const int16_t> samples) {
    if (samples.empty()) return -100;
    // Whole numbers: the compiler turns the loop into a few wide instructions.
    int64_t sum = 0;
    for (const int16_t s : samples) sum += static_cast<int32_t>(s) * s;
    const double power = static_cast<double>(sum) / static_cast<double>(samples.size());
    return power < 0.11 ? -100 : 10 * std::log10(power / (32768.0 * 32768.0));
}

}  // namespace trunkline::bargein
