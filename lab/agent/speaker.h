#pragma once
// Sends an utterance faster (or slower) than it plays, in bursts, and knows when the client would have finished playing
// it.
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "lab/agent/options.h"
#include "lab/agent/timers.h"

namespace trunkline::lab::agent {

class Speaker {
  public:
    Speaker(Timers& timers, AudioPacing pacing, std::function<void(std::span<const uint8_t>)> send)
        : timers_(timers), pacing_(pacing), send_(std::move(send)) {}
    ~Speaker() { timers_.cancel(timer_); }

    /// Begins at once; `done` is called after the last byte was sent. Nothing else may be playing.
    void play(std::vector<uint8_t> bytes, size_t bytes_per_second, std::function<void()> done);
    /// Sends no more until stop() says what becomes of the rest. Returns the bytes sent of the utterance so far.
    size_t cut();
    /// Drops the rest but its first `late_ms`, which are sent now. Returns the bytes sent of the utterance so far.
    size_t stop(int late_ms = 0);
    bool sending() const { return timer_ != 0; }
    size_t sent() const { return at_; }
    /// Is the client still playing what it got, if it plays at once and without gaps?
    bool playing() const;
    void flushed() { plays_until_us_ = 0; }  ///< the client has dropped its queue

  private:
    void burst();
    void send_frames(size_t bytes);
    Timers& timers_;
    AudioPacing pacing_;
    std::function<void(std::span<const uint8_t>)> send_;
    std::vector<uint8_t> bytes_;
    size_t at_ = 0;
    size_t per_second_ = 8000;
    std::function<void()> done_;
    Timers::Id timer_ = 0;
    int64_t plays_until_us_ = 0;
};

}  // namespace trunkline::lab::agent
