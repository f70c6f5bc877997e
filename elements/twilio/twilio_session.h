#pragma once
// The media socket of one Twilio call: protocol state and sending, shared by `twiliosrc` (what the caller says) and
// `twiliosink` (what he hears). Owned by the call, outlives the pipeline. Shard thread only.
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "elements/twilio/twilio_protocol.h"
#include "engine/gst/media_session.h"
#include "engine/loop/shard.h"

namespace trunkline::twilio {

struct SessionOptions {
    int start_timeout_ms = 10'000;    ///< from the upgrade to `start`; then the socket is closed
    int media_timeout_ms = 15'000;    ///< no media for so long: the peer is gone, whatever TCP says
    size_t max_held_bytes = 160'000;  ///< caller audio kept until the pipeline plays (20 s), oldest dropped
};

class TwilioSession final : public MediaSession, private WebSocketListener {
  public:
    /// Gets the caller's side; implemented by twiliosrc.
    class Source {
      public:
        virtual ~Source() = default;
        virtual void on_audio(std::span<const uint8_t> mulaw, int64_t ingress_ns) = 0;
        virtual void on_dtmf(char digit) = 0;
    };
    /// Gets the marks; implemented by twiliosink.
    class Line {
      public:
        virtual ~Line() = default;
        virtual void on_mark(std::string_view name) = 0;
        /// The carrier reads again: takes_media() is true.
        virtual void on_writable() = 0;
        /// True when everything that was given has been heard.
        virtual bool idle() const = 0;
    };

    TwilioSession(Shard* shard, std::unique_ptr<WebSocket> socket, Listener* listener, SessionOptions options = {});
    ~TwilioSession() override;

    const char* carrier() const override { return "twilio"; }
    void begin() override;
    void close(uint16_t code, std::string_view reason, std::function<void()> closed) override;
    bool unheard() const override { return state_ == State::kRunning && line_ && !line_->idle(); }
    MediaStats stats() const override;

    void set_source(Source* source) { source_ = source; }
    void set_line(Line* line) { line_ = line; }
    const std::string& stream_sid() const { return stream_sid_; }

    /// False when nothing may or can be sent: before `start`, after the end, or on a stream that only listens.
    bool send_media(std::span<const uint8_t> mulaw);
    /// False from the socket's high watermark to the low one; marks and clears may be sent all the same.
    bool takes_media() const { return !congested_; }
    bool send_mark(std::string_view name);
    bool send_clear();
    /// What the carrier's marks have acknowledged; twiliosink keeps it current.
    void set_played_ms(int64_t played) { played_ms_ = played; }
    /// Audio for the caller that was given up; twiliosink keeps it current.
    void set_dropped_out_ms(int64_t dropped) { stats_.dropped_out_ms = dropped; }

  private:
    enum class State { kWaitStart, kHolding, kRunning, kEnded };

    void on_text(std::string_view message) override;
    void on_binary(std::span<const uint8_t> message) override;
    void on_close(CloseCause cause, uint16_t code, std::string_view reason) override;
    void on_high_watermark() override;
    void on_low_watermark() override;

    void on_start(std::string_view text);
    void on_media(const Message& message);
    void hold(std::span<const uint8_t> audio, char digit, int64_t now_ns);
    void refuse(std::string_view reason, MediaEnd why);
    void watch_media();
    void end(MediaEnd end);
    void tell_closed();
    bool send(const std::string& text);
    bool may_send() const;

    Shard* shard_;
    std::unique_ptr<WebSocket> socket_;
    Listener* listener_;
    SessionOptions options_;
    Source* source_ = nullptr;
    Line* line_ = nullptr;
    State state_ = State::kWaitStart;
    bool socket_gone_ = false;
    std::function<void()> closed_;
    std::string stream_sid_;
    bool listen_only_ = false;
    bool congested_ = false, was_congested_ = false;
    struct Held {
        std::vector<uint8_t> audio;
        int64_t ingress_ns;
        char digit;
    };
    std::deque<Held> held_;
    size_t held_bytes_ = 0;
    std::string out_;  // reused for every message
    TimerId timer_ = 0;
    int64_t last_media_ns_ = 0;
    int64_t played_ms_ = 0;
    uint64_t ignored_ = 0;
    MediaStats stats_;
};

}  // namespace trunkline::twilio
