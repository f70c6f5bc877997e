#include "lab/hume/conversation.h"

#include <glib.h>

#include <sstream>

namespace trunkline::lab::hume {
namespace {

constexpr int64_t kSamplesPerMs = kTelephoneRate / 1000;

/// As many of `words` as were said in `part` of the time, but at least one.
std::string beginning_of(const std::string& words, double part) {
    std::istringstream in(words);
    std::vector<std::string> all;
    for (std::string word; in >> word;) all.push_back(word);
    const auto count = std::max<size_t>(1, static_cast<size_t>(static_cast<double>(all.size()) * part));
    std::string out;
    for (size_t i = 0; i < std::min(count, all.size()); ++i) out += (i ? " " : "") + all[i];
    return out;
}

}  // namespace

Conversation::Conversation(agent::Session& session, const HumeOptions& options, const Writer& writer, bool verbose)
    : agent::Conversation(session, options),
      options_(options),
      writer_(writer),
      verbose_(verbose),
      voice_(session, options, writer),
      tools_(session, options, writer) {
    listener_.on_speech = [this](int64_t at) {
        onset_ = at;
        confirmed_ = false;
        next_interim_ = at + options_.interim_every_ms * kSamplesPerMs;
        journal_.event("heard", "the caller speaks");
    };
    voice_.on_end = [this] {
        if (hang_up_) session_.close(1000, "hang_up");
    };
}

void Conversation::greet() {
    const std::string greeting = agent::greeting_of(mind_.brain());
    if (!greeting.empty()) later(latency_.greeting(), [this, greeting] { say(greeting); });
}

void Conversation::hear(std::span<const int16_t> samples, bool resampled) {
    listener_.narrow(resampled || options_.narrow_band);
    // Piece by piece, so that a large message is judged at the same places as many small ones.
    constexpr size_t kPiece = SpeechDetector::kFrame;
    for (size_t at = 0; at < samples.size(); at += kPiece) {
        listener_.hear(samples.subspan(at, std::min(kPiece, samples.size() - at)));
        if (!listener_.speaking()) continue;
        const int64_t spoken = listener_.last_loud() - onset_;
        if (!confirmed_ && spoken >= options_.min_interruption_ms * kSamplesPerMs) {
            confirmed_ = true;
            interruption(false);
        }
        if (verbose_ && listener_.position() >= next_interim_ && (confirmed_ || !voice_.busy())) interim();
    }
}

void Conversation::interruption(bool always) {
    outdate();
    tools_.forget();
    hang_up_ = false;
    if (!voice_.busy() && !always) return;
    voice_.interrupt(options_.faults.late_audio_ms, [this] {
        session_.send(writer_.user_interruption(g_get_real_time() / 1000, options_.faults.interruption_object));
    });
}

/// What has been understood so far of a turn that goes on.
void Conversation::interim() {
    next_interim_ = listener_.position() + options_.interim_every_ms * kSamplesPerMs;
    const Hearing so_far = listener_.so_far();
    UserMessage m;
    for (const Match& match : so_far.matches) {
        if (match.text.empty()) continue;
        const auto recording = library_->speech(match.name);
        const double part = match.verdict == Verdict::kClean || !recording
                                ? 1.0
                                : match.heard_seconds / std::max(0.001, (*recording)->seconds());
        m.content += (m.content.empty() ? "" : " ") + beginning_of(match.text, std::min(1.0, part));
    }
    if (m.content.empty()) return;
    m.interim = true;
    m.prosody = prosody_of(so_far.matches.front().name, m.content);
    m.begin_ms = so_far.begin / kSamplesPerMs;
    m.end_ms = so_far.end / kSamplesPerMs;
    session_.send(writer_.user_message(m));
}

void Conversation::heard(const Hearing& hearing) {
    if (voice_.busy() && !confirmed_ && !options_.murmurs_are_turns) {
        journal_.event("heard", "too short to interrupt the reply");
        return;
    }
    UserMessage m;
    m.content = hearing.transcript();
    m.prosody = prosody_of(hearing.name(), m.content);
    m.begin_ms = hearing.begin / kSamplesPerMs;
    m.end_ms = hearing.end / kSamplesPerMs;
    turn({hearing.name(), m.content, latency_.turn()}, m);
}

void Conversation::user_input(const std::string& text) {
    UserMessage m;
    m.content = text;
    m.from_text = true;
    m.begin_ms = m.end_ms = listener_.position() / kSamplesPerMs;
    voice_.interrupt();
    Turn typed{"", text, latency_.turn()};
    typed.latency.stt = 0;
    turn(typed, m);
}

void Conversation::turn(Turn turn, const UserMessage& message) {
    outdate();
    tools_.forget();
    turn.latency.think += options_.faults.slow_ms;
    ++pending_;
    timers_.after(turn.latency.stt, [this, turn, message, generation = generation()] {
        --pending_;
        session_.send(writer_.user_message(message));
        if (paused_) return answer(turn);  // which keeps it
        timers_.after(turn.latency.think, [this, turn, generation] {
            if (generation == this->generation()) answer(turn);
        });
    });
}

void Conversation::answer(const Turn& turn) {
    if (paused_) {
        unanswered_ = turn;
        return;
    }
    respond(mind_.answer(turn.name, turn.text), turn.latency);
}

void Conversation::respond(const agent::Reply& reply, const agent::TurnLatency& latency) {
    if (!reply.error.empty()) return session_.fatal(reply.error, "as the brain wishes");
    std::vector<agent::FunctionPlan> calls = reply.calls;
    if (reply.hang_up) {
        agent::FunctionPlan plan;
        plan.name = "hang_up";
        plan.client_side = 0;
        calls.push_back(plan);
    }
    if (calls.empty()) return spoken_reply(reply, {}, latency.speak);
    tools_.call(calls, [this, reply, delay = latency.speak](const Tools::Outcome& outcome) {
        spoken_reply(reply, outcome, delay);
    });
}

void Conversation::spoken_reply(const agent::Reply& reply, const Tools::Outcome& outcome, double audio_delay) {
    hang_up_ = outcome.hang_up;
    voice_.say(agent::lines_of(reply, outcome.contents, outcome.answered), {}, audio_delay);
    if (hang_up_ && !voice_.busy()) session_.close(1000, "hang_up");  // without a farewell
}

void Conversation::pause() {
    paused_ = true;
    if (options_.pause_stops_speech) voice_.interrupt();
}

void Conversation::resume() {
    paused_ = false;
    const auto turn = std::exchange(unanswered_, std::nullopt);
    if (turn) answer(*turn);
}

void Conversation::finish() {
    agent::Conversation::finish();
    voice_.stop();
}

}  // namespace trunkline::lab::hume
