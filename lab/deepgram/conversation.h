#pragma once
// One conversation after SettingsApplied: hears turns, thinks for a while, calls functions, answers with speech.
//
//   on_speech  → stop audio, cancel the pending reply → UserStartedSpeaking
//   on_hearing → [stt] ConversationText user → [think] AgentThinking, functions → [speak] Voice
#include <string>

#include "lab/agent/conversation.h"
#include "lab/deepgram/functions.h"
#include "lab/deepgram/voice.h"

namespace trunkline::lab::deepgram {

class Conversation : public agent::Conversation {
  public:
    Conversation(agent::Session& session, const DeepgramOptions& options, Settings settings);

    /// Speaks the greeting after `delay_ms`.
    void greet(double delay_ms);
    void hear(std::span<const int16_t> samples_8k) { listener_.hear(samples_8k); }
    void inject_user(const std::string& text) { turn("", text); }
    void inject_agent(const std::string& text, const std::string& behavior);
    Functions& functions() { return functions_; }
    void say(const std::string& line) override { voice_.say({line}, {}); }
    void user_speaks() override;
    void finish() override;

  private:
    void heard(const Hearing& hearing) override { turn(hearing.name(), hearing.transcript()); }
    void turn(const std::string& name, const std::string& text);
    void respond(const Reply& reply, const agent::TurnLatency& latency) override;
    void spoken_reply(const Reply& reply, const Functions::Outcome& outcome, const agent::TurnLatency& latency,
                      double tool_ms);
    /// The reply that is thought about or spoken is void.
    void drop_reply();

    const DeepgramOptions& options_;
    const Settings settings_;
    Functions functions_;
    Voice voice_;
    bool hang_up_ = false;  ///< after the present reply
};

}  // namespace trunkline::lab::deepgram
