#pragma once
// Bytes on the wire ↔ 8 kHz samples.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lab/deepgram/settings.h"
#include "lab/speech/pcm.h"

namespace trunkline::lab::deepgram {

/// What the client sends, decoded to 8 kHz. Carries a sample cut in two by a frame boundary over to the next frame.
class InputDecoder {
  public:
    explicit InputDecoder(const AudioFormat& format);
    /// Bytes per sample of the input encoding.
    size_t sample_bytes() const { return width_; }
    Samples decode(std::span<const uint8_t> bytes);

  private:
    std::string encoding_;
    size_t width_;
    StreamResampler resampler_;
    std::vector<uint8_t> rest_;
};

/// A whole utterance in exactly the output format; with container wav it begins with a header.
std::vector<uint8_t> encode_output(const AudioFormat& format, std::span<const int16_t> samples_8k);
/// Bytes of one second of `format`, without header.
size_t bytes_per_second(const AudioFormat& format);

}  // namespace trunkline::lab::deepgram
