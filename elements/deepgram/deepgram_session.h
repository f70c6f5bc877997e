#pragma once
// One conversation with Deepgram's voice agent, over one connection or, when a connection is lost, over its successor:
//
//   dial ──▶ Welcome ──▶ Settings (exactly one) ──▶ SettingsApplied ──▶ talk ──▶ close 1000
//     ▲                                                                   │
//     └── back-off, at most 3 tries in a row ◀── lost, or closed too early ┘   (the talk so far goes along)
//
// No GStreamer here. Shard thread only.
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "elements/deepgram/deepgram_protocol.h"
#include "elements/deepgram/deepgram_settings.h"
#include "elements/deepgram/past_talk.h"
#include "engine/agent/session.h"

namespace trunkline::deepgram {

using agent::SessionEnd;

struct SessionOptions {
    std::string url;
    std::string api_key;                                ///< never logged; empty = no Authorization header
    std::chrono::milliseconds connect_timeout{10'000};  ///< of the dial, and again of each answer of the handshake
    std::chrono::milliseconds keep_alive{8'000};
};

class SessionListener : public agent::SessionListener {
  public:
    /// SettingsApplied; again after each reconnect. Kept audio of both directions follows.
    virtual void on_ready(const std::string& request_id) = 0;
    virtual void on_message(const ServerMessage& message) = 0;
    virtual void on_audio(std::span<const uint8_t> audio) = 0;
};

class Session : public agent::Session {
  public:
    Session(Shard* shard, SessionOptions options, SessionListener* listener);
    ~Session() override { close(); }

    /// What to send after Welcome; the handshake waits for it. Once.
    void configure(Settings settings, AudioFormat input, AudioFormat output);
    /// A finished tool call, for the memory of a reconnect.
    void remember(PastCall call) { past_.add(std::move(call)); }
    /// A prompt that came after Settings is sent again after a reconnect.
    void update_prompt(std::string prompt);

  private:
    WebSocketRequest request() override;
    SessionEnd refused(const UpgradeRefusal& refusal) override;
    void on_opened() override;
    bool on_handshake(std::string_view text) override;
    void on_ready(std::vector<std::string>& first) override;
    void on_message(std::string_view text) override;
    void on_agent_audio(std::span<const uint8_t> audio) override { listener_->on_audio(audio); }
    std::string no_second_try() const override;
    void on_dropped() override { shard()->cancel(std::exchange(keep_alive_, 0)); }

    void send_settings();
    void on_server_error(const ServerError& error);
    void arm_keep_alive();

    SessionOptions options_;
    SessionListener* listener_;
    bool welcomed_ = false;
    bool applying_ = false;  ///< Settings were sent on this connection
    TimerId keep_alive_ = 0;
    std::optional<Settings> settings_;
    AudioFormat input_, output_;
    std::string request_id_, prompt_;
    PastTalk past_;
};

}  // namespace trunkline::deepgram
