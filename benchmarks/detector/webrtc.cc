// libwebrtc-audio-processing, which GStreamer's webrtcdsp wraps: its voice detection, behind its echo canceller or not.
#include <webrtc/modules/audio_processing/include/audio_processing.h>
#include <webrtc/modules/interface/module_common_types.h>

#include <algorithm>

#include "benchmarks/detector/candidate.h"
#include "elements/bargein/telephone_frames.h"

namespace trunkline::detector {
namespace {

constexpr size_t kHalf = kFrame / 2;  // it works on 10 ms

class Webrtc final : public Candidate {
  public:
    explicit Webrtc(bool cancel_echo) : cancel_echo_(cancel_echo) {
        webrtc::Config config;
        config.Set(new webrtc::ExtendedFilter(true));
        config.Set(new webrtc::DelayAgnostic(true));
        apm_.reset(webrtc::AudioProcessing::Create(config));
        apm_->high_pass_filter()->Enable(true);
        apm_->voice_detection()->Enable(true);
        // Of its four settings the one with the fewest false alarms that still hears quiet callers.
        apm_->voice_detection()->set_likelihood(webrtc::VoiceDetection::kLowLikelihood);
        if (!cancel_echo) return;
        apm_->echo_cancellation()->Enable(true);
        apm_->echo_cancellation()->set_suppression_level(webrtc::EchoCancellation::kHighSuppression);
    }

    bool frame(Frame caller, Frame agent) override {
        int voiced = 0;
        for (size_t at = 0; at < kFrame; at += kHalf) {
            webrtc::AudioFrame near, far;
            fill(near, caller.data() + at);
            fill(far, agent.data() + at);
            if (cancel_echo_) {
                apm_->ProcessReverseStream(&far);
                apm_->set_stream_delay_ms(200);
            }
            apm_->ProcessStream(&near);
            const bool loud = bargein::level_dbfs({near.data_, kHalf}) >= kLeastDbfs;
            voiced += loud && apm_->voice_detection()->stream_has_voice() ? 1 : 0;
        }
        return onset_.frame(voiced == 2);
    }

  private:
    static void fill(webrtc::AudioFrame& frame, const int16_t* samples) {
        frame.sample_rate_hz_ = kRate;
        frame.num_channels_ = 1;
        frame.samples_per_channel_ = kHalf;
        std::copy(samples, samples + kHalf, frame.data_);
    }
    bool cancel_echo_;
    std::unique_ptr<webrtc::AudioProcessing> apm_;
    Onset onset_;
};

}  // namespace

std::unique_ptr<Candidate> make_webrtc(bool cancel_echo) { return std::make_unique<Webrtc>(cancel_echo); }

}  // namespace trunkline::detector
