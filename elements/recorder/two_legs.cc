#include "elements/recorder/two_legs.h"

#include <algorithm>

#include "elements/recorder/mulaw.h"

namespace trunkline::recorder {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kJoinNs = 40'000'000;

}  // namespace

int64_t TwoLegs::frame_at(int64_t ns) const {
    const int64_t whole = ns / kSecond, rest = ns % kSecond;  // a product of a day in ns and 48 kHz has no room
    return whole * rate_ + (rest * rate_ + kSecond / 2) / kSecond;
}

size_t TwoLegs::put(Leg leg, int64_t at_ns, bool gap, std::span<const int16_t> samples) {
    Line& to = line(leg);
    int64_t at = at_ns < 0 ? to.end : std::max(frame_at(at_ns), to.end);
    if (!gap && at - to.end < frame_at(kJoinNs) && to.end > 0) at = to.end;
    if (at < taken_) {  // too late: these frames are written as silence
        const auto late = static_cast<size_t>(std::min<int64_t>(taken_ - at, static_cast<int64_t>(samples.size())));
        samples = samples.subspan(late);
        at += static_cast<int64_t>(late);
        to.end = std::max(to.end, at);
        return late + (samples.empty() ? 0 : put(leg, -1, false, samples));
    }
    const int64_t room = taken_ + most_ahead_ - at;
    const auto kept = static_cast<size_t>(std::clamp<int64_t>(room, 0, static_cast<int64_t>(samples.size())));
    if (kept > 0) {
        to.samples.resize(static_cast<size_t>(at - taken_), 0);
        to.samples.insert(to.samples.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(kept));
        to.end = at + static_cast<int64_t>(kept);
    }
    return samples.size() - kept;
}

void TwoLegs::cut(Leg leg, int64_t at_ns) {
    Line& to = line(leg);
    to.end = std::min(to.end, std::max(frame_at(at_ns), taken_));
    if (const auto left = static_cast<size_t>(std::max<int64_t>(0, to.end - taken_)); left < to.samples.size())
        to.samples.resize(left);
}

std::string TwoLegs::take(int64_t until_ns, bool mulaw) {
    const int64_t until = frame_at(until_ns);
    if (until <= taken_) return {};
    const auto frames = static_cast<size_t>(until - taken_);
    std::string out;
    out.reserve(frames * (mulaw ? 2 : 4));
    for (size_t i = 0; i < frames; ++i) {
        for (const Line& from : lines_) {
            const int16_t sample = i < from.samples.size() ? from.samples[i] : int16_t{0};
            if (mulaw) {
                out += static_cast<char>(linear_to_mulaw(sample));
            } else {
                out += static_cast<char>(sample & 0xFF);
                out += static_cast<char>(sample >> 8 & 0xFF);
            }
        }
    }
    for (Line& from : lines_) {
        const auto gone = static_cast<std::ptrdiff_t>(std::min(frames, from.samples.size()));
        from.samples.erase(from.samples.begin(), from.samples.begin() + gone);
    }
    taken_ = until;
    return out;
}

}  // namespace trunkline::recorder
