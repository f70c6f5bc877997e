// The detector decides whether it is speech; the edges are taken to the sample.
#include "lab/carrier/ear.h"

#include <cstdlib>

namespace trunkline::lab {
namespace {

constexpr int kAudible = 160;        // about -46 dBFS; line noise of recordings stays below
constexpr int64_t kRunGap = 30 * 8;  // quiet samples that end a run: 30 ms

}  // namespace

Ear::Change Ear::hear(std::span<const uint8_t> played) {
    Change change = Change::kNone;
    for (uint8_t byte : played) hear(ulaw_decode(byte), change);
    return change;
}

Ear::Change Ear::hear(std::span<const int16_t> played) {
    Change change = Change::kNone;
    for (int16_t sample : played) hear(sample, change);
    return change;
}

void Ear::hear(int16_t sample, Change& change) {
    if (std::abs(static_cast<int>(sample)) >= kAudible) {
        const bool speaking = !spans_.empty() && spans_.back().open;
        if (audible_since_ < 0 || (!speaking && position_ - last_audible_ > kRunGap)) audible_since_ = position_;
        last_audible_ = position_;
        if (speaking) spans_.back().last = position_;
    }
    ++position_;
    frame_.push_back(sample);
    if (frame_.size() == static_cast<size_t>(SpeechDetector::kFrame)) judge_frame(change);
}

void Ear::judge_frame(Change& change) {
    auto event = detector_.frame(frame_);
    frame_.clear();
    if (event == SpeechDetector::Event::kBegan) {
        spans_.push_back({audible_since_ < 0 ? position_ : audible_since_, last_audible_, true, false});
        change = Change::kSpeaks;
    } else if (event == SpeechDetector::Event::kEnded && !spans_.empty() && spans_.back().open) {
        spans_.back().open = false;
        change = Change::kStops;
    }
}

Ear::Change Ear::cleared() {
    detector_ = SpeechDetector();
    frame_.clear();
    audible_since_ = -1;
    if (spans_.empty() || !spans_.back().open) return Change::kNone;
    spans_.back().open = false;
    spans_.back().cut = true;
    return Change::kStops;
}

}  // namespace trunkline::lab
