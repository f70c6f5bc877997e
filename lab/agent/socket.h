#pragma once
// A session's end of its WebSocket: what is sent can be held back for a while, and the socket can end in every way.
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "lab/agent/timers.h"

typedef struct _SoupWebsocketConnection SoupWebsocketConnection;

namespace trunkline::lab::agent {

class Socket {
  public:
    struct Events {
        std::function<void(const std::string&)> text;
        std::function<void(std::span<const uint8_t>)> binary;
        /// Once, from the loop; it may destroy the owner. 1006 when the connection just ended.
        std::function<void(int code)> closed;
    };
    /// Takes a reference to `socket`. A larger message of the client closes it with 1009.
    Socket(SoupWebsocketConnection* socket, Timers& timers, size_t max_message_bytes, Events events);
    ~Socket();
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    void send(bool binary, const void* data, size_t size);
    /// Sends nothing for `ms`, then all that has gathered.
    void stall(int ms);
    /// `reason` may be null. What still stalls is lost.
    void close(int code, const char* reason = nullptr);
    /// Connection reset, no close frame.
    void drop();
    bool closed_by_us() const { return closing_; }

  private:
    struct Held {
        bool binary;
        std::string bytes;
    };
    void on_message(int type, std::span<const uint8_t> bytes);
    void on_closed();
    SoupWebsocketConnection* socket_;
    const size_t max_message_bytes_;
    Timers& timers_;
    Events events_;
    std::vector<Held> held_;
    bool stalled_ = false;
    bool closing_ = false;
};

}  // namespace trunkline::lab::agent
