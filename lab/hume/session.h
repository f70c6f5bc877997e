#pragma once
// One socket: what comes first, the checks of every message, limits and faults.
//
//   kOpen → (chat_metadata) → kChat → kOver
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lab/agent/journal.h"
#include "lab/agent/message_log.h"
#include "lab/agent/server.h"
#include "lab/agent/socket.h"
#include "lab/agent/timers.h"
#include "lab/hume/audio.h"
#include "lab/hume/conversation.h"
#include "lab/hume/handshake.h"
#include "lab/hume/lab.h"

namespace trunkline::lab::hume {

class Session : public Link, public agent::ServedSession {
  public:
    struct Opening {
        std::string auth_scheme;
        ChatQuery query;
        bool one_too_many = false;  ///< more chats than options allow
    };
    /// Takes a reference to `socket`. `over` is called once, from the loop, when the socket is closed; it may destroy
    /// this.
    Session(const agent::World& world, SoupWebsocketConnection* socket, HumeOptions options, Opening opening,
            std::function<void()> over);
    ~Session() override;

    int number() const override { return journal_.number(); }
    void farewell() override { close(1001, "the lab stops"); }
    void command(const Command& command) override;

    void send(const std::string& message) override;
    void fatal(const std::string& code, const std::string& text) override;
    void close(int code, const std::string& reason) override;
    void drop() override;

  private:
    enum class Phase { kOpen, kChat, kOver };
    struct Early {
        bool binary;
        std::string bytes;
    };
    void begin();
    void on_text(const std::string& text);
    void on_binary(std::span<const uint8_t> bytes);
    void on_closed(int code);
    void dispatch(const ClientText& message, const std::string& text);
    void settings(const std::string& text);
    void audio(std::span<const uint8_t> bytes);
    void count_audio(size_t bytes);
    void look_at_chunk(const InputDecoder::Chunk& chunk);
    /// Recorded, once per session.
    void advise(const std::string& code, int line, const std::string& what);
    /// A breach of the rules: recorded, and in strict mode an error and the end.
    void breach(const std::string& code, int line, const std::string& what);
    void arm_limits();
    void watch_activity();
    void idle();
    void arm_faults();
    void end_by_limit(const std::string& code, const std::string& what);
    void garbage();
    void write_recording();

    agent::World world_;
    const HumeOptions options_;
    const Opening opening_;
    std::function<void()> over_;
    ChatIds ids_;
    agent::Journal journal_;
    agent::Timers timers_;
    agent::Socket socket_;
    Writer writer_;
    Phase phase_ = Phase::kOpen;
    InputDecoder decoder_;
    std::unique_ptr<Conversation> conversation_;
    std::vector<Early> early_;  // came before chat_metadata was sent
    Samples recorded_;
    agent::MessageLog log_;
    double last_audio_ms_ = -1;
    double active_ms_ = 0;  // when somebody spoke or typed last
    bool inactive_said_ = false;
    unsigned garbage_ = 0;
};

}  // namespace trunkline::lab::hume
