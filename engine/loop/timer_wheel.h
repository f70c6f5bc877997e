#pragma once
// Timers of one shard: a hashed wheel with one slot per millisecond of a 4-second turn. Adding and cancelling cost
// O(1); a bitmap of the slots in use finds the next deadline without walking empty ones. No clock inside: ticks come
// from the caller, so tests need no time.
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace trunkline {

class TimerWheel {
  public:
    using Id = uint64_t;  ///< 0 is never a timer

    /// `tick` at or before the last advanced one counts as the next tick.
    Id add(int64_t tick, std::function<void()> task);
    /// No-op for timers that ran, are running or were cancelled. Allowed inside a task.
    void cancel(Id id);
    /// Runs what is due up to and including `tick`, by deadline, then by order of adding. `before_each` gets the
    /// deadline.
    void advance(int64_t tick, const std::function<void(int64_t deadline)>& before_each = {});
    /// A tick at which advance() may have work, at most one turn ahead; nothing when there is no timer. Never too late,
    /// sometimes too early (a timer several turns away).
    std::optional<int64_t> next_tick() const;
    size_t size() const { return live_; }
    /// Ticks up to here are done; starts at 0.
    int64_t now() const { return now_; }

  private:
    static constexpr size_t kSlots = 4096;
    static constexpr size_t kDueList = kSlots;  // one more list: those about to run
    static constexpr uint32_t kNone = UINT32_MAX;
    struct Timer {
        int64_t tick = 0;
        std::function<void()> task;
        uint32_t generation = 1;
        uint32_t previous = kNone, next = kNone;
        uint32_t list = kNone;  // slot, kDueList, or kNone when free
    };
    struct List {
        uint32_t first = kNone, last = kNone;
    };

    void append(uint32_t index, size_t list);
    void unlink(uint32_t index);
    void release(uint32_t index);
    std::optional<size_t> next_slot(size_t from, size_t to) const;
    void take_due(size_t slot);

    std::vector<Timer> timers_;
    std::vector<uint32_t> free_;
    std::array<List, kSlots + 1> lists_;
    std::array<uint64_t, kSlots / 64> used_{};
    int64_t now_ = 0;
    size_t live_ = 0;
};

}  // namespace trunkline
