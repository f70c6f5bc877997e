#pragma once
// A bounded lock-free queue: any number of producers, one consumer. Each cell carries the number of the turn it is
// ready for, so producers and the consumer meet in the cell and never in a common lock. A full ring refuses: what that
// means is the caller's decision.
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <utility>

namespace trunkline {

template <class T>
class MpscRing {
  public:
    /// `capacity` is rounded up to a power of two, at least 2.
    explicit MpscRing(size_t capacity)
        : mask_(std::bit_ceil(capacity < 2 ? size_t{2} : capacity) - 1), cells_(std::make_unique<Cell[]>(mask_ + 1)) {
        for (size_t i = 0; i <= mask_; ++i) cells_[i].turn.store(i, std::memory_order_relaxed);
    }

    size_t capacity() const { return mask_ + 1; }

    /// Any thread. False when full; `value` is then untouched.
    bool try_push(T&& value) {
        size_t at = tail_.load(std::memory_order_relaxed);
        for (;;) {
            Cell& cell = cells_[at & mask_];
            const auto lead = static_cast<std::ptrdiff_t>(cell.turn.load(std::memory_order_acquire) - at);
            if (lead < 0) return false;
            if (lead == 0 && tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
                cell.value = std::move(value);
                cell.turn.store(at + 1, std::memory_order_release);
                return true;
            }
            if (lead > 0) at = tail_.load(std::memory_order_relaxed);
        }
    }

    /// Consumer thread only. False when empty.
    bool try_pop(T& value) {
        const size_t at = head_.load(std::memory_order_relaxed);
        Cell& cell = cells_[at & mask_];
        if (cell.turn.load(std::memory_order_acquire) != at + 1) return false;
        value = std::move(cell.value);
        cell.value = T();  // a moved-from value may still hold memory
        cell.turn.store(at + mask_ + 1, std::memory_order_release);
        head_.store(at + 1, std::memory_order_relaxed);
        return true;
    }

    /// Any thread; exact only while nobody pushes or pops.
    size_t size() const {
        const size_t head = head_.load(std::memory_order_relaxed), tail = tail_.load(std::memory_order_relaxed);
        return tail > head ? tail - head : 0;
    }

  private:
    struct Cell {
        std::atomic<size_t> turn{0};
        T value{};
    };
    const size_t mask_;
    const std::unique_ptr<Cell[]> cells_;
    alignas(64) std::atomic<size_t> tail_{0};
    alignas(64) std::atomic<size_t> head_{0};
};

}  // namespace trunkline
