#pragma once
// Bytes on the wire ↔ samples: raw linear16 or a WAV stream in, one WAV file per message out.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lab/hume/options.h"
#include "lab/hume/settings.h"
#include "lab/speech/pcm.h"

namespace trunkline::lab::hume {

/// The client's audio, which is one stream over all messages, as 8 kHz mono.
class InputDecoder {
  public:
    struct Chunk {
        Samples samples;
        double ms = 0;      ///< audio in the message
        std::string error;  ///< code when it cannot be heard
        std::string text;   ///< what is wrong, for people
        bool whole_file = false;
    };
    /// Raw PCM from here on.
    void declare(const AudioFormat& format);
    bool declared() const { return declared_; }
    bool resampled() const { return format_ && format_->sample_rate != kTelephoneRate; }
    Chunk decode(std::span<const uint8_t> bytes);

  private:
    bool read_header(Chunk& out);
    void start(const AudioFormat& format);
    void pcm(Chunk& out);
    std::optional<AudioFormat> format_;
    std::optional<StreamResampler> resampler_;
    bool declared_ = false;
    std::vector<uint8_t> rest_;
};

/// 16-bit little-endian PCM of a whole utterance at `rate`.
std::vector<uint8_t> output_pcm(std::span<const int16_t> samples_8k, int rate);

/// One WAV file around `pcm`, spoilt as the faults say.
std::vector<uint8_t> wav_file(std::span<const uint8_t> pcm, int rate, const Faults& faults);

}  // namespace trunkline::lab::hume
