#pragma once
// One socket: what comes first, the checks of every message and the limits.
//
//   opened → (chat_metadata) → begun
#include <memory>
#include <string>
#include <vector>

#include "lab/agent/session.h"
#include "lab/hume/audio.h"
#include "lab/hume/conversation.h"
#include "lab/hume/handshake.h"

namespace trunkline::lab::hume {

class Session : public agent::Session {
  public:
    /// What the request says.
    struct Chat {
        std::string auth_scheme;
        ChatQuery query;
        bool one_too_many = false;  ///< more chats than options allow
    };
    Session(agent::Opening opening, std::shared_ptr<const HumeOptions> options, Chat chat);
    void command(const agent::Command& command) override;

  private:
    struct Early {
        bool binary;
        std::string bytes;
    };
    Session(agent::Opening opening, std::shared_ptr<const HumeOptions> options, Chat chat, ChatIds ids);
    void on_text(const std::string& text) override;
    void on_binary(std::span<const uint8_t> bytes) override;
    std::string error(const std::string& code, const std::string& text) const override;
    std::string error_reason(const std::string& code) const override { return slug_of(code); }
    agent::Conversation* conversation() override { return conversation_.get(); }

    void begin();
    void take_text(const std::string& text);
    void take_binary(std::span<const uint8_t> bytes);
    void dispatch(const ClientText& message, const std::string& text);
    void settings(const std::string& text);
    void audio(std::span<const uint8_t> bytes);
    void count(size_t bytes);
    void look_at_chunk(const InputDecoder::Chunk& chunk);
    /// Recorded, once per session.
    void advise(const std::string& code, int line, const std::string& what);
    void arm_limits();
    void watch_activity();
    void idle();
    void end_by_limit(const std::string& code, const std::string& what);

    const HumeOptions& options_;  // kept by the base
    const Chat chat_;
    const ChatIds ids_;
    Writer writer_;
    bool begun_ = false;
    InputDecoder decoder_;
    std::unique_ptr<Conversation> conversation_;
    std::vector<Early> early_;  // came before chat_metadata was sent
    double active_ms_ = 0;      // when somebody spoke or typed last
    bool inactive_said_ = false;
};

}  // namespace trunkline::lab::hume
