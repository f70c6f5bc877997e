// The gain is a broken line with a corner every millisecond. Each corner is low enough for the loudest sample on both
// of its sides, so no sample between two corners can pass the ceiling.
#include "elements/gain/limiter.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace trunkline::gain {
namespace {

constexpr double kFullScale = 32767;
/// How far ahead of a loud sample the turning down begins, when the buffer reaches that far back.
constexpr double kAttackSteps = 5;

}  // namespace

Limiter::Limiter(const Options& options, int rate, int channels)
    : options_(options),
      block_(static_cast<size_t>(std::max(rate / 1000, 1)) * static_cast<size_t>(channels)),
      channels_(static_cast<size_t>(channels)),
      rise_(options.gain / (std::max(options.release_s, 0.001) * 1000)),
      fall_(options.gain / kAttackSteps),
      level_(options.gain) {}

void Limiter::plan(std::span<const int16_t> samples) {
    const size_t count = (samples.size() + block_ - 1) / block_;
    steps_.assign(count + 1, options_.gain);
    for (size_t b = 0; b < count; ++b) {
        int peak = 0;
        for (const int16_t s : samples.subspan(b * block_, std::min(block_, samples.size() - b * block_))) {
            peak = std::max(peak, std::abs(static_cast<int>(s)));
        }
        if (peak * options_.gain <= options_.ceiling * kFullScale) continue;
        const double allowed = options_.ceiling * kFullScale / peak;
        steps_[b] = std::min(steps_[b], allowed);
        steps_[b + 1] = std::min(steps_[b + 1], allowed);
    }
    // Where the buffer begins loud there is no way to come down in time: the step down is at once, but never past the
    // ceiling.
    steps_[0] = std::min(steps_[0], level_);
    for (size_t i = count; i-- > 0;) steps_[i] = std::min(steps_[i], steps_[i + 1] + fall_);
    for (size_t i = 1; i <= count; ++i) steps_[i] = std::min(steps_[i], steps_[i - 1] + rise_);
}

void Limiter::process(std::span<int16_t> samples) {
    if (samples.empty()) return;
    plan(samples);
    for (size_t b = 0; b + 1 < steps_.size(); ++b) {
        const auto part = samples.subspan(b * block_, std::min(block_, samples.size() - b * block_));
        const double from = steps_[b];
        const double slope = (steps_[b + 1] - from) * static_cast<double>(channels_) / static_cast<double>(part.size());
        for (size_t i = 0; i < part.size(); ++i) {
            const size_t frame = i / channels_;
            const double g = from + slope * static_cast<double>(frame);
            const double value = std::clamp(part[i] * g, -32768.0, 32767.0);
            part[i] = static_cast<int16_t>(std::lround(value));
        }
    }
    level_ = steps_.back();
}

}  // namespace trunkline::gain
