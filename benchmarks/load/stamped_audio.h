#pragma once
// Audio that carries its own proof: every 160-byte frame (20 ms of mu-law) holds a magic, the call, its number and its
// times, and a filling that depends on them. Whatever an engine does to the stream (other chunk sizes, silence in
// between), the frames are found again bit for bit or counted as damaged.
//
//   magic 4 | check 4 | call 4 | frame 4 | intended ns 8 | sent ns 8 | filling 128
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace trunkline::load {

constexpr size_t kFrameBytes = 160;
constexpr int64_t kFrameNs = 20'000'000;

enum class Direction : uint32_t { kUp = 1, kDown = 2 };  ///< up: caller to agent

struct Stamp {
    uint32_t call = 0;
    uint32_t frame = 0;
    int64_t intended_ns = 0;  ///< when the schedule wanted it sent (CLOCK_MONOTONIC)
    int64_t sent_ns = 0;      ///< when it was really sent
};

using StampedFrame = std::array<uint8_t, kFrameBytes>;
void write_stamped(StampedFrame& out, Direction direction, const Stamp& stamp);

/// Finds stamped frames in one direction of one call, however the bytes are chunked.
class StampReader {
  public:
    struct Counts {
        uint64_t corrupted = 0;      ///< began like a frame and was not one
        uint64_t silence_bytes = 0;  ///< 0xFF or 0x7F between frames: padding, allowed
        uint64_t stray_bytes = 0;    ///< anything else
    };
    explicit StampReader(Direction direction) : direction_(direction) {}

    /// Returns the stamps of the frames that `bytes` complete; valid until the next call.
    std::span<const Stamp> read(std::span<const uint8_t> bytes);
    const Counts& counts() const { return counts_; }

  private:
    size_t skip_foreign(std::span<const uint8_t> bytes);

    Direction direction_;
    Counts counts_;
    std::vector<uint8_t> rest_;
    std::vector<Stamp> found_;
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
