#pragma once
// Is anybody speaking? Frame energy with hysteresis: `on_frames` loud frames in a row begin speech, a silence of
// `end_silence_ms` ends it.
#include <cstdint>
#include <span>

namespace trunkline::lab {

struct DetectorOptions {
    double on_dbfs = -42;      ///< a frame at or above is loud
    double off_dbfs = -48;     ///< a frame below is quiet; between the two it keeps what it was
    int on_frames = 3;         ///< 20 ms each
    int end_silence_ms = 600;  ///< recorded prompts pause for up to 520 ms: less cuts some of them in two
};

/// 8 kHz stream in 20 ms frames, cut on its own grid. Not thread-safe.
class SpeechDetector {
  public:
    enum class Event { kNone, kBegan, kEnded };
    static constexpr int kFrame = 160;
    explicit SpeechDetector(DetectorOptions options = {}) : options_(options) {}

    /// Judges one frame of kFrame samples.
    Event frame(std::span<const int16_t> samples);
    bool speaking() const { return speaking_; }
    /// Stream positions in samples: of the onset of the present or last speech, and one past its last loud frame.
    int64_t onset() const { return onset_; }
    int64_t last_loud() const { return last_loud_; }
    int64_t position() const { return position_; }

  private:
    DetectorOptions options_;
    bool speaking_ = false;
    bool loud_ = false;
    int run_ = 0;
    int64_t position_ = 0;
    int64_t onset_ = 0;
    int64_t last_loud_ = 0;
};

}  // namespace trunkline::lab
