#pragma once
// What every conversation of a simulated agent is made of: an ear that earns its transcripts, a mind, and the time that
// both take. The conversation of a protocol derives from it and knows what is sent when.
#include <functional>
#include <memory>

#include "lab/agent/brain.h"
#include "lab/agent/journal.h"
#include "lab/agent/latency.h"
#include "lab/agent/options.h"
#include "lab/agent/timers.h"
#include "lab/speech/listener.h"

namespace trunkline::lab::agent {

class Session;

class Conversation {
  public:
    virtual ~Conversation() = default;
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;

    /// Says a line whatever the state, after what is being said.
    virtual void say(const std::string& line) = 0;
    /// Calls a function and says its result.
    void call(const FunctionPlan& plan);
    /// As if the caller had begun to speak.
    virtual void user_speaks() = 0;
    /// The session is over: judges what was heard last, sends nothing.
    virtual void finish();

  protected:
    Conversation(Session& session, const AgentOptions& options);

    /// The caller has said something; it is in the record already.
    virtual void heard(const Hearing& hearing) = 0;
    /// Does what the mind has decided.
    virtual void respond(const Reply& reply, const TurnLatency& latency) = 0;
    /// Runs `action` after `ms` unless outdate() was called in between.
    void later(double ms, std::function<void()> action);
    /// Whatever was to come is about something the caller has gone on from.
    void outdate() { ++generation_; }
    unsigned generation() const { return generation_; }

    Session& session_;
    Timers& timers_;
    Journal& journal_;
    std::shared_ptr<SpeechLibrary> library_;
    Listener listener_;
    Mind mind_;
    LatencyModel latency_;

  private:
    unsigned generation_ = 0;
};

}  // namespace trunkline::lab::agent
