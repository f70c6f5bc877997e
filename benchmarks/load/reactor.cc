// See reactor.h.
#include "benchmarks/load/reactor.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "engine/core/clock.h"

namespace trunkline::load {
namespace {

constexpr int kBatch = 64;
constexpr int64_t kSecond = 1'000'000'000;

}  // namespace

Reactor::Reactor() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);  // the default lets every wait oversleep by 50 us
}

Reactor::~Reactor() { ::close(epoll_); }

void Reactor::watch(int fd, SocketSink* sink, bool for_write) {
    epoll_event event{};
    event.events = for_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = sink;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void Reactor::rewatch(int fd, SocketSink* sink, bool for_write) {
    epoll_event event{};
    event.events = for_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = sink;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Reactor::unwatch(int fd) { epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

void Reactor::at(int64_t due_ns, TimerSink* sink, int what) { timers_.push({due_ns, sink, what}); }

void Reactor::clear_timers() { timers_ = {}; }

void Reactor::run_due(int64_t now) {
    while (!timers_.empty() && timers_.top().due <= now) {
        const Timer timer = timers_.top();
        timers_.pop();
        timer.sink->on_due(timer.what, timer.due);
    }
}

void Reactor::wait_and_dispatch(int64_t deadline_ns) {
    std::array<epoll_event, kBatch> events;
    const int64_t next = timers_.empty() ? deadline_ns : std::min(deadline_ns, timers_.top().due);
    const int64_t wait = std::max<int64_t>(0, next - monotonic_ns());
    const timespec timeout{wait / kSecond, wait % kSecond};
    const int count = epoll_pwait2(epoll_, events.data(), kBatch, &timeout, nullptr);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<size_t>(i)];
        const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
        static_cast<SocketSink*>(event.data.ptr)
            ->on_ready(broken || (event.events & EPOLLIN) != 0, broken || (event.events & EPOLLOUT) != 0);
        if (!timers_.empty()) run_due(monotonic_ns());
    }
    buried_.clear();
}

bool Reactor::run_until(int64_t deadline_ns, const std::function<bool()>& done) {
    while (!done()) {
        const int64_t now = monotonic_ns();
        if (now >= deadline_ns) return false;
        run_due(now);
        wait_and_dispatch(deadline_ns);
    }
    return true;
}

}  // namespace trunkline::load
