#pragma once
// The media socket of a simulated call, whatever the carrier: dials the server, speaks and listens in real time, and
// comes to one of five ends.
//
//   CallerVoice ─▶ one message after the other by an absolute clock ─▶ WsClient ─▶ server
//   server ─▶ WsClient ─▶ (held back while a delayed clear is on its way) ─▶ the carrier's queue ─▶ AgentVoice
//
// A carrier derives its wire from it: which messages there are, and when its queue plays what. Lives on one thread's
// main context. Results are written straight into the call's StreamResult.
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "lab/carrier/agent_voice.h"
#include "lab/carrier/caller_voice.h"
#include "lab/carrier/hang_up.h"
#include "lab/carrier/leg_owner.h"
#include "lab/carrier/timer.h"
#include "lab/carrier/wire_format.h"
#include "lab/carrier/ws_client.h"

namespace trunkline::lab {

/// The carrier's numbers for what every media socket can do wrong.
struct LegCodes {
    int no_answer;
    int refused;
    int tls;
    int handshake;
    int broken;                   ///< gone without a close frame
    int closed;                   ///< a close frame of the server
    int protocol;                 ///< RFC 6455 broken, or a message where there must be none
    int congestion;               ///< the server reads too slowly
    bool may_close = false;       ///< a close frame of the server is a warning only
    const char* close_hint = "";  ///< ends the message about it
};

struct LegOptions {
    const LegCodes& codes;  ///< lives as long as the program
    WireFormat wire;
    int jitter_ms = 0;                    ///< each audio message up to so much late
    uint64_t seed = 1;                    ///< of the jitter
    int clear_delay_ms = 0;               ///< the queue plays on so long after a clear, and what follows it waits
    size_t congestion_bytes = 64U << 10;  ///< unsent bytes above which congested() holds
    bool keep_audio = true;
};

class MediaLeg : private WsClient::Handler {
  public:
    MediaLeg(LegOwner& owner, WsDial dial, LegOptions options);
    ~MediaLeg() override;

    void open();
    CallerVoice& caller() { return caller_; }
    const CallerVoice& caller() const { return caller_; }
    void press(std::string_view digits);
    /// As if the network to the carrier had stalled: nothing is read from the server any more, or again.
    void pause_reading(bool pause);
    void hang_up(HangUp how);
    bool over() const { return state_ == State::kOver; }

  protected:
    // What a carrier's wire has to say, in the order of a leg's life.
    virtual void dialing(WsDial& dial);          ///< may still change what is dialed
    virtual void opened() = 0;                   ///< the 101 came: leads to begin_after() or run()
    virtual void begin() = 0;                    ///< sends what comes before the media, then calls run()
    virtual size_t message_samples() const = 0;  ///< how much of the caller's time the next audio message covers
    virtual void send_audio() = 0;
    virtual void send_digit(char digit) = 0;
    virtual void receive(const WsEvent& message) = 0;  ///< text or binary; what may be listened to goes to take()
    virtual void apply(const WsEvent& message) = 0;    ///< everything before it has been played
    virtual void play(int64_t now_ns) = 0;             ///< plays what is due and tells agent() of it
    virtual int64_t next_due_ns() const = 0;           ///< when play() has something to do; INT64_MAX: whenever
    virtual void farewell();                           ///< before the close frame

    /// begin() in so many ms, or at once.
    void begin_after(int delay_ms);
    /// The media runs from now on; what has been spoken already was collected ahead.
    void run();
    bool running() const { return state_ == State::kRunning; }
    bool leaving() const { return state_ == State::kClosing || state_ == State::kOver; }
    int64_t zero_ns() const { return zero_ns_; }  ///< sample 0, once it runs
    void collect_from_now();                      ///< sample 0 is not later than now
    /// `action` while the leg runs: at once, or so much later.
    void later(int delay_ms, std::function<void()> action);
    void finish(LegEnd end);

    void send(std::string_view text) { ws_->send_text(text); }
    WsClient& socket() { return *ws_; }
    AgentVoice& agent() { return agent_; }
    bool congested() const { return ws_->pending() > options_.congestion_bytes; }
    void audio_dropped();  ///< the message was not sent because it is congested()
    void delay_audio(int ms) { audio_shift_ns_ += ms * int64_t{1'000'000}; }

    /// Judges nothing, but lets what stands before `message` be played, and holds it back behind a delayed clear.
    void take(const WsEvent& message);

    void violation(int code, bool warning, std::string message);
    /// A warning; a second one of that code is only counted.
    void warn_once(int code, std::string message);
    void protocol_error(const std::string& what);
    void note(std::string_view kind, std::string detail) { book_.note(kind, std::move(detail)); }
    double call_ms() const { return book_.call_ms(); }
    StreamResult& result() const { return book_.result(); }

  private:
    enum class State { kIdle, kDialing, kOpen, kRunning, kClosing, kOver };
    struct HeldMessage {
        int64_t due_ns;
        WsEvent message;
    };

    void ws_opened() override;
    void ws_failed(DialFault fault, int status, const std::string& message) override;
    void ws_event(const WsEvent& event) override;
    void ws_gone(const std::string& reason) override;

    void tick();
    void advance(int64_t now_ns);
    void schedule();
    void plan_next_audio();
    void send_due_digits(int64_t now_ns);

    const LegBook book_;
    WsDial dial_;
    const LegOptions options_;
    State state_ = State::kIdle;
    std::shared_ptr<WsClient> ws_;
    CallerVoice caller_;
    AgentVoice agent_;
    Timer timer_;
    std::mt19937_64 random_;
    int64_t zero_ns_ = INT64_MAX;
    bool half_open_ = false;  // the socket stays when the leg is over
    int64_t give_up_ns_ = 0;  // when closing: the server had its time

    int64_t next_audio_ns_ = 0;
    int64_t audio_shift_ns_ = 0;
    std::string digits_;
    int64_t next_digit_ns_ = 0;

    std::deque<HeldMessage> held_;
    std::multimap<int64_t, std::function<void()>> late_;  // by due time
    std::map<int, size_t> warned_;
};

}  // namespace trunkline::lab
