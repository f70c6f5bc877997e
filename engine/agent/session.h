#pragma once
// The connection to a voice agent, or, when it is lost, to its successor. What a backend's own protocol says in the
// handshake and afterwards is filled in by its Session; here are the states, what waits, and the retries:
//
//   dial ──▶ handshake ──▶ ready ──▶ close 1000
//     ▲                      │
//     └── back-off, bounded ◀┘ lost, or closed too early
//
// Caller audio that comes before the agent is ready waits (10 s, the oldest goes first); what the agent sends too early
// waits too (2 MiB). No GStreamer here. Shard thread only.
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/agent/audio_format.h"
#include "engine/loop/shard.h"
#include "engine/net/farewell.h"
#include "engine/net/websocket.h"
#include "engine/net/websocket_client.h"

namespace trunkline::agent {

/// Why a session is over.
struct SessionEnd {
    bool failed = false;     ///< false: the agent closed in the normal way
    bool retryable = false;  ///< a new call may have better luck
    std::string code;  ///< "backend-closed", "unauthorized", "dial-failed", "connection-lost", "slow-backend", or the
                       ///< server's own error code
    std::string message;
    int attempt = 0;  ///< tries in a row that failed
};

class SessionListener {
  public:
    virtual ~SessionListener() = default;
    /// The connection is gone and the next try waits its back-off; calls of tools belong to what is gone.
    virtual void on_reconnect(int attempt, std::string_view why) = 0;
    /// Once, the last call; not after close(). The session may be destroyed only in a deferred task.
    virtual void on_end(const SessionEnd& end) = 0;
};

struct ConnectOptions {
    std::string component;                              ///< in the log
    std::chrono::milliseconds connect_timeout{10'000};  ///< of the dial, and again of each answer of the handshake
    std::chrono::milliseconds first_back_off{250};      ///< doubles with every try in a row, up to 2 s
    std::string secret;                                 ///< the API key: hidden wherever the peer's words are shown
};

struct SessionCounters {
    uint64_t dropped_caller_bytes = 0;  ///< no room before the agent was ready
    uint64_t dropped_agent_bytes = 0;
    uint64_t bad_messages = 0;
};

/// Close codes after which the same talk may go on over a new connection.
bool code_may_pass(uint16_t code);

/// The end of a session whose dial was answered with a 4xx status: what to check when the key (401, 403) or the address
/// (404) was not taken, as it stands behind "check ".
SessionEnd end_of_refusal(const UpgradeRefusal& refusal, const char* key, const char* address);

class Session : private WebSocketListener {
  public:
    static constexpr int kMaxTries = 3;
    static constexpr std::chrono::seconds kMaxCallerWait{10};
    static constexpr size_t kMaxAgentWait = 2U << 20;
    static constexpr size_t kMaxAgentFrames = 16'384;  ///< they may be empty
    static constexpr std::chrono::seconds kMaxUnsent{5};

    ~Session() override;

    /// Dials; before start_talk() the connection is made but nothing on it is read.
    void start();
    /// From now on messages are delivered; once.
    void start_talk();
    /// One piece of caller audio; never sent when empty.
    void send_audio(std::span<const uint8_t> audio);
    /// One control message, at once or when the agent is ready (at most 32 wait). False: no room, or the session is
    /// over.
    bool send_text(std::string text);
    /// Until resume() what the server sends is kept: an interruption that is done in the next loop turn must not meet
    /// audio of the reply after it.
    void hold() { holding_ = true; }
    void resume();
    /// Ends from our side with 1000; on_end() does not follow.
    void close();
    /// What is left of a closed connection; it lives on the shard until the peer has answered, or somebody abandons it.
    std::weak_ptr<Farewell> farewell() const { return farewell_; }
    bool over() const { return state_ == State::kOver; }
    /// What the peer says, as it may be logged and stored: a refusal may repeat the address it was asked for, with the
    /// key in it.
    std::string shown(std::string text) const;
    const SessionCounters& counters() const { return counters_; }

  protected:
    enum class State { kIdle, kDialing, kHandshake, kReady, kBackOff, kOver };

    Session(Shard* shard, ConnectOptions options, SessionListener* listener);

    // --- what the backend fills in. A destructor calls close() before its own members go.
    virtual WebSocketRequest request() = 0;
    /// The end of a session whose dial was answered with a 4xx status.
    virtual SessionEnd refused(const UpgradeRefusal& refusal) = 0;
    /// Whether a dial that was refused so may be tried again.
    virtual bool refusal_may_pass(int http_status) { return http_status < 400 || http_status >= 500; }
    /// The socket is open and read from now on; arms a deadline for what must come first.
    virtual void on_opened() = 0;
    /// A text before become_ready(). False: it is none of the handshake, and is kept.
    virtual bool on_handshake(std::string_view text) = 0;
    /// become_ready() was called; what waited follows, after `first` texts.
    virtual void on_ready(std::vector<std::string>& first) = 0;
    virtual void on_message(std::string_view text) = 0;
    virtual void on_agent_audio(std::span<const uint8_t> audio) = 0;
    virtual void write_audio(WebSocket& socket, std::span<const uint8_t> audio) { socket.send_binary(audio); }
    /// The connection is gone for a reason that may pass. Not empty: why there is no second try all the same.
    virtual std::string no_second_try() const { return {}; }
    /// The connection ended with `why`; decides by end() or retry().
    virtual void on_lost(CloseCause cause, uint16_t code, std::string why);
    /// Timers of the backend end here.
    virtual void on_dropped() {}

    void become_ready();
    void retry(std::string code, std::string why);
    void end(SessionEnd end);
    /// The server has to send `what` in time, or the connection is given up.
    void arm_deadline(const char* what);
    void cancel_deadline();
    void count_bad_message(const std::string& why);

    Shard* shard() const { return shard_; }
    State state() const { return state_; }
    bool ready() const { return state_ == State::kReady; }
    WebSocket* socket() const { return socket_.get(); }
    int64_t last_audio_ns() const { return last_audio_ns_; }
    void touch_audio(int64_t now) { last_audio_ns_ = now; }
    const std::string& component() const { return options_.component; }
    /// Bytes of caller audio per second, as they are kept and as they go over the wire.
    void set_rates(size_t kept, size_t wire);

  private:
    void on_text(std::string_view text) override;
    void on_binary(std::span<const uint8_t> audio) override;
    void on_close(CloseCause cause, uint16_t code, std::string_view reason) override;
    void on_high_watermark() override;

    void dial();
    void on_dialed(Result<std::unique_ptr<WebSocket>> socket, const UpgradeRefusal& refusal);
    void listen();
    void drop_connection(std::string_view why);
    void hold_caller_audio(std::span<const uint8_t> audio);
    void hold_early(bool binary, std::string_view bytes);
    void send_waiting(std::vector<std::string> first);
    void deliver_early();

    Shard* shard_;
    ConnectOptions options_;
    SessionListener* listener_;
    State state_ = State::kIdle;
    bool talking_ = false;
    bool holding_ = false;

    std::unique_ptr<WebSocketDial> dial_;
    std::unique_ptr<WebSocket> socket_;
    std::weak_ptr<Farewell> farewell_;
    TimerId deadline_ = 0, back_off_ = 0;
    int tries_ = 0;
    int64_t ready_ns_ = 0, last_audio_ns_ = 0;
    size_t kept_rate_ = 16'000, wire_rate_ = 16'000;

    std::deque<std::vector<uint8_t>> caller_wait_;
    size_t caller_wait_bytes_ = 0;
    /// A frame of the server that came too early, or while held; text too, so that nothing overtakes audio.
    struct EarlyFrame {
        bool binary = false;
        std::string bytes;
    };
    std::deque<EarlyFrame> agent_wait_;
    size_t agent_wait_bytes_ = 0;
    std::deque<std::string> text_wait_;
    size_t burst_bytes_ = 0;  ///< of what was sent at once when ready, not taken yet: no sign of a slow peer
    SessionCounters counters_;
};

}  // namespace trunkline::agent
