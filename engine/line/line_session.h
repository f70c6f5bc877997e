#pragma once
// The media socket of one call, as far as carriers are alike: the states from the upgrade to the end, what the caller
// says before the pipeline plays, the watchdogs, the one ending. A carrier's session derives from it and adds the
// protocol; the carrier's src and sink share it. Owned by the call, outlives the pipeline. Shard thread only.
//
//   socket ─▶ carrier's on_text, on_binary ─▶ start(), caller_audio(), caller_digit(), mark_back(), end() ─▶ Source,
//   Sink Sink ─▶ send_media(), send_mark(), send_clear() ─▶ carrier's writer ─▶ socket
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/gst/media_session.h"
#include "engine/line/format.h"
#include "engine/loop/shard.h"

namespace trunkline::line {

struct SessionOptions {
    int start_timeout_ms = 10'000;    ///< from the upgrade to the carrier's start; then the socket is closed
    int media_timeout_ms = 15'000;    ///< no media for so long: the peer is gone, whatever TCP says
    size_t max_held_bytes = 160'000;  ///< caller audio kept until the pipeline plays, oldest dropped
};

class LineSession : public MediaSession, protected WebSocketListener {
  public:
    /// Gets the caller's side; implemented by the carrier's src.
    class Source {
      public:
        virtual ~Source() = default;
        virtual void on_audio(std::span<const uint8_t> audio, int64_t ingress_ns) = 0;
        virtual void on_dtmf(char digit) = 0;
    };
    /// Gets the marks; implemented by the carrier's sink.
    class Sink {
      public:
        virtual ~Sink() = default;
        virtual void on_mark(std::string_view name) = 0;
        /// The carrier reads again: takes_media() is true.
        virtual void on_writable() = 0;
        /// True when everything that was given has been heard.
        virtual bool idle() const = 0;
    };

    ~LineSession() override;

    void begin() override;
    void close(uint16_t code, std::string_view reason, std::function<void()> closed) override;
    bool unheard() const override { return state_ == State::kRunning && sink_ && !sink_->idle(); }
    MediaStats stats() const override { return stats_; }

    void set_source(Source* source) { source_ = source; }
    void set_sink(Sink* sink) { sink_ = sink; }
    const std::string& stream_id() const { return stream_id_; }
    const std::string& encoding() const { return encoding_; }
    /// What is spoken in both directions; known once the stream has started, which is before the pipeline exists.
    const Format& format() const { return format_; }

    /// False when nothing may or can be sent: before the start, after the end, or on a stream that only listens.
    virtual bool send_media(std::span<const uint8_t> audio) = 0;
    virtual bool send_mark(std::string_view name) = 0;
    virtual bool send_clear() = 0;
    /// False while the carrier does not read; marks and clears may be sent all the same.
    virtual bool takes_media() const { return !congested_; }
    /// What the caller has heard; the sink keeps it current.
    void set_played_ms(int64_t played) { stats_.played_ms = played; }
    /// Audio for the caller that was given up; the sink keeps it current.
    void set_dropped_out_ms(int64_t dropped) { stats_.dropped_out_ms = dropped; }

  protected:
    LineSession(Shard* shard, std::unique_ptr<WebSocket> socket, Listener* listener, const SessionOptions& options);

    void on_close(CloseCause cause, uint16_t code, std::string_view reason) override;
    void on_high_watermark() override;
    void on_low_watermark() override;

    // What the carrier says, for its reader.
    bool started() const { return state_ != State::kWaitStart; }
    bool ended() const { return state_ == State::kEnded; }
    void start(const MediaStart& start, const Format& format);
    void caller_audio(std::span<const uint8_t> audio);
    void caller_digit(char digit);
    /// False: no media is to be expected, so its absence is no sign of a dead peer.
    void expect_media(bool expected);
    /// A sign of life.
    void media_came();
    void mark_back(std::string_view name);
    void refuse(std::string_view reason, MediaEnd why);
    void end(MediaEnd end);
    /// One message of garbage is that message's loss alone.
    void ignore(std::string_view why);

    bool may_send() const { return state_ == State::kHolding || state_ == State::kRunning; }
    WebSocket& socket() const { return *socket_; }
    void count_sent(size_t bytes);

  private:
    enum class State { kWaitStart, kHolding, kRunning, kEnded };
    struct Held {
        std::vector<uint8_t> audio;
        int64_t ingress_ns;
        char digit;
    };

    void hold(std::span<const uint8_t> audio, char digit, int64_t now_ns);
    void watch_media();
    void tell_closed();

    Shard* shard_;
    std::unique_ptr<WebSocket> socket_;
    Listener* listener_;
    SessionOptions options_;
    Source* source_ = nullptr;
    Sink* sink_ = nullptr;
    State state_ = State::kWaitStart;
    Format format_;
    std::string stream_id_, encoding_;
    bool socket_gone_ = false;
    std::function<void()> closed_;
    bool congested_ = false, was_congested_ = false;
    bool media_expected_ = true;
    std::deque<Held> held_;
    size_t held_bytes_ = 0;
    TimerId timer_ = 0;
    int64_t last_media_ns_ = 0;
    uint64_t ignored_ = 0;
    MediaStats stats_;
};

}  // namespace trunkline::line
