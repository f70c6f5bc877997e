#pragma once
// The talk of one call with Deepgram's agent: its messages, and the lines that may be refused.
#include <string>

#include "elements/deepgram/agent_config.h"
#include "elements/deepgram/deepgram_session.h"
#include "elements/deepgram/injector.h"
#include "engine/agent/talk.h"

namespace trunkline::deepgram {

class Talk : public agent::Talk, private SessionListener {
  public:
    Talk(Shard* shard, CallContext* call, gst::LiveSourcePad* src, const AgentConfig& config, SessionOptions session,
         Settings settings, agent::TalkHooks hooks);

    void inject_agent(std::string text, InjectBehavior behavior) { injector_.inject(std::move(text), behavior); }
    void inject_user(std::string_view text) { send(write_inject_user(text)); }
    void update_prompt(std::string prompt) { session_.update_prompt(std::move(prompt)); }

  private:
    Session& session() override { return session_; }
    void begin(AudioFormat input, AudioFormat output) override { session_.configure(settings_, input, output); }
    bool tool_known(std::string_view name) override { return settings_.may_be_asked(name); }
    void answer_tool(const agent::ToolCall& call, std::string_view content, std::string_view error) override;

    void on_ready(const std::string& request_id) override { connected(config_name_, request_id); }
    void on_message(const ServerMessage& message) override;
    void on_audio(std::span<const uint8_t> audio) override { play(audio); }
    void on_reconnect(int attempt, std::string_view why) override { reconnecting(attempt, why); }
    void on_end(const SessionEnd& end) override { ended(end); }

    void on(const ConversationText& said);
    void on(const UserStartedSpeaking&) { user_started(); }
    void on(const AgentThinking&) { replies().open_gate(); }
    void on(const AgentStartedSpeaking&) { replies().open_gate(); }
    void on(const FunctionCallRequest& request);
    void on(const FunctionCallCancelled& cancelled);
    void on(const AgentAudioDone&);
    void on(const InjectionRefused& refused) { injector_.on_refused(refused.message); }
    void on(const Warning& warning);
    template <class Other>
    void on(const Other&) {}  // informational

    Settings settings_;
    std::string config_name_;
    Session session_;
    Injector injector_;
};

}  // namespace trunkline::deepgram
