#pragma once
// WebSocket framing (RFC 6455) with nothing but what a load rig needs: no extensions, no UTF-8 check, messages built in
// place and sent with one syscall. It must cost far less than what it measures.
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "benchmarks/load/tcp_socket.h"

namespace trunkline::load {

enum class WsOpcode : uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

struct WsFrame {
    WsOpcode opcode = WsOpcode::kText;
    bool final = true;
    std::span<uint8_t> payload;  ///< unmasked in place
};

enum class WsParse { kFrame, kIncomplete, kBroken };
constexpr size_t kMaxMessage = 1U << 20;

/// Takes one frame off the front of `bytes`. kBroken: longer than kMaxMessage or reserved bits set.
WsParse take_frame(std::span<uint8_t>& bytes, WsFrame& frame);

/// What was written to frame_builder().payload(), for send_built().
struct WsBuilt {
    WsOpcode opcode;
    size_t size;
};

/// Room for one message: write the payload in place, then ask for the finished frame.
class FrameBuilder {
  public:
    static constexpr size_t kCapacity = 64 * 1024;
    char* payload() { return room_.data() + kHeadRoom; }
    /// The frame around the first `size` bytes of payload(), valid until the next use. Masked frames spoil payload().
    std::string_view finish(WsOpcode opcode, size_t size, bool masked);

  private:
    static constexpr size_t kHeadRoom = 14;
    std::array<char, kHeadRoom + kCapacity> room_;
};

/// The one builder of the thread.
FrameBuilder& frame_builder();

class MessageSink {
  public:
    virtual ~MessageSink() = default;
    virtual void on_message(WsOpcode opcode, std::span<uint8_t> payload) = 0;
};

/// A socket after its upgrade. A client masks what it sends.
class WsChannel {
  public:
    enum class Role { kClient, kServer };
    WsChannel() = default;
    WsChannel(TcpSocket socket, Role role) : socket_(std::move(socket)), role_(role) {}

    /// Reads once and hands every whole message to `sink`; answers pings and closes. False when the channel has ended.
    bool read(MessageSink& sink);
    /// Sends the beginning of frame_builder().payload().
    bool send_built(WsBuilt message);
    bool send(WsOpcode opcode, std::string_view payload);
    /// Sends a close frame with `code`; the peer's answer ends the channel.
    void send_close(uint16_t code);

    TcpSocket& socket() { return socket_; }
    uint16_t close_code() const { return close_code_; }  ///< the peer's; 0 when none came

  private:
    bool on_frame(const WsFrame& frame, MessageSink& sink);

    TcpSocket socket_;
    Role role_ = Role::kServer;
    bool close_sent_ = false;
    uint16_t close_code_ = 0;
    WsOpcode fragment_opcode_ = WsOpcode::kText;
    std::string fragments_;
    bool in_fragments_ = false;
};

}  // namespace trunkline::load
