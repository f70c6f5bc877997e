// See the header. Timers live in one vector and are chained by index; ids carry a generation, so an old id is harmless.
#include "engine/loop/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace trunkline {

void TimerWheel::append(uint32_t index, size_t list) {
    Timer& timer = timers_[index];
    List& chain = lists_[list];
    timer.list = static_cast<uint32_t>(list);
    timer.previous = chain.last;
    timer.next = kNone;
    if (chain.last != kNone) {
        timers_[chain.last].next = index;
    } else {
        chain.first = index;
    }
    chain.last = index;
    if (list < kSlots) used_[list / 64] |= uint64_t{1} << (list % 64);
}

void TimerWheel::unlink(uint32_t index) {
    Timer& timer = timers_[index];
    List& chain = lists_[timer.list];
    (timer.previous != kNone ? timers_[timer.previous].next : chain.first) = timer.next;
    (timer.next != kNone ? timers_[timer.next].previous : chain.last) = timer.previous;
    if (chain.first == kNone && timer.list < kSlots) used_[timer.list / 64] &= ~(uint64_t{1} << (timer.list % 64));
    timer.list = kNone;
}

void TimerWheel::release(uint32_t index) {
    Timer& timer = timers_[index];
    timer.task = nullptr;
    if (++timer.generation == 0) timer.generation = 1;
    free_.push_back(index);
    --live_;
}

TimerWheel::Id TimerWheel::add(int64_t tick, std::function<void()> task) {
    if (free_.empty()) {
        free_.push_back(static_cast<uint32_t>(timers_.size()));
        timers_.emplace_back();
    }
    const uint32_t index = free_.back();
    free_.pop_back();
    Timer& timer = timers_[index];
    timer.tick = std::max(tick, now_ + 1);
    timer.task = std::move(task);
    append(index, static_cast<size_t>(timer.tick) % kSlots);
    ++live_;
    return static_cast<Id>(timer.generation) << 32 | (index + 1U);
}

void TimerWheel::cancel(Id id) {
    const auto index = static_cast<uint32_t>(id & UINT32_MAX) - 1U;
    if (id == 0 || index >= timers_.size()) return;
    if (timers_[index].generation != static_cast<uint32_t>(id >> 32) || timers_[index].list == kNone) return;
    unlink(index);
    // The task may own what owns this wheel's caller: let it go only after the books are in order.
    const auto task = std::move(timers_[index].task);
    release(index);
}

std::optional<size_t> TimerWheel::next_slot(size_t from, size_t to) const {
    for (size_t word = from / 64; word * 64 < to; ++word) {
        uint64_t bits = used_[word];
        if (word == from / 64) bits &= ~uint64_t{0} << (from % 64);
        if (bits == 0) continue;
        const size_t slot = word * 64 + static_cast<size_t>(std::countr_zero(bits));
        return slot < to ? std::optional<size_t>(slot) : std::nullopt;
    }
    return std::nullopt;
}

std::optional<int64_t> TimerWheel::next_tick() const {
    if (live_ == 0) return std::nullopt;
    const int64_t base = now_ + 1;
    const size_t start = static_cast<size_t>(base) % kSlots;
    if (const auto slot = next_slot(start, kSlots)) return base + static_cast<int64_t>(*slot - start);
    if (const auto slot = next_slot(0, start)) return base + static_cast<int64_t>(*slot + kSlots - start);
    return std::nullopt;
}

void TimerWheel::take_due(size_t slot) {
    for (uint32_t index = lists_[slot].first; index != kNone;) {
        const uint32_t next = timers_[index].next;
        if (timers_[index].tick <= now_) {
            unlink(index);
            append(index, kDueList);
        }
        index = next;
    }
}

void TimerWheel::advance(int64_t tick, const std::function<void(int64_t)>& before_each) {
    while (now_ < tick) {
        const auto next = next_tick();
        if (!next || *next > tick) {
            now_ = tick;
            return;
        }
        now_ = *next;
        take_due(static_cast<size_t>(now_) % kSlots);
        while (lists_[kDueList].first != kNone) {
            const uint32_t index = lists_[kDueList].first;
            const int64_t deadline = timers_[index].tick;
            unlink(index);
            const auto task = std::move(timers_[index].task);
            release(index);
            if (before_each) before_each(deadline);
            task();
        }
    }
}

}  // namespace trunkline
