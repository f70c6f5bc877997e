#include "lab/speech/detector.h"

#include "lab/speech/pcm.h"

namespace trunkline::lab {

SpeechDetector::Event SpeechDetector::frame(std::span<const int16_t> samples) {
    const double level = level_dbfs(samples);
    if (level >= options_.on_dbfs) {
        loud_ = true;
    } else if (level < options_.off_dbfs) {
        loud_ = false;
    }
    const int64_t begin = position_;
    position_ += static_cast<int64_t>(samples.size());
    if (loud_) {
        if (!speaking_ && ++run_ == 1) onset_ = begin;
        last_loud_ = position_;
        if (!speaking_ && run_ >= options_.on_frames) {
            speaking_ = true;
            return Event::kBegan;
        }
        return Event::kNone;
    }
    run_ = 0;
    if (speaking_ && position_ - last_loud_ >= int64_t{options_.end_silence_ms} * kTelephoneRate / 1000) {
        speaking_ = false;
        return Event::kEnded;
    }
    return Event::kNone;
}

}  // namespace trunkline::lab
