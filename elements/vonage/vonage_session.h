#pragma once
// The media socket of one Vonage call: protocol state and sending, shared by `vonagesrc` (what the caller says) and
// `vonagesink` (what he hears). The format is the carrier's choice and known from its first message.
#include "elements/vonage/vonage_protocol.h"
#include "engine/line/line_session.h"

namespace trunkline::vonage {

using SessionOptions = line::SessionOptions;

/// Vonage sends nothing in gaps of the caller's RTP stream, and pings find a dead peer sooner. 20 s at 16 kHz are kept.
inline constexpr SessionOptions kSessionOptions{
    .start_timeout_ms = 10'000, .media_timeout_ms = 60'000, .max_held_bytes = 640'000};

class VonageSession final : public line::LineSession {
  public:
    VonageSession(Shard* shard, std::unique_ptr<WebSocket> socket, Listener* listener,
                  const SessionOptions& options = kSessionOptions);

    const char* carrier() const override { return "vonage"; }

    /// One whole frame, nothing else.
    bool send_media(std::span<const uint8_t> frame) override;
    bool send_mark(std::string_view name) override;
    bool send_clear() override;
    /// Only while nothing of ours waits: a clear must not stand behind much audio.
    bool takes_media() const override;

  private:
    void on_text(std::string_view message) override;
    void on_binary(std::span<const uint8_t> message) override;
    void on_connected(std::string_view text);

    std::vector<uint8_t> early_;  // caller audio before the first message
    std::string out_;             // reused for every message
};

}  // namespace trunkline::vonage
