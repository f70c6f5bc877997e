#pragma once
// A WAV file in memory, read chunk by chunk: where the samples are and what they are. Pure.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/result.h"

namespace trunkline::hume {

struct Wav {
    int rate = 0;  ///< Hz
    int channels = 0;
    std::span<const uint8_t> samples;  ///< 16-bit little-endian, interleaved; may end in half a sample
};

/// 16-bit PCM, 1 to 8 channels, 8 to 192 kHz. A `data` size that a streaming writer left open (0, 0xFFFFFFFF, or more
/// than there is) means the rest. Errors: "not-wav", "bad-wav" (no `fmt ` before `data`, no `data`), "wav-format".
Result<Wav> read_wav(std::span<const uint8_t> file);

/// The first channel; what is no whole frame at the end is left out.
std::vector<uint8_t> first_channel(const Wav& wav);

}  // namespace trunkline::hume
