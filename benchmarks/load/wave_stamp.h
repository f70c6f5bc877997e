#pragma once
// The stamp of a direction in which the engine converts the audio (mu-law, resampler, gain, limiter): a waveform of two
// levels that all of those leave readable, because only its sign counts and it holds little above 2.7 kHz.
//
//   20 ms = 160 units of 1/8000 s:   silence 2 | 52 bits of 3 units, +level or -level | silence 2
//   bits:                            sync 5 | call 15 | number modulo 65,536, 16 | check 16
//
// A frame is found where all bits read well, in the middle of the places where they do: its place is good to a unit
// (1/8 ms). The times are those the sender noted.
#include <deque>
#include <vector>

#include "benchmarks/load/stamps.h"

namespace trunkline::load {

constexpr uint32_t kWavePeriod = 1U << 16;  ///< frame numbers begin again
constexpr uint32_t kWaveCalls = 1U << 15;

/// Fills `out`, a whole frame of `format`.
void write_wave(std::span<uint8_t> out, const AudioFormat& format, Direction direction, const Stamp& stamp);

class WaveReader final : public StampReader {
  public:
    WaveReader(Direction direction, const AudioFormat& format, const SentTimes& sent);
    /// A frame's time is that of the chunk its first sample came in, and its place in the 20 ms of it: the delay of the
    /// engine's filters and of what gathers frames is in it, and several frames in one chunk came together.
    std::span<const HeardFrame> read(std::span<const uint8_t> bytes, int64_t now_ns) override;

  private:
    struct Chunk {
        int64_t begin, at_ns;
    };
    void append(std::span<const uint8_t> bytes);
    bool decode(int64_t at, Stamp& stamp) const;
    bool find(int64_t& at, Stamp& stamp);
    bool follows(Stamp& stamp) const;
    int64_t last_place() const;
    int16_t sample(int64_t at) const { return samples_[static_cast<size_t>(at - begin_)]; }
    int64_t end() const { return begin_ + static_cast<int64_t>(samples_.size()); }
    void take(int64_t at, const Stamp& stamp);
    void judge(int64_t until);
    int64_t heard_ns(int64_t at) const;
    void forget();

    Direction direction_;
    AudioFormat format_;
    const SentTimes& sent_;
    int64_t unit_, frame_, margin_;  // samples: 1/8 ms, 20 ms, 1 ms
    std::vector<int16_t> samples_;   // those from begin_ on, counted from the first of the call
    int64_t begin_ = 0;
    int64_t next_ = 0;       // no frame begins before it
    int64_t expected_ = -1;  // where the last frame ended
    int64_t judged_ = 0;     // what is no frame has been counted up to here
    int64_t damaged_ = -1;   // where the last damage began to be counted
    std::deque<Chunk> chunks_;
    std::vector<HeardFrame> found_;
};

}  // namespace trunkline::load
