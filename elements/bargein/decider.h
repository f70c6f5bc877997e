#pragma once
// Decides whether the caller's speech interrupts the agent. Pure: fed with what is known, gives verdicts.
//
//   backend says "he speaks" ─┐                       ┌─ kAccept  speech long enough for what the agent does
//   detector says onset ──────┴▶ candidate ─(frames)─▶├─ kReject  too short, in the guard time, protected, disabled
//                                    │                └─ kDrop    nothing is left to interrupt
//                                    └─ kHold: the line may be paused or ducked until then
//
// A threshold counts speech of the last second, without a longer pause than ends a speech; 0 means that the signal (or
// the detector's onset) is enough.
#include <cstdint>
#include <deque>

#include "elements/bargein/hearing.h"

namespace trunkline::bargein {

enum class Phase { kListening, kThinking, kGreeting, kSpeaking };  ///< what the agent does, at the caller's ear
enum class Source { kBackend, kLocal };
enum class Reason { kNone, kDisabled, kTooShort, kGuard, kProtected };
const char* to_string(Phase phase);
const char* to_string(Source source);
const char* to_string(Reason reason);

struct Rules {
    bool enabled = true;
    bool backend = true, local = false;  ///< whose word counts while the agent is heard
    bool provisional = false;            ///< say kHold
    int64_t min_speech_ns = 0;           ///< in every phase at least
    int64_t min_thinking_ns = 0;         ///< also while the agent thinks; 0: the detector says nothing then
    int64_t min_greeting_ns = 0;
    int64_t resume_after_ns = 1'000'000'000;  ///< after kHold: rejected when no speech was confirmed
};

/// The state of the talk when something is decided.
struct Moment {
    int64_t now_ns = 0;
    Phase phase = Phase::kListening;
    bool guarded = false, is_protected = false;
};

struct Decision {
    enum class Kind { kNone, kHold, kAccept, kReject, kDrop };
    Kind kind = Kind::kNone;
    Source source = Source::kBackend;
    Reason reason = Reason::kNone;
    Phase phase = Phase::kListening;
    int64_t onset_ns = 0;
};

class Decider {
  public:
    /// Turning it off also ends a verdict that is waited for, with the next frame.
    void set_rules(const Rules& rules) { rules_ = rules; }
    const Rules& rules() const { return rules_; }

    /// The backend says that the caller speaks, since `onset_ns`.
    Decision backend_signal(const Moment& moment, int64_t onset_ns);
    /// Every frame of the caller's.
    Decision frame(const Moment& moment, const HeardFrame& heard);
    /// Time passed, perhaps without frames.
    Decision tick(const Moment& moment) { return waiting_ ? weigh(moment, false) : Decision{}; }
    bool waiting() const { return waiting_; }

  private:
    static constexpr int64_t kWindowNs = 1'000'000'000;
    static constexpr size_t kMostFrames = 1000;
    /// Speech that was under way when the agent began must go on so long to interrupt him.
    static constexpr int64_t kCarriedNs = 300'000'000;
    struct Speech {
        int64_t at_ns, duration_ns;
    };

    void open(Source source, int64_t onset_ns, int64_t now_ns);
    Decision weigh(const Moment& moment, bool ended);
    Decision close(Decision::Kind kind, Reason reason, Phase phase);
    bool may_open(const Moment& moment, const HeardFrame& heard) const;
    int64_t needed_ns(Phase phase) const;
    void forget(int64_t now_ns);

    Rules rules_;
    std::deque<Speech> speech_;
    int64_t speech_ns_ = 0;
    bool over_agent_ = false;  // the agent was heard at the last frame
    bool judged_ = false;      // the speech under way had its verdict
    // The candidate.
    bool waiting_ = false, held_ = false;
    Source source_ = Source::kBackend;
    int64_t onset_ns_ = 0, since_ns_ = 0, held_since_ns_ = 0;
};

}  // namespace trunkline::bargein
