#include "lab/deepgram/conversation.h"

namespace trunkline::lab::deepgram {

Conversation::Conversation(agent::Session& session, const DeepgramOptions& options, Settings settings)
    : agent::Conversation(session, options),
      options_(options),
      settings_(std::move(settings)),
      functions_(session, options, settings_),
      voice_(session, options, settings_) {
    listener_.narrow(options_.narrow_band || settings_.input.sample_rate != kTelephoneRate);
    listener_.on_speech = [this](int64_t) { user_speaks(); };
    voice_.on_end = [this] {
        if (hang_up_) session_.close(1000);
    };
}

void Conversation::greet(double delay_ms) {
    const std::string greeting = agent::greeting_of(mind_.brain(), settings_.greeting);
    if (!greeting.empty()) later(delay_ms, [this, greeting] { say(greeting); });
}

void Conversation::drop_reply() {
    outdate();
    hang_up_ = false;
}

void Conversation::user_speaks() {
    drop_reply();
    voice_.interrupt(options_.faults.late_audio_ms, [this] {
        functions_.cancel_open();
        session_.send(bare_message("UserStartedSpeaking"));
        journal_.event("heard", "the caller speaks");
    });
    voice_.flushed();
}

void Conversation::turn(const std::string& name, const std::string& words) {
    agent::TurnLatency latency = latency_.turn();
    latency.think += options_.faults.slow_ms;
    later(latency.stt, [this, name, words, latency] {
        send_words(session_, settings_, "user", words);
        const Reply reply = mind_.answer(name, words);
        later(latency.think, [this, reply, latency] { respond(reply, latency); });
    });
}

void Conversation::respond(const Reply& reply, const agent::TurnLatency& latency) {
    if (!reply.warning.empty()) session_.send(coded("Warning", reply.warning, "as the brain wishes"));
    if (!reply.error.empty()) return session_.fatal(reply.error, "as the brain wishes");
    if (!reply.thinking.empty()) session_.send(agent_thinking(reply.thinking));
    if (reply.calls.empty()) return spoken_reply(reply, {}, latency, -1);
    const double begun = journal_.now_ms();
    functions_.call(reply.calls, [this, reply, latency, begun](const Functions::Outcome& outcome) {
        spoken_reply(reply, outcome, latency, journal_.now_ms() - begun);
    });
}

void Conversation::spoken_reply(const Reply& reply, const Functions::Outcome& outcome,
                                const agent::TurnLatency& latency, double tool_ms) {
    if (outcome.cancelled) return;
    hang_up_ = reply.hang_up;
    Latencies l;
    l.stt = latency.stt / 1000;
    l.first_token = l.first_text = latency.think / 1000;
    l.tool = tool_ms < 0 ? -1 : tool_ms / 1000;
    l.speak = latency.speak / 1000;
    l.total = latency.total() / 1000 + (tool_ms < 0 ? 0 : tool_ms / 1000);
    voice_.say(agent::lines_of(reply, outcome.contents, outcome.answered), {l, true}, latency.speak);
    if (hang_up_ && !voice_.busy()) session_.close(1000);  // without a farewell
}

void Conversation::inject_agent(const std::string& words, const std::string& behavior) {
    const bool agent = voice_.busy() || voice_.playing();
    if (behavior == "interrupt") {
        drop_reply();
        voice_.interrupt();
        say(words);
    } else if (behavior == "queue") {
        if (listener_.speaking()) {
            voice_.hold(words);
        } else {
            say(words);
        }
    } else if (listener_.speaking() || agent) {
        const char* who = listener_.speaking() ? "the user is speaking" : "the agent is speaking";
        const char* code = listener_.speaking() ? "INJECT_AGENT_MESSAGE_DURING_USER_SPEECH"
                                                : "INJECT_AGENT_MESSAGE_DURING_AGENT_SPEECH";
        session_.send(options_.refuse_by_warning ? coded("Warning", code, std::string("injection refused: ") + who)
                                                 : injection_refused(who));
    } else {
        say(words);
    }
}

void Conversation::finish() {
    agent::Conversation::finish();
    voice_.stop();
}

}  // namespace trunkline::lab::deepgram
