#pragma once
// How audio stands on a carrier's wire.
#include <cstddef>
#include <cstdint>

#include "lab/speech/pcm.h"

namespace trunkline::lab {

struct WireFormat {
    int rate = kTelephoneRate;  ///< a multiple of 8 kHz
    bool linear = false;        ///< 16-bit little-endian; else μ-law

    size_t sample_bytes() const { return linear ? 2 : 1; }
    uint8_t silence() const { return linear ? 0 : kUlawSilence; }
    int step() const { return rate / kTelephoneRate; }  ///< samples for one at 8 kHz
    int64_t ns(int64_t samples) const { return samples * 1'000'000'000 / rate; }
};

}  // namespace trunkline::lab
