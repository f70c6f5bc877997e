// libspeexdsp: the voice detection of its preprocessor, behind its echo canceller or not.
#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>

#include <algorithm>
#include <array>

#include "benchmarks/detector/candidate.h"
#include "elements/bargein/telephone_frames.h"

namespace trunkline::detector {
namespace {

class Speex final : public Candidate {
  public:
    explicit Speex(bool cancel_echo) : state_(speex_preprocess_state_init(kFrame, kRate)) {
        int on = 1, start = 80, go_on = 65;
        speex_preprocess_ctl(state_, SPEEX_PREPROCESS_SET_VAD, &on);
        speex_preprocess_ctl(state_, SPEEX_PREPROCESS_SET_PROB_START, &start);
        speex_preprocess_ctl(state_, SPEEX_PREPROCESS_SET_PROB_CONTINUE, &go_on);
        if (!cancel_echo) return;
        int rate = kRate;
        echo_ = speex_echo_state_init(kFrame, 500 * kRate / 1000);
        speex_echo_ctl(echo_, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
        speex_preprocess_ctl(state_, SPEEX_PREPROCESS_SET_ECHO_STATE, echo_);
    }
    ~Speex() override {
        if (echo_) speex_echo_state_destroy(echo_);
        speex_preprocess_state_destroy(state_);
    }
    Speex(const Speex&) = delete;
    Speex& operator=(const Speex&) = delete;

    bool frame(Frame caller, Frame agent) override {
        std::array<int16_t, kFrame> out{};
        std::copy(caller.begin(), caller.end(), out.begin());
        if (echo_) speex_echo_cancellation(echo_, caller.data(), agent.data(), out.data());
        const bool loud = bargein::level_dbfs(out) >= kLeastDbfs;  // before the preprocessor changes it
        return onset_.frame(speex_preprocess_run(state_, out.data()) != 0 && loud);
    }

  private:
    SpeexPreprocessState* state_;
    SpeexEchoState* echo_ = nullptr;
    Onset onset_;
};

}  // namespace

std::unique_ptr<Candidate> make_speex(bool cancel_echo) { return std::make_unique<Speex>(cancel_echo); }

}  // namespace trunkline::detector
