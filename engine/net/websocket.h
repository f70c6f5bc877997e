#pragma once
// One WebSocket on a shard, either side: wslay frames it, the shard's epoll set drives it. The stream below is a plain
// socket or a GTlsConnection. Bounded both ways: a message above `max_message` closes with 1009, a send queue above the
// high watermark is reported, pings find dead peers. No extension is ever negotiated.
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/result.h"

typedef struct _GIOStream GIOStream;

namespace trunkline {

class ByteStream;
class Shard;

struct WebSocketOptions {
    size_t max_message = 4U << 20;     ///< bytes of one whole received message
    size_t high_watermark = 1U << 20;  ///< pending bytes at which on_high_watermark() is told
    size_t low_watermark = 64U << 10;  ///< … and on_low_watermark() when it has drained to this
    size_t max_pending = 8U << 20;     ///< pending bytes at which the socket is aborted: the peer does not read
    int ping_interval_ms = 15'000;     ///< 0 = no pings
    int missed_pings = 2;              ///< pings without a sign of life after which the peer is dead, and intervals in
                                       ///< which nothing of what is pending was taken
    int close_timeout_ms = 3'000;      ///< how long a close handshake may take before the socket is dropped
};

/// Why a WebSocket is gone. Every WebSocket ends with exactly one on_close().
enum class CloseCause {
    kPeerClosed,     ///< the peer began the close handshake
    kWeClosed,       ///< close() was called and the handshake ended (or timed out)
    kPeerGone,       ///< end of stream or reset without a close frame
    kPeerDead,       ///< pings unanswered, or it does not read: nothing was taken for long, or max_pending passed
    kProtocolError,  ///< the peer broke RFC 6455 or a limit; we sent 1002, 1007 or 1009
    kAborted,        ///< abort() was called
};
const char* to_string(CloseCause cause);

class WebSocketListener {
  public:
    virtual ~WebSocketListener() = default;
    virtual void on_text(std::string_view message) = 0;
    virtual void on_binary(std::span<const uint8_t> message) = 0;
    /// The last call of a socket. `code` is the peer's close code (1005 none, 1006 no close frame). The socket may be
    /// destroyed inside. With kProtocolError `reason` names the code that we sent.
    virtual void on_close(CloseCause cause, uint16_t code, std::string_view reason) = 0;
    virtual void on_high_watermark() {}
    virtual void on_low_watermark() {}
};

/// Shard thread only. Destroying an open socket aborts it without on_close(). A listener may destroy the socket inside
/// any of its callbacks.
class WebSocket {
  public:
    enum class Role { kServer, kClient };

    /// Takes over a connected stream whose upgrade is done. `early` = bytes read behind the upgrade already. Nothing is
    /// delivered before set_listener().
    static std::unique_ptr<WebSocket> adopt(Shard* shard, Role role, GIOStream* adopted_stream, std::string_view early,
                                            const WebSocketOptions& options);
    /// The same for a stream that is peeled already: for the upgrade code of this box.
    static std::unique_ptr<WebSocket> adopt(Shard* shard, Role role, std::unique_ptr<ByteStream> stream,
                                            std::string early, const WebSocketOptions& options);
    ~WebSocket();
    WebSocket(const WebSocket&) = delete;
    WebSocket& operator=(const WebSocket&) = delete;

    /// Starts delivery (in the next loop turn) or moves it to another listener; nullptr pauses reading.
    void set_listener(WebSocketListener* listener);

    /// Queues one whole message and writes what the socket takes, header and payload in one send. False once closing.
    bool send_text(std::string_view message);
    bool send_binary(std::span<const uint8_t> message);
    /// Begins the close handshake; on_close() follows. Nothing can be sent afterwards and no message is delivered.
    /// `reason`: at most 123 bytes.
    void close(uint16_t code, std::string_view reason);
    /// Drops the connection at once (TCP reset when `reset`); on_close(kAborted) follows in the next loop turn.
    void abort(bool reset = false);

    bool is_open() const;
    size_t pending_bytes() const;  ///< queued by us, not yet taken by the kernel
    int fd() const;

    struct Impl;

  private:
    explicit WebSocket(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;  // shared with itself while a callback runs
};

}  // namespace trunkline
