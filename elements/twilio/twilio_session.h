#pragma once
// The media socket of one Twilio call: protocol state and sending, shared by `twiliosrc` (what the caller says) and
// `twiliosink` (what he hears).
#include "elements/twilio/twilio_protocol.h"
#include "engine/line/line_session.h"

namespace trunkline::twilio {

using SessionOptions = line::SessionOptions;

class TwilioSession final : public line::LineSession {
  public:
    TwilioSession(Shard* shard, std::unique_ptr<WebSocket> socket, Listener* listener,
                  const SessionOptions& options = {})
        : LineSession(shard, std::move(socket), listener, options) {}

    const char* carrier() const override { return "twilio"; }

    bool send_media(std::span<const uint8_t> mulaw) override;
    bool send_mark(std::string_view name) override;
    bool send_clear() override;

  private:
    void on_text(std::string_view message) override;
    void on_binary(std::span<const uint8_t>) override { ignore("binary message"); }
    void on_start(std::string_view text);
    void on_media(const Message& message);
    bool may_speak() const { return may_send() && !listen_only_; }
    bool send();

    bool listen_only_ = false;
    std::string out_;  // reused for every message
};

}  // namespace trunkline::twilio
