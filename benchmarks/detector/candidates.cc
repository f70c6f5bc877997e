// The candidates that need no library: levels, and the engine's own detector.
#include <bit>

#include "benchmarks/detector/candidate.h"
#include "elements/bargein/decider.h"
#include "elements/bargein/hearing.h"

namespace trunkline::detector {
namespace {

constexpr int64_t kFrameNs = 20'000'000;

/// The level against a fixed threshold with hysteresis, and against the bound of the echo when asked to.
class Energy final : public Candidate {
  public:
    explicit Energy(bool echo) : with_echo_(echo) {}
    bool frame(Frame caller, Frame agent) override {
        now_ += kFrameNs;
        if (with_echo_) echo_.sent(bargein::level_dbfs(agent), now_);
        const double bound = with_echo_ ? echo_.bound_dbfs(now_) : -100;
        const double level = bargein::level_dbfs(caller);
        loud_ = level >= std::max(loud_ ? -48.0 : -42.0, bound);
        if (with_echo_ && !loud_) echo_.heard_no_speech(level, now_);
        return onset_.frame(loud_);
    }

  private:
    bool with_echo_, loud_ = false;
    int64_t now_ = kFrameNs;
    bargein::Echo echo_;
    Onset onset_;
};

/// What the element does: its hearing, and its decision with `min_speech` over an agent that is heard.
class Own final : public Candidate {
  public:
    explicit Own(int64_t min_speech_ms) {
        bargein::Rules rules;
        rules.local = true;
        rules.min_speech_ns = min_speech_ms * 1'000'000;
        decider_.set_rules(rules);
    }
    bool frame(Frame caller, Frame agent) override {
        now_ += kFrameNs;
        hearing_.agent_frame(agent, now_);
        const auto decision =
            decider_.frame({.now_ns = now_, .phase = bargein::Phase::kSpeaking}, hearing_.caller_frame(caller, now_));
        return decision.kind == bargein::Decision::Kind::kAccept;
    }

  private:
    int64_t now_ = kFrameNs;
    bargein::Hearing hearing_;
    bargein::Decider decider_;
};

}  // namespace

bool Onset::frame(bool speech) {
    seen_ = (seen_ << 1) | (speech ? 1U : 0U);
    quiet_ = speech ? 0 : quiet_ + 1;
    if (speaking_) {
        speaking_ = quiet_ < 15;
        return false;
    }
    speaking_ = speech && std::popcount(seen_ & 0xFFU) >= 3;
    return speaking_;
}

std::vector<Kind> candidates() {
    return {
        {"energy", [] { return std::unique_ptr<Candidate>(new Energy(false)); }},
        {"energy, echo bound", [] { return std::unique_ptr<Candidate>(new Energy(true)); }},
        {"speexdsp VAD", [] { return make_speex(false); }},
        {"speexdsp VAD + AEC", [] { return make_speex(true); }},
        {"webrtc VAD", [] { return make_webrtc(false); }},
        {"webrtc VAD + AEC", [] { return make_webrtc(true); }},
        {"voice", [] { return std::unique_ptr<Candidate>(new Own(0)); }},
        {"voice, min-speech 300 ms", [] { return std::unique_ptr<Candidate>(new Own(300)); }},
        {"voice, min-speech 500 ms", [] { return std::unique_ptr<Candidate>(new Own(500)); }},
    };
}

}  // namespace trunkline::detector
