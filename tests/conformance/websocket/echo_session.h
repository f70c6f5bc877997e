#pragma once
// What the two echo programs share: one WebSocket that gets back every message it sends, with limits wide enough for
// the largest cases of the Autobahn suite (16 MiB in one message). These limits are the programs' own, not the
// engine's.
#include <functional>
#include <memory>

#include "engine/net/websocket.h"

namespace trunkline::test {

inline WebSocketOptions echo_limits() {
    WebSocketOptions options;
    options.max_message = 64U << 20;
    options.high_watermark = 64U << 20;
    options.max_pending = 256U << 20;
    options.ping_interval_ms = 0;  // the suite counts the frames it gets
    return options;
}

class EchoSession final : public WebSocketListener {
  public:
    /// `over` is told once; it may destroy the session.
    EchoSession(std::unique_ptr<WebSocket> socket, std::function<void(CloseCause)> over)
        : socket_(std::move(socket)), over_(std::move(over)) {
        socket_->set_listener(this);
    }

  private:
    void on_text(std::string_view message) override { socket_->send_text(message); }
    void on_binary(std::span<const uint8_t> message) override { socket_->send_binary(message); }
    void on_close(CloseCause cause, uint16_t, std::string_view) override {
        auto over = std::move(over_);
        over(cause);
    }

    std::unique_ptr<WebSocket> socket_;
    std::function<void(CloseCause)> over_;
};

}  // namespace trunkline::test
