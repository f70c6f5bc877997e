#include "elements/bargein/decider.h"

namespace trunkline::bargein {

void Decider::caller_frame(int64_t now_ns, int64_t duration_ns, bool voiced) {
    if (min_speech_ns_ == 0) return;
    if (voiced) {
        voiced_.push_back({now_ns, duration_ns});
        voiced_ns_ += duration_ns;
    }
    forget(now_ns);
}

void Decider::forget(int64_t now_ns) {
    while (!voiced_.empty() && (now_ns - voiced_.front().at_ns > kWindowNs || voiced_.size() > 1000)) {
        voiced_ns_ -= voiced_.front().duration_ns;
        voiced_.pop_front();
    }
}

Decider::Verdict Decider::speech_started(int64_t now_ns) {
    if (!enabled_) return Verdict::kReject;
    waiting_since_ns_ = now_ns;
    return verdict(now_ns);
}

Decider::Verdict Decider::pending(int64_t now_ns) {
    if (!waiting()) return Verdict::kReject;
    return verdict(now_ns);
}

Decider::Verdict Decider::verdict(int64_t now_ns) {
    forget(now_ns);  // frames may have stopped coming
    if (voiced_ns_ >= min_speech_ns_) {
        waiting_since_ns_ = 0;
        return Verdict::kAccept;
    }
    if (now_ns - waiting_since_ns_ > kWindowNs) {
        waiting_since_ns_ = 0;
        return Verdict::kReject;
    }
    return Verdict::kWait;
}

}  // namespace trunkline::bargein
