#include "elements/bargein/decider.h"

#include <algorithm>
#include <utility>

namespace trunkline::bargein {
namespace {

bool heard(Phase phase) { return phase == Phase::kGreeting || phase == Phase::kSpeaking; }

}  // namespace

const char* to_string(Phase phase) {
    switch (phase) {
        case Phase::kThinking:
            return "thinking";
        case Phase::kGreeting:
            return "greeting";
        case Phase::kSpeaking:
            return "speaking";
        case Phase::kListening:
            break;
    }
    return "listening";
}

const char* to_string(Source source) { return source == Source::kLocal ? "local" : "backend"; }

const char* to_string(Reason reason) {
    switch (reason) {
        case Reason::kDisabled:
            return "disabled";
        case Reason::kTooShort:
            return "too-short";
        case Reason::kGuard:
            return "guard-time";
        case Reason::kProtected:
            return "protected";
        case Reason::kNone:
            break;
    }
    return "none";
}

int64_t Decider::needed_ns(Phase phase) const {
    if (phase == Phase::kThinking) return std::max(rules_.min_speech_ns, rules_.min_thinking_ns);
    if (phase == Phase::kGreeting) return std::max(rules_.min_speech_ns, rules_.min_greeting_ns);
    return rules_.min_speech_ns;
}

void Decider::forget(int64_t now_ns) {
    while (!speech_.empty() && (now_ns - speech_.front().at_ns > kWindowNs || speech_.size() > kMostFrames)) {
        speech_ns_ -= speech_.front().duration_ns;
        speech_.pop_front();
    }
}

void Decider::open(Source source, int64_t onset_ns, int64_t now_ns) {
    waiting_ = true;
    held_ = false;
    source_ = source;
    onset_ns_ = onset_ns;
    since_ns_ = now_ns;
}

Decision Decider::close(Decision::Kind kind, Reason reason, Phase phase) {
    waiting_ = held_ = false;
    judged_ = true;
    return {kind, source_, reason, phase, onset_ns_};
}

Decision Decider::backend_signal(const Moment& moment, int64_t onset_ns) {
    using Kind = Decision::Kind;
    if (heard(moment.phase) && !rules_.backend) return {};  // the detector alone decides over what is heard
    // One that the detector has begun goes on; both wait for the same.
    if (!waiting_) open(Source::kBackend, onset_ns, moment.now_ns);
    if (!rules_.enabled) return close(Kind::kReject, Reason::kDisabled, moment.phase);
    if (source_ == Source::kBackend && heard(moment.phase)) {
        // The backend says it once: a verdict put off might never come.
        if (moment.is_protected) return close(Kind::kReject, Reason::kProtected, moment.phase);
        if (moment.guarded) return close(Kind::kReject, Reason::kGuard, moment.phase);
    }
    return weigh(moment, false);
}

Decision Decider::frame(const Moment& moment, const HeardFrame& f) {
    if (f.began) judged_ = false;
    const bool agent_began = !std::exchange(over_agent_, heard(moment.phase)) && over_agent_;
    if (f.began || agent_began) {
        speech_.clear();  // what he said before, or before the agent began, does not count for this one
        speech_ns_ = 0;
    }
    if (f.speech_ns > 0) {
        speech_.push_back({f.now_ns, f.speech_ns});
        speech_ns_ += f.speech_ns;
    }
    forget(f.now_ns);
    if (may_open(moment, f)) open(Source::kLocal, f.onset_ns, f.now_ns);
    return waiting_ ? weigh(moment, f.ended) : Decision{};
}

bool Decider::may_open(const Moment& moment, const HeardFrame& f) const {
    if (waiting_ || judged_ || !f.speaking || !rules_.enabled || !rules_.local) return false;
    if (moment.phase == Phase::kThinking) return f.began && rules_.min_thinking_ns > 0;
    return heard(moment.phase) && (f.began || speech_ns_ >= kCarriedNs);
}

Decision Decider::weigh(const Moment& moment, bool ended) {
    using Kind = Decision::Kind;
    const bool local = source_ == Source::kLocal;
    if (!rules_.enabled) return close(Kind::kReject, Reason::kDisabled, moment.phase);
    if (local && moment.phase == Phase::kListening) return close(Kind::kDrop, Reason::kNone, moment.phase);
    forget(moment.now_ns);  // frames may have stopped coming
    Reason against = Reason::kNone;
    if (heard(moment.phase) && moment.guarded) against = Reason::kGuard;
    if (heard(moment.phase) && moment.is_protected) against = Reason::kProtected;
    if (against == Reason::kNone && speech_ns_ >= needed_ns(moment.phase)) {
        return close(Kind::kAccept, Reason::kNone, moment.phase);
    }
    const bool over = local ? ended : moment.now_ns - since_ns_ > kWindowNs;
    const bool held_too_long = held_ && moment.now_ns - held_since_ns_ > rules_.resume_after_ns;
    if (over || held_too_long) {
        return close(Kind::kReject, against == Reason::kNone ? Reason::kTooShort : against, moment.phase);
    }
    if (against == Reason::kNone && rules_.provisional && !held_ && heard(moment.phase)) {
        held_ = true;
        held_since_ns_ = moment.now_ns;
        return {Kind::kHold, source_, Reason::kNone, moment.phase, onset_ns_};
    }
    return {};
}

}  // namespace trunkline::bargein
