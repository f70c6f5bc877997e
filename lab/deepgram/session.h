#pragma once
// One socket: the handshake's order, the checks of every frame, timeouts, the session's limits and the faults.
//
//   kOpen → (Welcome) → kWelcomed → (Settings) → kSettings → (SettingsApplied) → kApplied → kOver
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lab/agent/message_log.h"
#include "lab/agent/server.h"
#include "lab/agent/socket.h"
#include "lab/deepgram/audio.h"
#include "lab/deepgram/conversation.h"
#include "lab/deepgram/lab.h"

namespace trunkline::lab::deepgram {

class Session : public Link, public agent::ServedSession {
  public:
    /// Takes a reference to `socket`. `over` is called once, from the loop, when the socket is closed; it may destroy
    /// this.
    Session(const agent::World& world, SoupWebsocketConnection* socket, DeepgramOptions options,
            const std::string& auth_scheme, const std::string& request_id, std::function<void()> over);
    ~Session() override;

    int number() const override { return journal_.number(); }
    void farewell() override;
    void command(const Command& command) override;

    void send(const std::string& message) override;
    void send_audio(std::span<const uint8_t> bytes) override;
    void fatal(const std::string& code, const std::string& description) override;
    void close(int code) override;
    void drop() override;

  private:
    enum class Phase { kOpen, kWelcomed, kSettings, kApplied, kOver };
    void on_text(const std::string& text);
    void on_binary(std::span<const uint8_t> bytes);
    void on_closed(int code);
    bool admit(const std::string& type, const std::string& text);
    void dispatch(const std::string& type, const std::string& text);
    void settings(const std::string& text);
    void update(const std::string& type, const std::string& text);
    void applied();
    void arm_faults();
    void arm_limits();
    void watch_silence();
    /// A breach of the rules: recorded, and in strict mode the end.
    void breach(const std::string& code, int line, const std::string& what);
    void garbage();
    void stall(int ms);
    void write_recording();

    agent::World world_;
    const DeepgramOptions options_;
    std::function<void()> over_;
    Journal journal_;
    Timers timers_;
    agent::Socket socket_;
    LatencyModel latency_;
    Phase phase_ = Phase::kOpen;
    std::unique_ptr<InputDecoder> decoder_;
    std::unique_ptr<Conversation> conversation_;
    Settings settings_;
    Samples recorded_;
    agent::MessageLog log_;
    double last_frame_ms_ = 0;  ///< that keeps the session alive
    double last_audio_ms_ = -1;
    unsigned garbage_ = 0;
};

}  // namespace trunkline::lab::deepgram
