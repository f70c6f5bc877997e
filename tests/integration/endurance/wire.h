#pragma once
// Bare sockets and frames for callers and agents that misbehave: what is sent is bytes, how a connection ends is
// chosen. Thousands of them run on one driven shard, because the simulators of the lab, which speak and listen in real
// time, would cost ten times the engine.
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/loop/shard.h"

namespace trunkline::test {

class WireEvents {
  public:
    virtual ~WireEvents() = default;
    virtual void on_connected() {}
    virtual void on_bytes(std::string_view bytes) = 0;
    /// The peer has closed or reset it, or a connect failed; never after one of our own ends.
    virtual void on_gone() = 0;
};

/// Shard thread only. A handler may end its socket in a callback, not destroy it.
class WireSocket final : private FdHandler {
  public:
    WireSocket(Shard* shard, WireEvents* events) : shard_(shard), events_(events) {}
    ~WireSocket() override { shut(); }
    WireSocket(const WireSocket&) = delete;
    WireSocket& operator=(const WireSocket&) = delete;

    void dial(uint16_t port);
    void adopt(int fd);
    void send(std::string_view bytes);
    void shut();    ///< FIN, as far as nothing is unread
    void reset();   ///< RST
    void vanish();  ///< stays open, but says and hears nothing any more
    bool is_open() const { return fd_ >= 0; }

  private:
    void on_fd(uint32_t epoll_events) override;
    void read();
    void flush();

    Shard* shard_;
    WireEvents* events_;
    int fd_ = -1;
    bool connecting_ = false, vanished_ = false;
    std::string unsent_;
};

/// Accepts on a free port of loopback.
class WireListener final : private FdHandler {
  public:
    WireListener(Shard* shard, std::function<void(int fd)> accepted);
    ~WireListener() override;
    uint16_t port() const { return port_; }

  private:
    void on_fd(uint32_t epoll_events) override;
    Shard* shard_;
    std::function<void(int fd)> accepted_;
    int fd_;
    uint16_t port_ = 0;
};

/// Drives `shard` and asks `done` every 10 ms: for what costs a query or a look into /proc.
bool poll_until(Shard* shard, const std::function<bool()>& done, std::chrono::milliseconds deadline);

/// A port of loopback on which nobody listens.
uint16_t closed_port();

inline constexpr uint8_t kTextFrame = 0x81, kBinaryFrame = 0x82, kCloseFrame = 0x88;

/// One frame; `first` is its first byte, FIN and opcode. Clients mask.
std::string ws_frame(uint8_t first, std::string_view payload, bool masked);
std::string ws_close(uint16_t code, bool masked);

/// Cuts the bytes of a peer that is known to be sound into frames.
class WsInbox {
  public:
    void feed(std::string_view bytes, const std::function<void(uint8_t first, std::string_view payload)>& take);

  private:
    std::string rest_;
};

}  // namespace trunkline::test
