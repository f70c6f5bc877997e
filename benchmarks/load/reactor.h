#pragma once
// The one loop of a program: sockets by epoll, deadlines by a heap of absolute times. A late deadline is run before the
// next socket is looked at, so that a burst of input cannot delay the schedule of the frames.
#include <sys/epoll.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

namespace trunkline::load {

class SocketSink {
  public:
    virtual ~SocketSink() = default;
    virtual void on_ready(bool readable, bool writable) = 0;
};

class TimerSink {
  public:
    virtual ~TimerSink() = default;
    /// `what` as given to at(); `due` is the moment asked for, not the moment it is.
    virtual void on_due(int what, int64_t due) = 0;
};

class Reactor {
  public:
    Reactor();
    ~Reactor();
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    void watch(int fd, SocketSink* sink, bool for_write);
    void rewatch(int fd, SocketSink* sink, bool for_write);
    void unwatch(int fd);
    /// Destroys `sink` after the current batch of events, in which it may still be named.
    void bury(std::unique_ptr<SocketSink> sink) { buried_.push_back(std::move(sink)); }

    /// `sink` must live as long as the timer or the reactor's runs.
    void at(int64_t due_ns, TimerSink* sink, int what);
    /// Forgets every timer: before the sinks of a run are destroyed.
    void clear_timers();

    /// Runs until `done()` is true (asked after every batch) or CLOCK_MONOTONIC reaches `deadline_ns`.
    /// Returns whether `done()` ended it.
    bool run_until(int64_t deadline_ns, const std::function<bool()>& done);

  private:
    struct Timer {
        int64_t due;
        TimerSink* sink;
        int what;
        bool operator>(const Timer& other) const { return due > other.due; }
    };
    void run_due(int64_t now);
    void wait_and_dispatch(int64_t deadline_ns);

    int epoll_ = -1;
    std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
    std::vector<std::unique_ptr<SocketSink>> buried_;
};

}  // namespace trunkline::load
