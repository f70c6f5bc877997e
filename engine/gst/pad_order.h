#pragma once
// What comes by a sink pad, on whatever thread, done on the shard in the order it came. A `queue` before the pad pushes
// buffers and serialized events from a thread of its own, while a flush passes it on the thread of who sends it, often
// the shard: it must not overtake what was posted before.
//
//   if (order.is_next(shard)) take(buffer); else order.post(shard, element, [...] { take(kept); });
#include <gst/gst.h>

#include <atomic>
#include <utility>

#include "engine/gst/gst_ptr.h"
#include "engine/loop/shard.h"

namespace trunkline::gst {

/// One for each pad.
class PadOrder {
  public:
    /// Any thread: what comes now may be done at once. Without a shard there is no other thread to wait for.
    bool is_next(const Shard* shard) const { return !shard || (shard->on_shard() && posted_ == 0); }
    /// Any thread. `element`, whose pad it is, lives until it is done; that it may have been stopped meanwhile is for
    /// `task` to see.
    void post(Shard* shard, GstElement* element, Task task) {
        ++posted_;
        const bool taken = shard->post([this, keep = Ptr<GstElement>::share(element), task = std::move(task)] {
            --posted_;
            task();
        });
        if (!taken) --posted_;
    }

  private:
    std::atomic<int> posted_ = 0;
};

}  // namespace trunkline::gst
