#pragma once
// "So many per rolling second": hands out the moments at which requests may go, shared by all shards.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace trunkline {

class RollingLimit {
  public:
    /// `window_ns` a little longer than the other side's: its clock runs when requests arrive, and some travel faster.
    RollingLimit(size_t count, int64_t window_ns, int64_t max_wait_ns)
        : moments_(std::max<size_t>(count, 1), INT64_MIN / 2), window_ns_(window_ns), max_wait_ns_(max_wait_ns) {}

    /// When the next request may go (≥ now), taken by the caller; nothing when that is later than the caller or the
    /// limit would wait: too many wait already.
    std::optional<int64_t> take(int64_t now_ns, int64_t patience_ns = INT64_MAX) {
        std::lock_guard lock(mutex_);
        int64_t& oldest = moments_[next_];
        const int64_t moment = std::max(now_ns, oldest + window_ns_);
        if (moment - now_ns > std::min(max_wait_ns_, patience_ns)) return std::nullopt;
        oldest = moment;
        next_ = (next_ + 1) % moments_.size();
        return moment;
    }

    /// How long the last of so many requests, all made now, waits for its turn when nobody else asks.
    int64_t time_for_ns(size_t requests) const {
        return requests == 0 ? 0 : static_cast<int64_t>((requests - 1) / moments_.size()) * window_ns_;
    }

    /// The other side says it was too much: somebody else uses the account. Nothing goes for a window.
    void back_off(int64_t now_ns) {
        std::lock_guard lock(mutex_);
        for (int64_t& moment : moments_) moment = std::max(moment, now_ns);
    }

  private:
    std::mutex mutex_;
    std::vector<int64_t> moments_;  // of the last `count` requests, a ring
    size_t next_ = 0;
    int64_t window_ns_, max_wait_ns_;
};

}  // namespace trunkline
