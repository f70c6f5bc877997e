// Playback by frames.
#include "lab/vonage/playout.h"

namespace trunkline::lab::vonage {
namespace {

constexpr int kNoise = 4;          // about -78 dBFS
constexpr int kUnderrunTicks = 5;  // a longer gap is a pause

}  // namespace

std::optional<Samples> Playout::tick() {
    playing_ = false;
    while (!notifies_.empty() && notifies_.front().position <= taken_) {
        std::string payload = std::move(notifies_.front().payload);
        notifies_.pop_front();
        on_notify_(payload, MarkEcho::kPlayed);
    }
    if (queue_.empty()) {
        if (idle_ >= 0 && idle_ <= kUnderrunTicks) ++idle_;
        return std::nullopt;
    }
    if (idle_ >= 1 && idle_ <= kUnderrunTicks) ++underruns_;
    idle_ = 0;
    Samples frame = std::move(queue_.front());
    queue_.pop_front();
    ++taken_;
    playing_ = true;
    return frame;
}

bool Playout::push(Samples frame) {
    if (queue_.size() >= max_messages_) return false;
    queue_.push_back(std::move(frame));
    return true;
}

void Playout::notify(std::string payload) {
    if (queue_.empty() && !playing_) return on_notify_(payload, MarkEcho::kAtOnce);
    notifies_.push_back({std::move(payload), taken_ + queue_.size()});
}

void Playout::clear(bool return_notifies) {
    taken_ += queue_.size();
    queue_.clear();
    idle_ = -1;
    auto waiting = std::move(notifies_);
    notifies_.clear();
    if (!return_notifies) return;
    for (const auto& one : waiting) on_notify_(one.payload, MarkEcho::kCleared);
}

void ComfortNoise::fill(Samples& frame) {
    for (auto& sample : frame) sample = static_cast<int16_t>(static_cast<int>(random_() % (2 * kNoise + 1)) - kNoise);
}

}  // namespace trunkline::lab::vonage
