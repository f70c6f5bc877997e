#pragma once
// The talk of one call with a voice agent: what comes from the agent becomes audio, facts and control, what comes from
// the caller goes to the agent. Made when the element gets PAUSED, gone when it gets READY. Shard thread only.
//
//   caller ──▶ CallerAudio ──▶ Session ◀──▶ agent        Session ──▶ Talk ─┬─▶ Replies ──▶ src
//                                                                          ├─▶ ToolCalls
//                                                                          └─▶ facts
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/agent/audio_format.h"
#include "engine/agent/caller_audio.h"
#include "engine/agent/replies.h"
#include "engine/agent/session.h"
#include "engine/agent/tool_calls.h"
#include "engine/gst/call_context.h"

namespace trunkline::agent {

/// What a talk needs of its element.
struct TalkHooks {
    /// epoch 0: of the current turn. Returns the fact's number, 0 when nobody wanted it.
    std::function<uint64_t(std::string_view type, std::string fields, uint64_t epoch)> fact;
    std::function<void()> interrupt_soon;  ///< in the next loop turn: drop the reply, if the talk still goes on
    std::function<void()> resume_soon;     ///< in the next loop turn: resume(), likewise
    std::function<void(const SessionEnd&)> ended;
    std::function<void(const AudioFormat&)> output_changed;  ///< what the agent answers in is another format now
};

struct TalkOptions {
    std::string backend;  ///< "deepgram", "hume": in the log and in the `calls` row
    std::chrono::milliseconds chunk{20};
    bool whole_chunks = false;  ///< see CallerAudio
    ToolOptions tools;
};

/// One utterance, as a `transcript` fact.
struct Said {
    bool user = false;
    std::string_view text;
    bool final = true;
    bool from_text = false;
    std::string_view language;
};

class Talk {
  public:
    virtual ~Talk();

    void start() { session().start(); }
    void start_talk() { session().start_talk(); }
    void configure(AudioFormat input, AudioFormat output);
    CallerAudio& caller() { return caller_; }
    Replies& replies() { return replies_; }
    void resume() { session().resume(); }
    /// The reply that plays is over.
    virtual void interrupt() { replies_.interrupt(); }
    void tool_result(const std::string& id, std::string content);
    /// What is said from here on may (not) be interrupted; whoever decides downstream keeps to it.
    void protect(bool on);
    /// The call ends from our side: last audio, last facts, close with 1000.
    void finish();
    bool over() { return session().over(); }
    std::weak_ptr<Farewell> farewell() { return session().farewell(); }

  protected:
    Talk(Shard* shard, CallContext* call, gst::LiveSourcePad* src, TalkOptions options, TalkHooks hooks);

    virtual Session& session() = 0;
    /// Both formats are known now: what the handshake waits for.
    virtual void begin(AudioFormat input, AudioFormat output) = 0;
    virtual bool tool_known(std::string_view name) = 0;
    virtual void answer_tool(const ToolCall& call, std::string_view content, std::string_view error) = 0;
    virtual void finishing() {}

    // What a SessionListener does in any talk.
    void connected(const std::string& config, const std::string& session_id);
    void reconnecting(int attempt, std::string_view why);
    void ended(const SessionEnd& end);
    void play(std::span<const uint8_t> audio);

    /// The caller speaks: asks whoever decides downstream, else drops the reply in the next loop turn.
    void user_started();
    /// The same question without the speech: what plays may have been overtaken.
    void ask_to_interrupt();
    /// The caller is done and has said something.
    void user_done();
    bool user_speaks() const { return user_speaks_; }
    /// The assistant's words also go down, ahead of the audio that speaks them.
    uint64_t transcript(const Said& said);
    uint64_t fact(std::string_view type, std::string fields) { return hooks_.fact(type, std::move(fields), 0); }
    void error_fact(std::string_view code, std::string_view message, bool retryable);
    bool send(std::string message);

    std::string call_id() const;
    Shard* shard() const { return shard_; }
    CallContext* call() const { return call_; }
    ToolCalls& tools() { return tools_; }
    const TalkHooks& hooks() const { return hooks_; }
    const std::string& component() const { return options_.backend; }

  private:
    Shard* shard_;
    CallContext* call_;
    gst::LiveSourcePad* src_;
    TalkOptions options_;
    TalkHooks hooks_;
    bool user_speaks_ = false;
    CallerAudio caller_;
    Replies replies_;
    ToolCalls tools_;
};

}  // namespace trunkline::agent
