// The candidates that need no library: levels, and the engine's own detector.
#include <bit>

#include "benchmarks/detector/candidate.h"
#include "elements/bargein/echo.h"
#include "elements/bargein/speech_detector.h"

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

class Own final : public Candidate {
  public:
    explicit Own(const bargein::DetectorOptions& options) : detector_(options) {}
    bool frame(Frame caller, Frame agent) override {
        now_ += kFrameNs;
        echo_.sent(bargein::level_dbfs(agent), now_);
        const auto event = detector_.frame(caller, echo_.bound_dbfs(now_));
        if (!detector_.active()) echo_.heard_no_speech(detector_.level(), now_);
        return event == bargein::SpeechDetector::Event::kBegan;
    }

  private:
    int64_t now_ = kFrameNs;
    bargein::Echo echo_;
    bargein::SpeechDetector detector_;
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
        {"voice (chosen)", [] { return std::unique_ptr<Candidate>(new Own({})); }},
    };
}

}  // namespace trunkline::detector
