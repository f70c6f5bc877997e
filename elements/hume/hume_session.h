#pragma once
// One chat with Hume EVI, over one connection or, when a connection is lost, over its successor:
//
//   dial (query: key, config, settings) ──▶ session_settings ──▶ chat_metadata ──▶ talk ──▶ close 1000
//     ▲                                                                             │
//     └── back-off, at most 3 tries in a row, with resumed_chat_group_id ◀── lost ──┘
//
// Audio waits until both messages have passed. No GStreamer here. Shard thread only.
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "elements/hume/hume_protocol.h"
#include "elements/hume/hume_settings.h"
#include "engine/agent/audio_format.h"
#include "engine/agent/session.h"

namespace trunkline::hume {

struct SessionOptions {
    std::string url;
    std::string api_key;                                ///< never logged; goes in the query
    std::string greeting;                               ///< said once, when the first connection is ready
    std::chrono::milliseconds connect_timeout{10'000};  ///< of the dial, and again of chat_metadata
    bool binary_audio = false;                          ///< raw frames instead of audio_input messages
};

class SessionListener : public agent::SessionListener {
  public:
    /// The chat can be talked in; again after each reconnect. Kept audio of both directions follows.
    virtual void on_ready(const ChatMetadata& chat) = 0;
    virtual void on_message(const ServerMessage& message) = 0;
};

class Session : public agent::Session {
  public:
    Session(Shard* shard, SessionOptions options, Settings settings, SessionListener* listener);
    ~Session() override { close(); }

    /// The caller's audio has this format; the settings wait for it. Once.
    void configure(agent::AudioFormat input);
    /// A prompt that comes in the talk; a new connection begins with it.
    void update_prompt(std::string prompt);
    void skip_message(const std::string& why) { count_bad_message(why); }

  private:
    WebSocketRequest request() override;
    agent::SessionEnd refused(const UpgradeRefusal& refusal) override;
    bool refusal_may_pass(int http_status) override;
    void on_opened() override;
    bool on_handshake(std::string_view text) override;
    void on_ready(std::vector<std::string>& first) override;
    void on_message(std::string_view text) override;
    void on_agent_audio(std::span<const uint8_t> audio) override;
    void write_audio(WebSocket& socket, std::span<const uint8_t> audio) override;
    void on_lost(CloseCause cause, uint16_t code, std::string why) override;

    void send_settings();
    void on_server_error(const ServerError& error);

    SessionOptions options_;
    Settings settings_;
    SessionListener* listener_;
    std::optional<agent::AudioFormat> input_;
    bool opened_ = false, settings_sent_ = false;  // of this connection
    std::optional<ChatMetadata> chat_;             // of this connection
    std::string group_;
    bool greeted_ = false;
    std::optional<ServerError> last_error_;  // of this connection
    int64_t last_error_ns_ = 0;
    std::string message_;  // scratch
};

}  // namespace trunkline::hume
