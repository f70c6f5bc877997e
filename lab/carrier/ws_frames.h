#pragma once
// RFC 6455 framing for the client side, on bytes alone. Own code and not a library on purpose: the simulated carrier
// must see what a library hides (fragmented control frames, masks, reserved bits) and must be able to send at byte
// level.
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::lab {

struct WsEvent {
    enum class Kind { kText, kBinary, kPing, kPong, kClose, kViolation };
    Kind kind = Kind::kText;
    std::string data;         ///< payload, reason of a close, or what was violated
    uint16_t close_code = 0;  ///< of kClose; 1005 when the frame carried none
};

/// Turns bytes of a server into messages. After a kViolation nothing more comes out: the connection is beyond repair.
class WsFrameReader {
  public:
    explicit WsFrameReader(size_t max_message = 16U << 20) : max_message_(max_message) {}
    void feed(std::string_view bytes);
    std::optional<WsEvent> next();
    int fragmented_messages() const { return fragmented_; }  ///< data messages that came in pieces; legal, but counted

  private:
    bool take_frame();
    void control(uint8_t opcode, std::string payload);
    void data(bool fin, uint8_t opcode, std::string payload);
    void violate(std::string what);

    const size_t max_message_;
    std::string input_;
    size_t at_ = 0;
    std::deque<WsEvent> events_;
    std::string message_;
    uint8_t message_opcode_ = 0;  // 0: no message is open
    bool broken_ = false;
    int fragmented_ = 0;
};

inline constexpr uint8_t kWsContinuation = 0;
inline constexpr uint8_t kWsText = 1;
inline constexpr uint8_t kWsBinary = 2;
inline constexpr uint8_t kWsClose = 8;
inline constexpr uint8_t kWsPing = 9;
inline constexpr uint8_t kWsPong = 10;

/// One final frame of a client, masked with `mask`.
void append_ws_frame(std::string& out, uint8_t opcode, std::string_view payload, uint32_t mask);
/// The payload of a close frame.
std::string ws_close_payload(uint16_t code, std::string_view reason);
/// The value of Sec-WebSocket-Accept that belongs to `key`.
std::string ws_accept_for(std::string_view key);

}  // namespace trunkline::lab
