#include "lab/agent/speaker.h"

#include <glib.h>

#include <algorithm>

namespace trunkline::lab::agent {
namespace {

size_t bytes_in(int ms, size_t per_second) {
    // Even, so that no 16-bit sample is cut.
    return std::max<size_t>(2, static_cast<size_t>(std::max(0, ms)) * per_second / 1000 / 2 * 2);
}

}  // namespace

void Speaker::play(std::vector<uint8_t> bytes, size_t bytes_per_second, std::function<void()> done) {
    bytes_ = std::move(bytes);
    at_ = 0;
    per_second_ = bytes_per_second;
    done_ = std::move(done);
    timer_ = timers_.after(0, [this] { burst(); });
}

void Speaker::burst() {
    timer_ = 0;
    send_frames(pacing_.factor <= 0 ? bytes_.size() : bytes_in(pacing_.burst_ms, per_second_));
    if (at_ < bytes_.size()) {
        timer_ = timers_.after(pacing_.burst_ms / pacing_.factor, [this] { burst(); });
        return;
    }
    const auto done = std::move(done_);
    if (done) done();
}

void Speaker::send_frames(size_t bytes) {
    const size_t frame = bytes_in(pacing_.frame_ms, per_second_);
    const size_t end = std::min(bytes_.size(), at_ + bytes);
    const int64_t now = g_get_monotonic_time();
    plays_until_us_ = std::max(plays_until_us_, now) +
                      static_cast<int64_t>(static_cast<double>(end - at_) * 1e6 / static_cast<double>(per_second_));
    while (at_ < end) {
        const size_t n = std::min(frame, end - at_);
        send_(std::span(bytes_).subspan(at_, n));
        at_ += n;
    }
}

size_t Speaker::cut() {
    timers_.cancel(timer_);
    timer_ = 0;
    return at_;
}

size_t Speaker::stop(int late_ms) {
    const size_t sent = cut();
    if (late_ms > 0) send_frames(bytes_in(late_ms, per_second_));
    bytes_.clear();
    at_ = 0;
    done_ = nullptr;
    return sent;
}

bool Speaker::playing() const { return g_get_monotonic_time() < plays_until_us_; }

}  // namespace trunkline::lab::agent
