#pragma once
// Both streams of a call as the detector needs them: what the agent was given to say becomes the echo's bound, what the
// caller says becomes frames with a judgement.
#include <cstdint>
#include <span>

#include "elements/bargein/echo.h"
#include "elements/bargein/speech_detector.h"
#include "elements/bargein/telephone_frames.h"

namespace trunkline::bargein {

/// What one frame of the caller's was.
struct HeardFrame {
    int64_t now_ns = 0;
    int64_t speech_ns = 0;  ///< so much speech came to light with it: with the frame that began, the stretch before too
    int64_t onset_ns = 0;   ///< when the present loud stretch began
    bool began = false, speaking = false, ended = false;
};

class Hearing {
  public:
    using Frame = std::span<const int16_t, TelephoneFrames::kFrame>;

    void set_agent_format(bool mulaw, int rate) { agent_.set_format(mulaw, rate); }
    void set_caller_format(bool mulaw, int rate) { caller_.set_format(mulaw, rate); }
    void set_echo_delay_ns(int64_t ns) { echo_.set_max_delay_ns(ns); }
    void reset() { *this = Hearing(); }

    void agent_audio(std::span<const uint8_t> bytes, int64_t now_ns) {
        agent_.push(bytes, [&](auto frame) { agent_frame(frame, now_ns); });
    }
    void agent_frame(Frame frame, int64_t now_ns) { echo_.sent(level_dbfs(frame), now_ns); }
    int64_t agent_duration_ns(size_t bytes) const { return agent_.duration_ns(bytes); }
    Echo& echo() { return echo_; }

    template <class Each>
    void caller_audio(std::span<const uint8_t> bytes, int64_t now_ns, Each each) {
        caller_.push(bytes, [&](auto frame) { each(caller_frame(frame, now_ns)); });
    }
    HeardFrame caller_frame(Frame frame, int64_t now_ns);

  private:
    static constexpr int kWordGap = 8;  // frames
    TelephoneFrames agent_, caller_;
    Echo echo_;
    SpeechDetector detector_;
    int gap_ = 0;  // quiet frames since the last loud one of a speech
};

}  // namespace trunkline::bargein
