#pragma once
// One socket: the handshake's order, the checks of every frame, timeouts and the session's limits.
//
//   kOpen → (Welcome) → kWelcomed → (Settings) → kSettings → (SettingsApplied) → kApplied
#include <memory>
#include <string>

#include "lab/agent/latency.h"
#include "lab/agent/session.h"
#include "lab/deepgram/audio.h"
#include "lab/deepgram/conversation.h"

namespace trunkline::lab::deepgram {

class Session : public agent::Session {
  public:
    Session(agent::Opening opening, std::shared_ptr<const DeepgramOptions> options, const std::string& auth_scheme,
            const std::string& request_id = agent::new_id());
    void farewell() override;

  private:
    enum class Phase { kOpen, kWelcomed, kSettings, kApplied };
    void on_text(const std::string& text) override;
    void on_binary(std::span<const uint8_t> bytes) override;
    std::string error(const std::string& code, const std::string& text) const override;
    void warn(const std::string& code) override;
    agent::Conversation* conversation() override { return conversation_.get(); }

    bool admit(const std::string& type);
    void dispatch(const std::string& type, const std::string& text);
    void settings(const std::string& text);
    void update(const std::string& type, const std::string& text);
    void applied();
    void arm_limits();
    void watch_silence();
    void check_prompt();

    const DeepgramOptions& options_;  // kept by the base
    agent::LatencyModel latency_;
    Phase phase_ = Phase::kOpen;
    std::unique_ptr<InputDecoder> decoder_;
    std::unique_ptr<Conversation> conversation_;
    Settings settings_;
    double last_frame_ms_ = 0;  ///< that keeps the session alive
};

}  // namespace trunkline::lab::deepgram
