#pragma once
// The carrier's playback queue: plays 8,000 bytes a second in order, returns marks when what stood before them has
// played, and forgets everything on clear. Time comes in as sample counts, so it is exact and needs no clock of its
// own.
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "lab/carrier/call_result.h"

namespace trunkline::lab {

inline constexpr size_t kMaxQueuedAudio = 600U * kTelephoneRate;  // ten minutes

class Player {
  public:
    /// `on_played` gets every byte that left the loudspeaker, in order, silence between replies included.
    /// `on_mark` is told when a mark comes back.
    Player(std::function<void(std::span<const uint8_t>)> on_played,
           std::function<void(const std::string& name, MarkEcho how)> on_mark, size_t max_queue = kMaxQueuedAudio)
        : on_played_(std::move(on_played)), on_mark_(std::move(on_mark)), max_queue_(max_queue) {}

    /// Plays until `sample` samples have been played since the start.
    void advance(int64_t sample);
    /// Queues audio; returns how many bytes were discarded because the queue is full.
    size_t push(std::vector<uint8_t> audio);
    void mark(const std::string& name);
    void clear();

    int64_t played() const { return played_; }
    size_t queued() const { return queued_; }
    /// Sample count at which the next mark falls due; -1 when none waits.
    int64_t next_mark() const;

  private:
    struct WaitingMark {
        std::string name;
        uint64_t position;  // bytes that must have left the queue
    };
    void play_silence(int64_t count);
    void return_due_marks();

    std::function<void(std::span<const uint8_t>)> on_played_;
    std::function<void(const std::string&, MarkEcho)> on_mark_;
    size_t max_queue_;
    std::deque<std::vector<uint8_t>> queue_;
    size_t front_at_ = 0;  // bytes of queue_.front() already played
    size_t queued_ = 0;
    uint64_t taken_ = 0;  // bytes that ever left the queue
    std::deque<WaitingMark> marks_;
    int64_t played_ = 0;
};

}  // namespace trunkline::lab
