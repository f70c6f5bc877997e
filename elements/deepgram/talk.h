#pragma once
// The talk of one call: what comes from the agent becomes audio, facts and control, what comes from the caller goes to
// the agent. Made when the element gets PAUSED, gone when it gets READY. Shard thread only.
//
//   caller ──▶ CallerAudio ──▶ Session ◀──▶ agent        Session ──▶ Talk ─┬─▶ Replies ──▶ src
//                                                                          ├─▶ ToolCalls, Injector
//                                                                          └─▶ facts
#include <functional>
#include <memory>
#include <string>

#include "elements/deepgram/agent_config.h"
#include "elements/deepgram/caller_audio.h"
#include "elements/deepgram/deepgram_session.h"
#include "elements/deepgram/injector.h"
#include "elements/deepgram/replies.h"
#include "elements/deepgram/tool_calls.h"
#include "engine/gst/call_context.h"

namespace trunkline::deepgram {

/// What a talk needs of its element.
struct TalkHooks {
    std::function<void(std::string_view type, std::string fields, uint64_t epoch)>
        fact;                              ///< epoch 0: of the current turn
    std::function<void()> interrupt_soon;  ///< in the next loop turn: drop the reply, if the talk still goes on
    std::function<void()> resume_soon;     ///< in the next loop turn: resume(), likewise
    std::function<void(const SessionEnd&)> ended;
};

class Talk : private SessionListener {
  public:
    Talk(Shard* shard, CallContext* call, gst::LiveSourcePad* src, const AgentConfig& config, SessionOptions session,
         const Settings& settings, TalkHooks hooks);

    void start() { session_.start(); }
    void start_talk() { session_.start_talk(); }
    void configure(const Settings& settings, AudioFormat input, AudioFormat output);
    CallerAudio& caller() { return caller_; }
    Replies& replies() { return replies_; }
    void resume() { session_.resume(); }

    void inject_agent(std::string text, InjectBehavior behavior) { injector_.inject(std::move(text), behavior); }
    void inject_user(std::string_view text);
    void update_prompt(std::string prompt) { session_.update_prompt(std::move(prompt)); }
    void tool_result(const std::string& id, std::string content);
    /// The call ends from our side: last audio, last facts, close with 1000.
    void finish();
    bool over() const { return session_.over(); }
    std::weak_ptr<Farewell> farewell() const { return session_.farewell(); }

  private:
    void on_ready(const std::string& request_id) override;
    void on_message(const ServerMessage& message) override;
    void on_audio(std::span<const uint8_t> audio) override;
    void on_reconnect(int attempt, std::string_view why) override;
    void on_end(const SessionEnd& end) override;

    void on(const ConversationText& said);
    void on(const UserStartedSpeaking&);
    void on(const AgentThinking&) { replies_.open_gate(); }
    void on(const AgentStartedSpeaking&) { replies_.open_gate(); }
    void on(const FunctionCallRequest& request);
    void on(const FunctionCallCancelled& cancelled) { tools_.cancel(cancelled); }
    void on(const AgentAudioDone&);
    void on(const InjectionRefused& refused) { injector_.on_refused(refused.message); }
    void on(const Warning& warning);
    template <class Other>
    void on(const Other&) {}  // informational
    void error_fact(std::string_view code, std::string_view message, bool retryable);

    CallContext* call_;
    gst::LiveSourcePad* src_;
    TalkHooks hooks_;
    std::string config_name_;
    bool user_speaks_ = false;
    Session session_;
    CallerAudio caller_;
    Replies replies_;
    ToolCalls tools_;
    Injector injector_;
};

}  // namespace trunkline::deepgram
