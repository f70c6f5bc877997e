#include "lab/agent/conversation.h"

#include "lab/agent/session.h"

namespace trunkline::lab::agent {

Conversation::Conversation(Session& session, const AgentOptions& options)
    : session_(session),
      timers_(session.timers()),
      journal_(session.journal()),
      library_(session.world().library),
      listener_(session.world().known, listening(options)),
      mind_(options.brain),
      latency_(options.latency, session.number()) {
    listener_.on_hearing = [this](const Hearing& hearing) {
        journal_.heard(hearing);
        heard(hearing);
    };
}

void Conversation::call(const FunctionPlan& plan) {
    Reply reply;
    reply.calls = {plan};
    reply.say = {"{result}"};
    respond(reply, latency_.turn());
}

void Conversation::finish() {
    outdate();
    listener_.on_speech = nullptr;
    listener_.on_hearing = [this](const Hearing& hearing) { journal_.heard(hearing, true); };
    listener_.finish();
}

void Conversation::later(double ms, std::function<void()> action) {
    timers_.after(ms, [this, generation = generation_, action = std::move(action)] {
        if (generation == generation_) action();
    });
}

}  // namespace trunkline::lab::agent
