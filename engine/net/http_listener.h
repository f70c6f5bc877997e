#pragma once
// A listening socket on a shard's epoll set. We accept ourselves, because libsoup's listener gives up for good at the
// first accept() that fails (out of descriptors, or a client that left the queue again).
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "engine/loop/shard.h"

namespace trunkline {

/// Binds and listens `count` times on one port (SO_REUSEPORT); `port` 0 takes a free one. Error "listen" names address
/// and cause, a port that another process uses included.
Result<std::vector<int>> open_listeners(const std::string& host, uint16_t port, size_t count);
uint16_t listener_port(int fd);

class HttpListener final : public FdHandler {
  public:
    /// Owns `fd`. `accepted` gets connected, non-blocking descriptors; `out_of_fds` is told when there was none free,
    /// and may free some. Accepting goes on by itself. Shard thread.
    HttpListener(Shard* shard, int fd, std::function<void(int)> accepted, std::function<void()> out_of_fds);
    ~HttpListener() override;

  private:
    void on_fd(uint32_t epoll_events) override;
    void rest(int cause);
    Shard* const shard_;
    const int fd_;
    std::function<void(int)> accepted_;
    std::function<void()> out_of_fds_;
    TimerId rest_timer_ = 0;
    bool starved_ = false;  // logged already; until the queue was empty once
};

}  // namespace trunkline
