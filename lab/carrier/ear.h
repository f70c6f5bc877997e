#pragma once
// When was the agent audible? Follows what was really played and notes stretches of speech with the exact samples at
// which sound began and ended, so that "how long did it talk on after I interrupted" is a count and no guess.
#include <cstdint>
#include <span>
#include <vector>

#include "lab/speech/detector.h"
#include "lab/speech/pcm.h"

namespace trunkline::lab {

struct SpeechSpan {
    int64_t first = 0;  ///< first audible sample, counted from the start of the stream
    int64_t last = 0;   ///< last audible sample so far
    bool open = true;   ///< still speaking, as far as can be told
    bool cut = false;   ///< ended by a clear
};

class Ear {
  public:
    enum class Change { kNone, kSpeaks, kStops };
    /// μ-law as played. Returns the last change within these bytes.
    Change hear(std::span<const uint8_t> played);
    /// 8 kHz linear audio as played.
    Change hear(std::span<const int16_t> played);
    /// The queue was thrown away: what was being said is over.
    Change cleared();
    const std::vector<SpeechSpan>& spans() const { return spans_; }
    int64_t last_audible() const { return last_audible_; }  ///< -1: nothing yet
    int64_t position() const { return position_; }

  private:
    void hear(int16_t sample, Change& change);
    void judge_frame(Change& change);
    SpeechDetector detector_;
    Samples frame_;
    std::vector<SpeechSpan> spans_;
    int64_t position_ = 0;
    int64_t last_audible_ = -1;
    int64_t audible_since_ = -1;  // first audible sample of the run that may become speech
};

}  // namespace trunkline::lab
