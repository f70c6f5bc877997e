#include "engine/events/turn_clock.h"

#include "engine/core/json.h"

namespace trunkline {
namespace {

std::optional<double> between(int64_t from, int64_t to) {
    if (from == 0 || to == 0) return std::nullopt;
    return static_cast<double>(to - from) / 1e6;
}

void put(JsonWriter& w, std::string_view name, std::optional<double> ms) {
    w.key(name);
    if (ms) {
        // Microseconds are as fine as a socket's time stamp means anything.
        w.value(static_cast<double>(static_cast<int64_t>(*ms * 1000 + (*ms < 0 ? -0.5 : 0.5))) / 1000);
    } else {
        w.null();
    }
}

}  // namespace

uint64_t TurnClock::turn_of(uint64_t epoch) const {
    if (epoch == 0 || epoch > epoch_ || epoch_ - epoch >= turn_of_epoch_.size()) return turn_;
    return turn_of_epoch_[epoch % turn_of_epoch_.size()];
}

void TurnClock::agent_text() {
    if (turn_ == 0) turn_ = 1;
}

void TurnClock::caller_frame(int64_t ingress_ns, int64_t sent_ns, bool voiced) {
    if (!voiced) return;
    voiced_ingress_ns_ = ingress_ns != 0 ? ingress_ns : sent_ns;
    voiced_sent_ns_ = sent_ns;
    last_activity_ns_ = sent_ns;
}

void TurnClock::user_speech(int64_t now_ns) {
    last_activity_ns_ = now_ns;
    if (turn_ == 0 || answered_) {
        ++turn_;
        answered_ = false;
        times_ = {};
    }
}

void TurnClock::user_done(int64_t now_ns) {
    if (turn_ == 0 || answered_) user_speech(now_ns);
    times_.t0 = voiced_ingress_ns_;
    times_.t2 = voiced_sent_ns_;
    times_.t1 = now_ns;
}

uint64_t TurnClock::reply_audio(int64_t now_ns) {
    if (turn_ == 0) turn_ = 1;
    // A second reply in one turn (an injected line, a tool's answer) is measured from its own first audio only.
    if (answered_) times_ = {};
    answered_ = true;
    reported_ = false;
    times_.t4 = now_ns;
    last_activity_ns_ = now_ns;
    ++epoch_;
    turn_of_epoch_[epoch_ % turn_of_epoch_.size()] = turn_;
    return epoch_;
}

void TurnClock::reply_on_line(uint64_t epoch, int64_t t5, int64_t t6, int64_t t7) {
    if (epoch != epoch_) return;
    if (t5 != 0) times_.t5 = t5;
    if (t6 != 0) times_.t6 = t6;
    if (t7 != 0) times_.t7 = t7;
}

std::optional<std::string> TurnClock::take_report(uint64_t epoch) {
    if (reported_ || epoch != epoch_ || times_.t4 == 0) return std::nullopt;
    reported_ = true;
    const TurnTimes& t = times_;
    const auto engine_in = between(t.t0, t.t2), backend = between(t.t2, t.t4), graph = between(t.t4, t.t5),
               out = between(t.t5, t.t6), whole = between(t.t0, t.t6);
    std::optional<double> engine;
    if (graph && out) engine = engine_in.value_or(0) + *graph + *out;
    std::optional<double> unexplained;
    if (whole && engine && backend) unexplained = *whole - *engine - *backend;
    JsonWriter w;
    w.begin_object().field("epoch", epoch);
    put(w, "engine_in_ms", engine_in);
    put(w, "endpointing_ms", between(t.t2, t.t1));
    put(w, "thinking_ms", between(t.t1, t.t4));
    put(w, "engine_graph_ms", graph);
    put(w, "engine_out_ms", out);
    put(w, "carrier_ms", between(t.t6, t.t7));
    put(w, "engine_ms", engine);
    put(w, "backend_ms", backend);
    put(w, "voice_to_voice_ms", whole);
    put(w, "unexplained_ms", unexplained);
    w.end();
    const std::string text = w.take();
    return text.substr(1, text.size() - 2);
}

}  // namespace trunkline
