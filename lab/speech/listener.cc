#include "lab/speech/listener.h"

#include <algorithm>
#include <cmath>

namespace trunkline::lab {

bool Hearing::intelligible() const {
    return !matches.empty() &&
           std::all_of(matches.begin(), matches.end(), [](const Match& m) { return m.verdict == Verdict::kClean; });
}

std::string Hearing::transcript() const {
    if (!intelligible()) return "[unintelligible]";
    std::string out;
    for (const Match& m : matches) out += (out.empty() ? "" : " ") + m.text;
    return out;
}

std::string Hearing::name() const {
    if (!intelligible()) return "";
    std::string out;
    for (const Match& m : matches) out += (out.empty() ? "" : "+") + m.name;
    return out;
}

std::string Hearing::reason() const {
    for (const Match& m : matches) {
        if (m.verdict == Verdict::kClean) continue;
        return (m.name.empty() ? "" : m.name + ": ") + m.reason;
    }
    return matches.empty() ? "nothing was said" : "";
}

Listener::Listener(std::shared_ptr<const KnownSpeech> known, ListenerOptions options)
    : known_(std::move(known)), options_(options), detector_(options.detector) {}

void Listener::hear(std::span<const int16_t> samples) {
    if (options_.gain == 1) {
        frame_.insert(frame_.end(), samples.begin(), samples.end());
    } else {
        for (const int16_t s : samples) {
            frame_.push_back(static_cast<int16_t>(std::clamp(std::lround(s / options_.gain), -32768L, 32767L)));
        }
    }
    constexpr size_t kFrame = SpeechDetector::kFrame;
    const size_t keep = static_cast<size_t>(options_.pre_roll_ms) * kTelephoneRate / 1000;
    size_t at = 0;
    for (; at + kFrame <= frame_.size(); at += kFrame) {
        const std::span<const int16_t> frame(frame_.data() + at, kFrame);
        turn_.insert(turn_.end(), frame.begin(), frame.end());
        position_ += static_cast<int64_t>(kFrame);
        const auto event = detector_.frame(frame);
        if (event == SpeechDetector::Event::kBegan) {
            open_ = true;
            onset_ = detector_.onset();
            if (on_speech) on_speech(onset_);
        }
        const bool too_long = position_ - onset_ > int64_t{options_.max_turn_ms} * kTelephoneRate / 1000;
        if (open_ && (event == SpeechDetector::Event::kEnded || too_long)) judge();
        if (!open_ && turn_.size() > 2 * keep + kFrame) {
            const auto drop = static_cast<std::ptrdiff_t>(turn_.size() - keep);
            turn_.erase(turn_.begin(), turn_.begin() + drop);
            turn_at_ += drop;
        }
    }
    frame_.erase(frame_.begin(), frame_.begin() + static_cast<std::ptrdiff_t>(at));
}

void Listener::finish() {
    if (open_) judge();
}

Hearing Listener::so_far() const {
    Hearing hearing;
    if (!open_) return hearing;
    hearing.begin = onset_;
    hearing.end = detector_.last_loud();
    const auto loud = static_cast<size_t>(std::max<int64_t>(0, hearing.end - turn_at_));
    hearing.matches = known_->identify(std::span(turn_).first(std::min(loud, turn_.size())), turn_at_, options_.limits);
    return hearing;
}

void Listener::judge() {
    Hearing hearing;
    hearing.begin = onset_;
    hearing.end = detector_.last_loud();
    hearing.matches = known_->identify(turn_, turn_at_, options_.limits);
    if (hearing.matches.empty()) {
        Match m;
        m.begin = hearing.begin;
        m.end = hearing.end;
        m.reason = "nothing known matches";
        hearing.matches.push_back(m);
    }
    open_ = detector_.speaking();  // an overlong turn goes on
    onset_ = position_;
    turn_at_ += static_cast<int64_t>(turn_.size());
    turn_.clear();
    if (on_hearing) on_hearing(hearing);
}

}  // namespace trunkline::lab
