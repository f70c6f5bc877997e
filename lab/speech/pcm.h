#pragma once
// Telephone audio as numbers: G.711 tables of the lab's own, levels, and a windowed-sinc resampler. Nothing here is
// shared with the engine, so that an error of its codecs cannot cancel out against the same error in the lab.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::lab {

using Samples = std::vector<int16_t>;  ///< 16-bit linear, mono
inline constexpr int kTelephoneRate = 8000;
inline constexpr uint8_t kUlawSilence = 0xFF;

int16_t ulaw_decode(uint8_t byte);
uint8_t ulaw_encode(int16_t sample);
int16_t alaw_decode(uint8_t byte);
uint8_t alaw_encode(int16_t sample);

/// Whole buffers; the result has one element per element of the input.
Samples ulaw_decode(std::span<const uint8_t> bytes);
std::vector<uint8_t> ulaw_encode(std::span<const int16_t> samples);
Samples alaw_decode(std::span<const uint8_t> bytes);
std::vector<uint8_t> alaw_encode(std::span<const int16_t> samples);
/// μ-law there and back: what a clean telephone line does to a recording.
Samples ulaw_round_trip(std::span<const int16_t> samples);

/// Linear samples as little-endian bytes, and back; half a sample at the end is left out.
std::string pcm_bytes(std::span<const int16_t> samples);
Samples pcm_samples(std::string_view bytes);

/// Root mean square in sample units, 0..32768; 0 when empty.
double rms(std::span<const int16_t> samples);
/// Level in dB relative to a full-scale square wave; -120 for silence.
double level_dbfs(std::span<const int16_t> samples);

/// Converts between sample rates, linear phase, band limited, no delay: output sample n stands for time n / to_rate.
Samples resample(std::span<const int16_t> in, int from_rate, int to_rate);

/// The same for a stream that arrives in pieces of any size. Holds back a few milliseconds (the filter's reach).
class StreamResampler {
  public:
    StreamResampler(int from_rate, int to_rate);
    /// Appends to `out` what can be computed so far.
    void push(std::span<const int16_t> in, Samples& out);

  private:
    int from_;
    int to_;
    std::vector<int16_t> tail_;  // the input still needed; tail_[0] is input sample `base_`
    int64_t base_ = 0;
    int64_t next_out_ = 0;
};

}  // namespace trunkline::lab
