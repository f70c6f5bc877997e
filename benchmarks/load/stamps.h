#pragma once
// Frames of 20 ms that prove themselves: which call, which number, when it was to be sent and when it really was. How a
// frame carries that depends on what the engine does to the audio on the way (Leg):
//
//   passed on bit by bit   stamped_audio.h: everything stands in the bytes, and every byte is looked at
//   converted              wave_stamp.h: call and number in a waveform that codecs and resamplers leave readable; the
//   times
//                          are what the sender noted (SentTimes)
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace trunkline::load {

constexpr int64_t kFrameNs = 20'000'000;

enum class Direction : uint32_t { kUp = 1, kDown = 2 };  ///< up: caller to agent

struct AudioFormat {
    enum class Encoding { kMulaw, kLinear16 };  ///< linear16: little-endian
    Encoding encoding = Encoding::kMulaw;
    uint32_t rate = 8000;  ///< 8000, 16000, 24000 or 48000

    constexpr size_t sample_bytes() const { return encoding == Encoding::kMulaw ? 1 : 2; }
    constexpr size_t frame_samples() const { return rate / 50; }
    constexpr size_t frame_bytes() const { return frame_samples() * sample_bytes(); }
    int64_t ns_of(size_t bytes) const { return static_cast<int64_t>(bytes / sample_bytes()) * 1'000'000'000 / rate; }
    std::string name() const;  ///< "mulaw/8000", "linear16/16000"
    bool operator==(const AudioFormat&) const = default;
};
constexpr AudioFormat kMulaw{AudioFormat::Encoding::kMulaw, 8000};
constexpr AudioFormat linear16(uint32_t rate) { return {AudioFormat::Encoding::kLinear16, rate}; }

struct Stamp {
    uint32_t call = 0;
    uint32_t frame = 0;
    int64_t intended_ns = 0;  ///< when the schedule wanted it sent (CLOCK_MONOTONIC)
    int64_t sent_ns = 0;      ///< when it was really sent
};

struct HeardFrame {
    Stamp stamp;
    int64_t heard_ns = 0;  ///< when its first sample was there, had it been played as it came
};

/// When every frame of one direction was sent, by call and number.
class SentTimes {
  public:
    explicit SentTimes(size_t calls = 0) : calls_(calls) {}
    void note(const Stamp& stamp);
    /// Completes call and the low bits of the number, `stamp.frame` of `period`, to the last such frame that was sent.
    bool complete(Stamp& stamp, uint32_t period) const;

  private:
    struct Times {
        int64_t intended_ns, sent_ns;
    };
    std::vector<std::vector<Times>> calls_;
};

/// Finds frames in one direction of one call, however the audio is chunked.
class StampReader {
  public:
    struct Counts {
        uint64_t corrupted = 0;      ///< frames that are no longer whole
        uint64_t silence_bytes = 0;  ///< silence between frames: padding, allowed
        uint64_t stray_bytes = 0;    ///< anything else
    };
    virtual ~StampReader() = default;
    /// The frames that `bytes`, which came at `now_ns`, complete; valid until the next call.
    virtual std::span<const HeardFrame> read(std::span<const uint8_t> bytes, int64_t now_ns) = 0;
    const Counts& counts() const { return counts_; }

  protected:
    Counts counts_;
};

/// One direction of a call through the engine.
struct Leg {
    Direction direction = Direction::kUp;
    AudioFormat in, out;  ///< what goes into the engine and what must come out
    bool converted = false;

    /// Appends the frame to `out_audio`.
    void write(std::string& out_audio, const Stamp& stamp, SentTimes& sent) const;
    std::unique_ptr<StampReader> reader(const SentTimes& sent) const;
};

/// Which frames of 0, 1, 2 … arrived.
class FrameTally {
  public:
    void note(uint32_t frame);
    uint64_t received() const { return received_; }
    uint64_t duplicated() const { return duplicated_; }
    uint64_t reordered() const { return reordered_; }
    /// Number of the first frame that came; 0 when none did.
    uint32_t first() const { return received_ == 0 ? 0 : first_; }
    /// Frames of [from, to) that never came.
    uint64_t missing(uint32_t from, uint32_t to) const;

  private:
    std::vector<bool> seen_;
    uint64_t received_ = 0, duplicated_ = 0, reordered_ = 0;
    uint32_t first_ = UINT32_MAX, next_ = 0;
};

}  // namespace trunkline::load
