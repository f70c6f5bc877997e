#pragma once
// RIFF/WAVE files: 16-bit PCM and G.711 in, 16-bit PCM out, and the header alone for streams of unknown length.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/result.h"
#include "lab/speech/pcm.h"

namespace trunkline::lab {

struct Wav {
    int rate = 0;
    int channels = 0;
    Samples samples;  ///< interleaved when channels > 1
};

/// Parses by RIFF chunk. Codes: bad-wav (what and where).
Result<Wav> parse_wav(std::string_view bytes);
/// Reads a file. Codes: no-file, bad-wav.
Result<Wav> read_wav(const std::string& path);
/// Writes (replaces) a file, 16-bit PCM. Codes: cannot-write.
Status write_wav(const std::string& path, std::span<const int16_t> samples, int rate = kTelephoneRate,
                 int channels = 1);

enum class WavFormat : uint16_t { kPcm = 1, kALaw = 6, kULaw = 7 };
/// A RIFF header alone. `data_bytes` of 0xFFFFFFFF stands for "a stream whose length is not known".
std::string wav_header(WavFormat format, int rate, int bits, int channels, uint32_t data_bytes);

}  // namespace trunkline::lab
