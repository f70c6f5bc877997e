#include "lab/deepgram/conversation.h"

#include <glib.h>

#include "lab/deepgram/audio.h"

namespace trunkline::lab::deepgram {
Conversation::Conversation(Link& link, Timers& timers, Journal& journal, const DeepgramOptions& options,
                           Settings settings, std::shared_ptr<SpeechLibrary> library,
                           std::shared_ptr<const KnownSpeech> known)
    : link_(link),
      timers_(timers),
      journal_(journal),
      options_(options),
      settings_(std::move(settings)),
      library_(std::move(library)),
      listener_(std::move(known), agent::listening(options)),
      mind_(options.brain),
      latency_(options.latency, journal.number()),
      functions_(link, timers, journal, options),
      speaker_(timers, options.pacing, [this](std::span<const uint8_t> bytes) { audio(bytes); }) {
    listener_.narrow(options_.narrow_band || settings_.input.sample_rate != kTelephoneRate);
    functions_.define(settings_.functions);
    functions_.history(settings_.history);
    listener_.on_speech = [this](int64_t) { user_started_speaking(); };
    listener_.on_hearing = [this](const Hearing& hearing) { heard(hearing); };
}

void Conversation::later(double ms, std::function<void()> action) {
    timers_.after(ms, [this, generation = generation_, action = std::move(action)] {
        if (generation == generation_) action();
    });
}

void Conversation::greet(double delay_ms) {
    const std::string& own = mind_.brain().greeting;
    const std::string greeting = own.empty() ? settings_.greeting : own;
    if (greeting.empty() || greeting == "-") return;
    later(delay_ms, [this, greeting] { enqueue({greeting}, {}, false); });
}

void Conversation::text(const std::string& role, const std::string& content) {
    link_.send(conversation_text(role, content));
    if (settings_.history) link_.send(history_text(role, content));
}

void Conversation::user_started_speaking() {
    interrupt();
    functions_.cancel_open();
    link_.send(bare_message("UserStartedSpeaking"));
    journal_.event("heard", "the caller speaks");
    // A server that notices too late: audio of the stopped reply after the event.
    speaker_.stop(options_.faults.late_audio_ms);
    speaker_.flushed();
}

void Conversation::interrupt() {
    ++generation_;
    hang_up_ = false;
    queue_.clear();
    if (!current_) return;
    current_ = false;
    const size_t sent = speaker_.sent();
    const bool unfinished = speaker_.sending();
    if (options_.faults.late_audio_ms <= 0) speaker_.stop();
    journal_.update([&](SessionRecord& r) {
        if (r.said.empty()) return;
        r.said.back().interrupted = unfinished;
        r.said.back().bytes_sent = sent;
    });
}

void Conversation::heard(const Hearing& hearing) {
    const double at = journal_.now_ms();
    journal_.update([&](SessionRecord& r) { r.heard.push_back({at, hearing}); });
    journal_.event("heard", hearing.intelligible() ? hearing.name() + ": " + hearing.transcript()
                                                   : "[unintelligible] " + hearing.reason());
    turn(hearing.name(), hearing.transcript());
}

void Conversation::inject_user(const std::string& words) { turn("", words); }

void Conversation::turn(const std::string& name, const std::string& words) {
    TurnLatency latency = latency_.turn();
    latency.think += options_.faults.slow_ms;
    later(latency.stt, [this, name, words, latency] {
        text("user", words);
        const Reply reply = mind_.answer(name, words);
        later(latency.think, [this, reply, latency] { respond(reply, latency); });
    });
}

void Conversation::respond(const Reply& reply, const TurnLatency& latency) {
    if (!reply.warning.empty()) link_.send(coded("Warning", reply.warning, "as the brain wishes"));
    if (!reply.error.empty()) {
        link_.fatal(reply.error, "as the brain wishes");
        return;
    }
    if (!reply.thinking.empty()) link_.send(agent_thinking(reply.thinking));
    if (reply.calls.empty()) {
        spoken_reply(reply, {}, latency, -1);
        return;
    }
    const double begun = journal_.now_ms();
    functions_.call(reply.calls, [this, reply, latency, begun](const Functions::Outcome& outcome) {
        spoken_reply(reply, outcome, latency, journal_.now_ms() - begun);
    });
}

void Conversation::spoken_reply(const Reply& reply, const Functions::Outcome& outcome, const TurnLatency& latency,
                                double tool_ms) {
    if (outcome.cancelled) return;
    std::string result;
    for (const std::string& content : outcome.contents) {
        if (!content.empty()) result += (result.empty() ? "" : " ") + speakable(content);
    }
    std::vector<std::string> lines;
    for (const std::string& line : reply.say) lines.push_back(agent::with_result(line, result));
    if (!outcome.answered) lines = {reply.say_unanswered};
    hang_up_ = reply.hang_up;
    Latencies l;
    l.stt = latency.stt / 1000;
    l.first_token = l.first_text = latency.think / 1000;
    l.tool = tool_ms < 0 ? -1 : tool_ms / 1000;
    l.speak = latency.speak / 1000;
    l.total = latency.total() / 1000 + (tool_ms < 0 ? 0 : tool_ms / 1000);
    enqueue(lines, l, true, latency.speak);
    if (hang_up_ && !busy()) link_.close(1000);  // without a farewell
}

void Conversation::enqueue(const std::vector<std::string>& lines, const Latencies& latencies, bool report,
                           double audio_delay) {
    std::vector<Utterance> made;
    for (const std::string& line : lines) {
        auto recording = library_->speech(line);
        if (!recording) {
            journal_.event("said", "cannot say '" + line + "': " + recording.error().message);
            link_.send(coded("Warning", "SPEAK_REQUEST_FAILED", recording.error().message));
            continue;
        }
        made.push_back({*recording, latencies, report, false, made.empty() ? audio_delay : 0});
    }
    if (made.empty()) return;
    made.back().last = true;
    const bool idle = !busy();
    queue_.insert(queue_.end(), made.begin(), made.end());
    if (idle) next();
}

void Conversation::next() {
    if (queue_.empty()) {
        if (held_.empty()) return;
        const std::vector<std::string> held = std::move(held_);
        held_.clear();
        enqueue(held, {}, false);
        return;
    }
    const Utterance utterance = std::move(queue_.front());
    queue_.pop_front();
    current_ = true;
    if (!options_.faults.out_of_order) text("assistant", utterance.recording->text);
    later(utterance.audio_delay, [this, utterance] { play(utterance); });
}

void Conversation::play(const Utterance& utterance) {
    if (options_.agent_started_speaking) link_.send(agent_started_speaking(utterance.latencies));
    if (options_.faults.out_of_order) link_.send(bare_message("AgentAudioDone"));
    std::vector<uint8_t> bytes = encode_output(settings_.output, utterance.recording->samples);
    total_ = bytes.size();
    const double at = journal_.now_ms();
    journal_.update([&](SessionRecord& r) {
        r.said.push_back({at, utterance.recording->name, utterance.recording->text, 0, bytes.size(), false});
    });
    journal_.event("said", utterance.recording->name + ": " + utterance.recording->text);
    speaker_.play(std::move(bytes), bytes_per_second(settings_.output), [this, utterance] { finished(utterance); });
}

void Conversation::audio(std::span<const uint8_t> bytes) {
    if (options_.faults.drop_mid_speech && speaker_.sent() >= total_ / 2) return link_.drop();
    link_.send_audio(bytes);
}

void Conversation::finished(const Utterance& utterance) {
    current_ = false;
    journal_.update([&](SessionRecord& r) {
        if (!r.said.empty()) r.said.back().bytes_sent = r.said.back().bytes_total;
    });
    if (options_.faults.out_of_order) {
        text("assistant", utterance.recording->text);
    } else if (utterance.last) {
        link_.send(bare_message("AgentAudioDone"));
    }
    if (utterance.last && utterance.report && options_.latency_report) link_.send(latency_report(utterance.latencies));
    if (utterance.last && hang_up_) return link_.close(1000);
    next();
}

void Conversation::inject_agent(const std::string& words, const std::string& behavior) {
    const bool agent = busy() || speaker_.playing();
    if (behavior == "interrupt") {
        interrupt();
        speaker_.stop();
        enqueue({words}, {}, false);
    } else if (behavior == "queue") {
        if (listener_.speaking()) {
            held_.push_back(words);
        } else {
            enqueue({words}, {}, false);
        }
    } else if (listener_.speaking() || agent) {
        const char* who = listener_.speaking() ? "the user is speaking" : "the agent is speaking";
        const char* code = listener_.speaking() ? "INJECT_AGENT_MESSAGE_DURING_USER_SPEECH"
                                                : "INJECT_AGENT_MESSAGE_DURING_AGENT_SPEECH";
        link_.send(options_.refuse_by_warning ? coded("Warning", code, std::string("injection refused: ") + who)
                                              : injection_refused(who));
    } else {
        enqueue({words}, {}, false);
    }
}

void Conversation::call(const FunctionPlan& plan) {
    Reply reply;
    reply.calls = {plan};
    reply.say = {"{result}"};
    respond(reply, latency_.turn());
}

void Conversation::finish() {
    ++generation_;
    listener_.on_speech = nullptr;
    listener_.on_hearing = [this](const Hearing& hearing) {
        const double at = journal_.now_ms();
        journal_.update([&](SessionRecord& r) { r.heard.push_back({at, hearing}); });
    };
    listener_.finish();
    speaker_.stop();
}

}  // namespace trunkline::lab::deepgram
