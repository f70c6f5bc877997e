#include "elements/bargein/speech_detector.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace trunkline::bargein {
namespace {

constexpr int kShortestLag = 10, kLongestLag = 57;  // 400 and 70 Hz at 4 kHz
constexpr size_t kCompared = 100;                   // samples: 25 ms
constexpr int kStretchGap = 4;                      // frames of quiet that a loud stretch survives: 80 ms
constexpr int kLongestConsonant = 10;               // frames that a word may hiss before its first vowel
constexpr float kHighpass = 0.80F;                  // about 140 Hz at 4 kHz: mains hum and rumble are periodic, too
constexpr double kFloorUp = 0.12, kFloorDown = 3;   // dB a frame
constexpr double kLowestFloor = -75, kHighestFloor = -20;

}  // namespace

SpeechDetector::Event SpeechDetector::frame(std::span<const int16_t, kFrame> samples, double echo_dbfs) {
    remember(samples);
    level_ = level_dbfs(samples);
    const double least = std::max({options_.min_dbfs, floor_ + options_.over_noise_db, echo_dbfs});
    kind_ = level_ < least ? Kind::kQuiet : periodicity() < options_.periodicity ? Kind::kLoud : Kind::kVoiced;
    follow_noise();
    const int64_t number = frames_++;
    voiced_ = (voiced_ << 1) | (kind_ == Kind::kVoiced ? 1U : 0U);
    if (kind_ != Kind::kQuiet) {
        if (stretch_ == 0 && !speaking_) onset_ = number;
        quiet_run_ = 0;
    } else {
        ++quiet_run_;
    }
    stretch_ = kind_ != Kind::kQuiet || (stretch_ > 0 && quiet_run_ < kStretchGap) ? stretch_ + 1 : 0;
    if (speaking_) {
        if (quiet_run_ < options_.end_frames) return Event::kNone;
        speaking_ = false;
        return Event::kEnded;
    }
    const uint32_t window = (1U << options_.window_frames) - 1U;
    const bool enough = std::popcount(voiced_ & window) >= options_.voiced_frames;
    if (kind_ != Kind::kVoiced || !enough) return Event::kNone;
    speaking_ = true;
    // A noise that went on for long before is not the beginning of the word.
    const int first_voiced = static_cast<int>(std::bit_width(voiced_ & window)) - 1;
    onset_ = std::max(onset_, number - first_voiced - kLongestConsonant);
    return Event::kBegan;
}

void SpeechDetector::remember(std::span<const int16_t, kFrame> samples) {
    std::copy(past_.begin() + kHalf, past_.end(), past_.begin());
    for (size_t i = 0; i < kHalf; ++i) {
        const float in = 0.5F * (static_cast<float>(samples[2 * i]) + static_cast<float>(samples[2 * i + 1]));
        highpass_out_ = kHighpass * (highpass_out_ + in - highpass_in_);
        highpass_in_ = in;
        past_[kHalf + i] = highpass_out_;
    }
}

/// Down at once, up slowly, and hardly at all while somebody seems to speak.
void SpeechDetector::follow_noise() {
    const double step = kind_ == Kind::kVoiced ? kFloorUp / 8 : kFloorUp;
    floor_ = std::clamp(std::clamp(level_, floor_ - kFloorDown, floor_ + step), kLowestFloor, kHighestFloor);
}

/// The highest peak of the autocorrelation over the lags of a voice. A slope that ends at the shortest lag is no peak:
/// low noise has one.
double SpeechDetector::periodicity() const {
    const float* now = past_.data() + (past_.size() - kCompared);
    std::array<float, kLongestLag + 2> r{};
    float energy = 1;
    for (size_t i = 0; i < kCompared; ++i) energy += now[i] * now[i];
    for (int lag = kShortestLag - 1; lag <= kLongestLag + 1; ++lag) {
        const float* then = now - lag;
        float sum = 0, other = 1;
        for (size_t i = 0; i < kCompared; ++i) {
            sum += now[i] * then[i];
            other += then[i] * then[i];
        }
        r[static_cast<size_t>(lag)] = sum / std::sqrt(energy * other);
    }
    float best = 0;
    for (size_t lag = kShortestLag; lag <= kLongestLag; ++lag) {
        if (r[lag] > best && r[lag] >= r[lag - 1] && r[lag] >= r[lag + 1]) best = r[lag];
    }
    return best;
}

}  // namespace trunkline::bargein
