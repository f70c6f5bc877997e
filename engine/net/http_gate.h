#pragma once
// Where accepted connections wait until the head of their request is there. It costs a descriptor and some bytes to
// wait here; behind the gate every connection is a source that GLib walks in every turn of the loop, so thousands that
// say nothing, or say it a byte at a time, would slow down the calls.
//
//   HttpListener ─fd─▶ HttpGate ─┬ whole head (TLS: whole first record) ─▶ pass on; nothing has been read
//                                ├ head too large ─▶ 431
//                                ├ body of unreadable length ─▶ 400 (not with TLS)
//                                ├ too late ───────▶ 408
//                                └ no place left ──▶ the one that has waited longest: 503
#include <cstddef>
#include <functional>
#include <list>
#include <memory>

#include "engine/loop/shard.h"
#include "engine/net/http_counters.h"

namespace trunkline {

struct HttpGateOptions {
    int timeout_ms = 10'000;
    size_t max_waiting = 2'048;
    size_t max_head = 16U << 10;
    bool tls = false;
};

/// Shard thread only.
class HttpGate {
  public:
    /// `pass` takes over a descriptor whose first bytes wait in the kernel. `counters` outlive the gate.
    HttpGate(Shard* shard, HttpGateOptions options, HttpCounters* counters, std::function<void(int)> pass);
    ~HttpGate();  ///< closes those that wait
    HttpGate(const HttpGate&) = delete;
    HttpGate& operator=(const HttpGate&) = delete;

    /// Owns `fd` from here on.
    void admit(int fd);
    /// Out of descriptors: lets go of some that have waited longest. False when nobody waits.
    bool make_room();

  private:
    struct Guest;
    enum class Head { kIncomplete, kComplete, kUnreadable, kTooLarge, kGone };
    Head look(int fd) const;
    void on_bytes(Guest* guest, bool last);
    void drop(Guest* guest, int status);
    int leave(Guest* guest);
    void arm();
    void sweep();

    Shard* const shard_;
    const HttpGateOptions options_;
    HttpCounters* const counters_;
    const std::function<void(int)> pass_;
    std::list<std::unique_ptr<Guest>> guests_;  // who came first stands first
    TimerId timer_ = 0;
    int64_t next_log_ns_ = 0;
};

}  // namespace trunkline
