#pragma once
// A shard: one thread, one GMainContext, one epoll set nested in it as a single GSource, one timer wheel. Everything of
// a call lives on one shard; others reach it only with post(). Nothing that runs on a shard may wait.
//
//   GMainContext ── libsoup, TLS handshakes
//        └─ one GSource ── epoll ─┬─ sockets (FdHandler)
//                                 ├─ timerfd (timer wheel)
//                                 └─ eventfd (post, defer)
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

typedef struct _GMainContext GMainContext;

namespace trunkline {

class Histogram;
using Task = std::function<void()>;
using TimerId = uint64_t;  ///< 0 is never a timer

/// Gets the events of one file descriptor. Must outlive its watch; may unwatch itself or others inside on_fd().
class FdHandler {
  public:
    virtual ~FdHandler() = default;
    virtual void on_fd(uint32_t epoll_events) = 0;
};

class Shard {
  public:
    /// `pace`: how long a busy shard lets events gather before it looks at them (engine/loop/pace.h); 0 = never.
    explicit Shard(int index, std::chrono::microseconds pace = std::chrono::microseconds(0));
    ~Shard();  ///< stop() must have returned
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    /// Starts the thread; returns once the loop runs and current() works inside it.
    void start();
    /// Any thread but the shard's own: runs what was posted before, then ends the loop and joins the thread.
    void stop();
    /// Runs the loop on the calling thread until `done()` is true or the deadline passes: for tests and tools. A Shard
    /// is either started or driven, never both. Returns done().
    bool run_until(const std::function<bool()>& done, std::chrono::milliseconds deadline);

    /// The shard whose thread this is, else nullptr.
    static Shard* current();
    bool on_shard() const { return current() == this; }
    int index() const { return index_; }
    GMainContext* context() const;

    /// Any thread. Runs `task` on the shard, in the order of the posts of one thread. False once stopped.
    bool post(Task task);
    /// Shard thread only. Runs `task` in the next loop turn: flush and teardown go through here, so that no caller up
    /// the stack goes on with a thing that is gone.
    void defer(Task task);
    /// Shard thread only. Runs `task` once after `delay`, 1 ms resolution.
    TimerId after(std::chrono::milliseconds delay, Task task);
    /// Shard thread only. No-op for 0 and for timers that ran.
    void cancel(TimerId timer);

    /// Shard thread only. `epoll_events`: EPOLLIN, EPOLLOUT, EPOLLRDHUP; level-triggered.
    void watch(int fd, uint32_t epoll_events, FdHandler* handler);
    void modify(int fd, uint32_t epoll_events, FdHandler* handler);
    void unwatch(int fd);

    /// How late timers fire, in nanoseconds: the measure of a shard that is too busy.
    const Histogram& loop_lag() const;
    /// Work units since the start, for /metrics.
    uint64_t wakeups() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
    int index_;
};

/// Aborts with a message when called off the shard; on in release builds too, it is one thread-local compare.
void assert_on_shard(const Shard* shard);

}  // namespace trunkline
