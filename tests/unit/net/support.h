#pragma once
// What the socket tests of this folder share: raw frames, a listener that remembers, and one end of a socket pair as a
// peer that does exactly what it is told.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/loop/shard.h"
#include "engine/net/websocket.h"

namespace trunkline::test {

struct FrameShape {
    bool fin = true;
    bool masked = true;
    int reserved = 0;  ///< RSV1..3 as a number of three bits
};

enum Opcode { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

/// One frame, written without any of the engine's code.
std::string frame(int opcode, std::string_view payload, FrameShape shape = {});
std::string close_payload(int code, std::string_view reason = {});

struct Frame {
    bool fin;
    int opcode;
    bool masked;
    std::string payload;
};
/// Whole frames at the start of `bytes`, unmasked; they are removed from it.
std::vector<Frame> take_frames(std::string& bytes);

/// Remembers everything; may destroy the socket inside any callback.
class Recorder : public WebSocketListener {
  public:
    void on_text(std::string_view message) override;
    void on_binary(std::span<const uint8_t> message) override;
    void on_close(CloseCause cause, uint16_t code, std::string_view reason) override;
    void on_high_watermark() override { ++highs; }
    void on_low_watermark() override { ++lows; }

    std::vector<std::string> texts;
    std::vector<std::string> binaries;
    int closes = 0;
    int highs = 0;
    int lows = 0;
    CloseCause cause = CloseCause::kAborted;
    uint16_t code = 0;
    std::string reason;
    std::unique_ptr<WebSocket> owned;  // destroyed where destroy_on_* says
    bool destroy_on_text = false;
    bool destroy_on_close = false;
    WebSocket* echo = nullptr;
};

/// A WebSocket on a driven shard over a socket pair; `peer` is the other end, non-blocking.
struct Pair {
    Pair(Shard* shard, WebSocket::Role role, const WebSocketOptions& options = {}, std::string_view early = {});
    ~Pair();
    void write(std::string_view bytes) const;
    /// Reads what is there into `received`; false at the end of the stream.
    bool read();
    int peer;
    std::string received;
    bool ended = false;
    std::unique_ptr<WebSocket> socket;
};

}  // namespace trunkline::test
