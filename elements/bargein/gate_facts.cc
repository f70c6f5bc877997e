// What the gate tells: one `bargein` fact per decision about what the caller hears.
#include <algorithm>
#include <utility>

#include "elements/bargein/gate.h"

namespace trunkline::bargein {

template <class Rest>
void Gate::tell(const Decision& decision, uint64_t turn, int64_t decided_ns, int64_t held_ms, Rest rest) {
    const FactNumberer& clock = *call_->facts;
    events_.push(call_, "bargein", turn, gst::fields([&](JsonWriter& w) {
                     const bool accepted = decision.kind == Decision::Kind::kAccept;
                     w.field("source", to_string(decision.source));
                     w.field("verdict", accepted ? "accepted" : "rejected");
                     if (!accepted) w.field("reason", to_string(decision.reason));
                     w.field("phase", to_string(decision.phase));
                     w.field("onset_t_ms", std::max<int64_t>(0, clock.t_ms_at(decision.onset_ns)));
                     w.field("decided_t_ms", clock.t_ms_at(decided_ns));
                     if (held_ms > 0) w.field("held_ms", held_ms);
                     rest(w, clock);
                 }));
}

void Gate::tell_cut() {
    if (!cut_) return;
    const Cut cut = *std::exchange(cut_, std::nullopt);
    const bool over_speech = cut.decision.phase == Phase::kSpeaking || cut.decision.phase == Phase::kGreeting;
    // What cut nothing is the caller's turn, no barge-in.
    if (!events_.wanted() || !call_ || (!over_speech && !cut.line_told)) return;
    tell(cut.decision, call_->turns->turn_of(cut.epoch), cut.decided_ns, cut.held_ms,
         [&](JsonWriter& w, const FactNumberer& clock) {
             if (cut.line_told) {
                 w.field("cleared_t_ms", clock.t_ms_at(cut.cleared_ns));
                 w.field("last_heard_t_ms", clock.t_ms_at(std::min(cut.cleared_ns, cut.ends_ns)));
             } else {
                 w.key("cleared_t_ms").null().key("last_heard_t_ms").null();
             }
             w.field("played_ms", cut.played_ms).field("discarded_ms", cut.discarded_ms);
             if (const std::string text = talk_.heard_text(cut.epoch, cut.played_ms); !text.empty()) {
                 w.field("heard_text", text);
             }
         });
}

void Gate::tell_rejected(const Decision& decision, int64_t now_ns, int64_t held_ms) {
    const bool over_speech = decision.phase == Phase::kSpeaking || decision.phase == Phase::kGreeting;
    if (!events_.wanted() || !call_ || !over_speech) return;
    tell(decision, call_->turns->turn(), now_ns, held_ms, [](JsonWriter& w, const FactNumberer&) {
        w.key("cleared_t_ms").null().key("last_heard_t_ms").null();
        w.field("played_ms", 0).field("discarded_ms", 0);
    });
}

}  // namespace trunkline::bargein
