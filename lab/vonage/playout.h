#pragma once
// The carrier's queue of agent audio: whole 20 ms frames, one played at every tick, notifies returned when what stood
// before them has been heard to its end. Holds so many messages; the newest is dropped when there is no room.
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "lab/carrier/call_result.h"
#include "lab/speech/pcm.h"

namespace trunkline::lab::vonage {

class Playout {
  public:
    /// `on_notify` gets the payload of a notify that comes back.
    Playout(size_t max_messages, std::function<void(const std::string& payload, MarkEcho how)> on_notify)
        : max_messages_(max_messages), on_notify_(std::move(on_notify)) {}

    /// The frame that was playing is over; returns the next one, nothing when the queue is empty.
    std::optional<Samples> tick();
    /// False: the queue is full and the frame is lost.
    bool push(Samples frame);
    void notify(std::string payload);
    /// Throws the queue away. Waiting notifies come back (as kCleared) or are forgotten.
    void clear(bool return_notifies);
    size_t queued() const { return queue_.size(); }  ///< messages
    /// How often the queue was empty for 1 to 5 ticks between two frames. Longer is a pause of whoever speaks.
    size_t underruns() const { return underruns_; }

  private:
    struct Waiting {
        std::string payload;
        uint64_t position;  // frames that must have been played to their end
    };
    size_t max_messages_;
    std::function<void(const std::string&, MarkEcho)> on_notify_;
    std::deque<Samples> queue_;
    std::deque<Waiting> notifies_;
    uint64_t taken_ = 0;    // frames that left the queue, played or thrown away
    bool playing_ = false;  // the last one taken is not over yet
    int idle_ = -1;         // ticks without a frame since the last one; -1: none to miss
    size_t underruns_ = 0;
};

/// What a caller hears on an idle line: noise far below speech, the same in every run.
class ComfortNoise {
  public:
    void fill(Samples& frame);

  private:
    std::minstd_rand random_{20};
};

}  // namespace trunkline::lab::vonage
