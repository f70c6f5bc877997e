#pragma once
// Does the caller speak? Pure: 20 ms frames in, the onset of speech out. Works on the level first and looks closer only
// at what is loud enough:
//
//   loud      above an absolute level, above the noise of the line, above what may be echo of the agent
//   voiced    … and periodic like a voice (pitch of 70…400 Hz), which no noise is
//
// `voiced_frames` voiced ones among the last `window_frames` are speech. Its onset is where the loud stretch began.
// Whether somebody takes the word or says "mm-hm" cannot be heard that early: that is for a length to tell (Decider).
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "elements/bargein/telephone_frames.h"

namespace trunkline::bargein {

struct DetectorOptions {
    double min_dbfs = -45;      ///< quieter is never speech
    double over_noise_db = 9;   ///< above the noise floor, which follows the quiet frames
    double periodicity = 0.55;  ///< least normalised autocorrelation of a voiced frame, 0…1
    int voiced_frames = 3;
    int window_frames = 8;
    int end_frames = 15;  ///< so many frames without a loud one end speech
};

class SpeechDetector {
  public:
    static constexpr size_t kFrame = TelephoneFrames::kFrame;
    enum class Event { kNone, kBegan, kEnded };
    /// What the last frame was; each includes those before.
    enum class Kind { kQuiet, kLoud, kVoiced };

    explicit SpeechDetector(const DetectorOptions& options = {}) : options_(options) {}

    /// `echo_dbfs`: how loud the echo of the agent may be in this frame.
    Event frame(std::span<const int16_t, kFrame> samples, double echo_dbfs = -100);

    bool speaking() const { return speaking_; }
    /// Loud frames are coming which may become speech, or are speech.
    bool active() const { return speaking_ || stretch_ > 0; }
    /// Number of the frame with which the present (or last) loud stretch began, from 0.
    int64_t onset_frame() const { return onset_; }
    int64_t frames() const { return frames_; }
    Kind kind() const { return kind_; }
    double level() const { return level_; }
    double noise_floor() const { return floor_; }

  private:
    static constexpr size_t kHalf = kFrame / 2;
    void remember(std::span<const int16_t, kFrame> samples);
    void follow_noise();
    double periodicity() const;

    DetectorOptions options_;
    std::array<float, 2 * kHalf> past_{};  // the last 40 ms at 4 kHz, without what is below a voice
    float highpass_in_ = 0, highpass_out_ = 0;
    double floor_ = -60;
    double level_ = -100;
    Kind kind_ = Kind::kQuiet;
    bool speaking_ = false;
    uint32_t voiced_ = 0;  // one bit per frame, the last one lowest
    int stretch_ = 0;      // frames since the loud stretch began; 0: none
    int quiet_run_ = 0;
    int64_t frames_ = 0, onset_ = 0;
};

}  // namespace trunkline::bargein
