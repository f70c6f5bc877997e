#pragma once
// Inside of WebSocket: its states and who moves them. Private to websocket.cc and websocket_impl.cc.
//
//   kOpen ──close()──────────────▶ kClosing ─┐ peer's close, end of stream or timeout
//     ├───peer's close, violation─▶ kEnding ──┤ our last frame is out (and, after a violation, the peer has gone)
//     └───end, reset, dead, abort ────────────┴──▶ kClosed ──▶ on_close(), once
//
// The socket is closed on the way into kClosed; on_close() is told at once when the loop got us there, and in the next
// turn when a caller did (abort(), a send that met the limit), so that no caller finds itself destroyed.
#include <memory>
#include <string>

#include "engine/loop/shard.h"
#include "engine/net/byte_stream.h"
#include "engine/net/websocket.h"
#include "engine/net/ws_codec.h"

namespace trunkline {

struct WebSocket::Impl final : FdHandler, WsCodec::Sink, std::enable_shared_from_this<WebSocket::Impl> {
    enum class Phase { kOpen, kClosing, kEnding, kClosed };

    Impl(Shard* on, Role role, std::unique_ptr<ByteStream> from, std::string early, const WebSocketOptions& with);
    ~Impl() override;

    // What WebSocket passes on.
    void set_listener(WebSocketListener* to);
    bool send(bool text, std::span<const uint8_t> payload);
    void close(uint16_t code, std::string_view reason);
    void abort(bool reset);
    void detach();
    size_t pending() const { return pending_.size() - written_; }

    // The loop and the codec.
    void on_fd(uint32_t epoll_events) override;
    void on_message(bool text, std::span<const uint8_t> payload) override;
    void start();
    void read_some();
    void read_early_records();
    void on_bytes(std::span<const uint8_t> bytes);
    void on_ping_time();

    // Writing.
    void flush_codec();
    void put(std::string_view frames);
    void flush_pending();
    void queue_rest(std::string_view rest);
    void check_high();
    void check_low();

    // Ending.
    void on_peer_closed();
    void on_violation();
    void on_peer_end();
    void on_stream_end();
    void end_when_flushed();
    void arm_close_timer();
    void settle(CloseCause why, uint16_t code, std::string_view reason);
    void finish(CloseCause why, uint16_t code, std::string_view reason, bool reset = false);
    void finish_later(CloseCause why, std::string_view reason, bool reset);
    void shut(bool reset);
    void report();

    bool is_reading() const { return started_ && !peer_ended_ && (listener_ != nullptr || phase_ != Phase::kOpen); }
    void update_interest();
    void later(void (Impl::*what)());
    TimerId timer(int ms, void (Impl::*what)());

    Shard* const shard_;
    const WebSocketOptions options_;
    std::unique_ptr<ByteStream> stream_;
    WsCodec codec_;
    WebSocketListener* listener_ = nullptr;
    Phase phase_ = Phase::kOpen;

    std::string early_;
    bool started_ = false;
    uint64_t reads_ = 0;     // that brought something
    uint32_t interest_ = 0;  // 0 = not watched

    std::string pending_;  // what the kernel has not taken; [written_, size) is still to go
    size_t written_ = 0;
    bool is_high_ = false;
    bool write_failed_ = false;

    TimerId ping_timer_ = 0;
    TimerId close_timer_ = 0;
    int unanswered_ = 0;
    int stuck_ = 0;  // ping intervals in which the kernel took nothing of what is pending
    bool taken_ = false;

    bool peer_ended_ = false;  // kEnding: nothing comes any more, but the peer may still read
    bool linger_ = false;      // kEnding: read and discard until the peer goes, so that it can read our close frame
    CloseCause cause_ = CloseCause::kPeerGone;
    uint16_t code_ = 1006;
    std::string reason_;
    bool reported_ = false;
};

}  // namespace trunkline
