#pragma once
// When a shard rests. A wake-up costs more than a frame: with many calls, frames come one by one, and a loop that
// sleeps between any two of them spends half its time falling asleep and waking. So a busy shard looks at its sockets
// once per window and takes what has gathered; a shard with little to do is not paced and handles each event at once.
//
//   events in the last span ≥ 1.5 per window → paced          fewer → at once        (window 0 = never paced)
#include <cstddef>
#include <cstdint>

namespace trunkline {

class Pace {
  public:
    static constexpr int64_t kSpanWindows = 16;  // the rate is taken anew that often

    explicit Pace(int64_t window_ns = 0) : window_ns_(window_ns) {}

    /// After a turn that began at `now_ns` and met `events`; `full`: it stopped at its limit and more is ready.
    void turned(int64_t now_ns, size_t events, bool full) {
        if (window_ns_ == 0) return;
        events_ += events;
        if (now_ns - span_began_ns_ >= kSpanWindows * window_ns_) {
            const auto windows = static_cast<uint64_t>((now_ns - span_began_ns_) / window_ns_);
            busy_ = 2 * events_ >= 3 * windows;
            span_began_ns_ = now_ns;
            events_ = 0;
        }
        next_ns_ = busy_ && !full ? now_ns + window_ns_ : 0;
    }
    /// The next turn comes without any event, at next_ns().
    bool resting() const { return next_ns_ != 0; }
    int64_t next_ns() const { return next_ns_; }

  private:
    int64_t window_ns_;
    int64_t span_began_ns_ = 0;
    int64_t next_ns_ = 0;
    uint64_t events_ = 0;
    bool busy_ = false;
};

}  // namespace trunkline
