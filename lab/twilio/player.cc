// Playback by sample count.
#include "lab/twilio/player.h"

#include <algorithm>
#include <array>

namespace trunkline::lab {

void Player::advance(int64_t sample) {
    while (played_ < sample) {
        if (queue_.empty()) return play_silence(sample - played_);
        const std::vector<uint8_t>& front = queue_.front();
        size_t count = std::min(front.size() - front_at_, static_cast<size_t>(sample - played_));
        if (!marks_.empty()) count = std::min(count, static_cast<size_t>(marks_.front().position - taken_));
        on_played_(std::span(front).subspan(front_at_, count));
        played_ += static_cast<int64_t>(count);
        front_at_ += count;
        queued_ -= count;
        taken_ += count;
        if (front_at_ == front.size()) {
            queue_.pop_front();
            front_at_ = 0;
        }
        return_due_marks();
    }
}

void Player::play_silence(int64_t count) {
    static constexpr auto kSilence = [] {
        std::array<uint8_t, 160> silence{};
        silence.fill(kUlawSilence);
        return silence;
    }();
    while (count > 0) {
        auto now = std::min<int64_t>(count, kSilence.size());
        on_played_(std::span(kSilence).first(static_cast<size_t>(now)));
        played_ += now;
        count -= now;
    }
}

size_t Player::push(std::vector<uint8_t> audio) {
    const size_t room = max_queue_ - queued_;
    const size_t discarded = audio.size() > room ? audio.size() - room : 0;
    audio.resize(audio.size() - discarded);
    queued_ += audio.size();
    if (!audio.empty()) queue_.push_back(std::move(audio));
    return discarded;
}

void Player::mark(const std::string& name) {
    if (queued_ == 0) return on_mark_(name, MarkEcho::kAtOnce);
    marks_.push_back({name, taken_ + queued_});
}

void Player::clear() {
    taken_ += queued_;
    queued_ = 0;
    front_at_ = 0;
    queue_.clear();
    auto returned = std::move(marks_);
    marks_.clear();
    for (const auto& mark : returned) on_mark_(mark.name, MarkEcho::kCleared);
}

int64_t Player::next_mark() const {
    return marks_.empty() ? -1 : played_ + static_cast<int64_t>(marks_.front().position - taken_);
}

void Player::return_due_marks() {
    while (!marks_.empty() && marks_.front().position <= taken_) {
        std::string name = std::move(marks_.front().name);
        marks_.pop_front();
        on_mark_(name, MarkEcho::kPlayed);
    }
}

}  // namespace trunkline::lab
