#pragma once
// The shard an element lives on: the call's, or, without a call (gst-launch), one of its own with a thread. Pads may be
// called from any thread: work that belongs on the shard goes through post() or run().
#include <gst/gst.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "engine/loop/shard.h"

namespace trunkline::gst {

class ElementShard {
  public:
    ~ElementShard();
    /// Before READY: the call's shard; nullptr = start one of our own.
    void attach(Shard* call_shard);
    /// Ends our own shard, if there is one. Not on that shard.
    void detach();
    Shard* get() const { return shard_; }
    bool attached() const { return shard_ != nullptr; }
    bool on_shard() const { return shard_ && shard_->on_shard(); }

    /// Runs `task` on the shard and returns when it has run: at once when already there. A shard never waits for
    /// another: calling it from a different shard is a bug and aborts.
    void run(const Task& task);
    /// Runs `task` now when on the shard, else posts it, waiting while more than `kMaxInFlight` posts are under way: a
    /// foreign streaming thread is slowed down, memory stays bounded.
    void post(Task task);

    static constexpr int kMaxInFlight = 200;

  private:
    Shard* shard_ = nullptr;
    std::unique_ptr<Shard> own_;
    std::mutex mutex_;
    std::condition_variable room_;
    int in_flight_ = 0;
};

}  // namespace trunkline::gst
