#pragma once
// One conversation with a voice agent, over one connection or, when a connection is lost, over its successor:
//
//   dial ──▶ Welcome ──▶ Settings (exactly one) ──▶ SettingsApplied ──▶ talk ──▶ close 1000
//     ▲                                                                   │
//     └── back-off, at most 3 tries in a row ◀── lost, or closed too early ┘   (the talk so far goes along)
//
// Caller audio that comes before SettingsApplied waits (10 s, the oldest goes first); agent audio that comes before it
// waits too (2 MiB). No GStreamer here. Shard thread only.
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "elements/deepgram/deepgram_protocol.h"
#include "elements/deepgram/deepgram_settings.h"
#include "elements/deepgram/past_talk.h"
#include "engine/loop/shard.h"
#include "engine/net/farewell.h"
#include "engine/net/websocket.h"
#include "engine/net/websocket_client.h"

namespace trunkline::deepgram {

struct SessionOptions {
    std::string url;
    std::string api_key;                                ///< never logged; empty = no Authorization header
    std::chrono::milliseconds connect_timeout{10'000};  ///< of the dial, and again of each answer of the handshake
    std::chrono::milliseconds keep_alive{8'000};
    std::chrono::milliseconds first_back_off{250};  ///< doubles with every try in a row, up to 2 s
};

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
    /// SettingsApplied; again after each reconnect. Kept audio of both directions follows.
    virtual void on_ready(const std::string& request_id) = 0;
    virtual void on_message(const ServerMessage& message) = 0;
    virtual void on_audio(std::span<const uint8_t> audio) = 0;
    /// The connection is gone and the next try waits its back-off; calls of tools belong to what is gone.
    virtual void on_reconnect(int attempt, std::string_view why) = 0;
    /// Once, the last call; not after close(). The session may be destroyed only in a deferred task.
    virtual void on_end(const SessionEnd& end) = 0;
};

struct SessionCounters {
    uint64_t dropped_caller_bytes = 0;  ///< no room before SettingsApplied
    uint64_t dropped_agent_bytes = 0;
    uint64_t bad_messages = 0;
};

class Session : private WebSocketListener {
  public:
    static constexpr int kMaxTries = 3;
    static constexpr std::chrono::seconds kMaxCallerWait{10};
    static constexpr size_t kMaxAgentWait = 2U << 20;
    static constexpr std::chrono::seconds kMaxUnsent{5};

    Session(Shard* shard, SessionOptions options, SessionListener* listener);
    ~Session() override;

    /// Dials; before start_talk() the connection is made but nothing on it is read.
    void start();
    /// From now on messages are delivered; once.
    void start_talk();
    /// What to send after Welcome; the handshake waits for it. Once.
    void configure(Settings settings, AudioFormat input, AudioFormat output);

    /// One binary message of caller audio; never sent when empty.
    void send_audio(std::span<const uint8_t> audio);
    /// One control message, at once or after SettingsApplied (at most 32 wait). False: no room, or the session is over.
    bool send_text(std::string text);
    /// A finished tool call, for the memory of a reconnect.
    void remember(PastCall call) { past_.add(std::move(call)); }
    /// A prompt that came after Settings is sent again after a reconnect.
    void update_prompt(std::string prompt);
    /// Until resume() what the server sends is kept: an interruption that is done in the next loop turn must not meet
    /// audio of the reply after it.
    void hold() { holding_ = true; }
    void resume();
    /// Ends from our side with 1000; on_end() does not follow.
    void close();
    /// What is left of a closed connection; it lives on the shard until the peer has answered, or somebody abandons it.
    std::weak_ptr<Farewell> farewell() const { return farewell_; }

    bool ready() const { return state_ == State::kReady; }
    bool over() const { return state_ == State::kOver; }
    const SessionCounters& counters() const { return counters_; }
    const std::string& request_id() const { return request_id_; }

  private:
    enum class State { kIdle, kDialing, kWelcome, kApplying, kReady, kBackOff, kOver };

    void on_text(std::string_view text) override;
    void on_binary(std::span<const uint8_t> audio) override;
    void on_close(CloseCause cause, uint16_t code, std::string_view reason) override;
    void on_high_watermark() override;

    void dial();
    void on_dialed(Result<std::unique_ptr<WebSocket>> socket, const UpgradeRefusal& refusal);
    void listen();
    void send_settings();
    void on_applied();
    void on_server_error(const ServerError& error);
    void retry(std::string code, std::string why);
    void end(SessionEnd end);
    void arm_deadline(const char* what);
    void arm_keep_alive();
    void drop_connection(std::string_view why);
    void cancel_timers();
    void hold_caller_audio(std::span<const uint8_t> audio);
    void hold_early(bool binary, std::string_view bytes);
    void send_waiting();
    void deliver_early();
    void deliver(std::string_view text);

    Shard* shard_;
    SessionOptions options_;
    SessionListener* listener_;
    State state_ = State::kIdle;
    bool talking_ = false;
    bool welcomed_ = false;
    bool holding_ = false;

    std::unique_ptr<WebSocketDial> dial_;
    std::unique_ptr<WebSocket> socket_;
    std::weak_ptr<Farewell> farewell_;
    TimerId deadline_ = 0, keep_alive_ = 0, back_off_ = 0;
    int tries_ = 0;
    int64_t ready_ns_ = 0, last_audio_ns_ = 0;

    std::optional<Settings> settings_;
    AudioFormat input_, output_;
    std::string request_id_, prompt_;
    PastTalk past_;

    std::deque<std::vector<uint8_t>> caller_wait_;
    size_t caller_wait_bytes_ = 0;
    /// A frame of the server that came before SettingsApplied, or while held; text too, so that nothing overtakes
    /// audio.
    struct EarlyFrame {
        bool binary = false;
        std::string bytes;
    };
    std::deque<EarlyFrame> agent_wait_;
    size_t agent_wait_bytes_ = 0;
    std::deque<std::string> text_wait_;
    size_t burst_bytes_ = 0;  ///< of what was sent at once after SettingsApplied, not taken yet: no sign of a slow peer
    SessionCounters counters_;
};

}  // namespace trunkline::deepgram
