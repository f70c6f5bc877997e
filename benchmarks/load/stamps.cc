// See stamps.h.
#include "benchmarks/load/stamps.h"

#include <algorithm>

#include "benchmarks/load/stamped_audio.h"
#include "benchmarks/load/wave_stamp.h"

namespace trunkline::load {

std::string AudioFormat::name() const {
    return (encoding == Encoding::kMulaw ? "mulaw/" : "linear16/") + std::to_string(rate);
}

void SentTimes::note(const Stamp& stamp) {
    auto& frames = calls_[stamp.call];
    if (frames.size() <= stamp.frame) frames.resize(size_t{stamp.frame} + 1);
    frames[stamp.frame] = {stamp.intended_ns, stamp.sent_ns};
}

bool SentTimes::complete(Stamp& stamp, uint32_t period) const {
    if (stamp.call >= calls_.size()) return false;
    const auto& frames = calls_[stamp.call];
    if (stamp.frame >= frames.size()) return false;
    const auto last = static_cast<uint32_t>(frames.size() - 1);
    stamp.frame = last - (last - stamp.frame) % period;
    stamp.intended_ns = frames[stamp.frame].intended_ns;
    stamp.sent_ns = frames[stamp.frame].sent_ns;
    return true;
}

void Leg::write(std::string& out_audio, const Stamp& stamp, SentTimes& sent) const {
    const size_t at = out_audio.size();
    out_audio.resize(at + in.frame_bytes());
    const std::span<uint8_t> frame(reinterpret_cast<uint8_t*>(out_audio.data()) + at, in.frame_bytes());
    if (!converted) return write_stamped(frame, direction, stamp);
    sent.note(stamp);
    write_wave(frame, in, direction, stamp);
}

std::unique_ptr<StampReader> Leg::reader(const SentTimes& sent) const {
    if (converted) return std::make_unique<WaveReader>(direction, out, sent);
    return std::make_unique<ByteReader>(direction, out);
}

void FrameTally::note(uint32_t frame) {
    if (frame >= seen_.size()) seen_.resize(std::max<size_t>(size_t{frame} + 1, seen_.size() * 2));
    if (seen_[frame]) {
        ++duplicated_;
        return;
    }
    seen_[frame] = true;
    ++received_;
    if (frame < next_) ++reordered_;
    next_ = std::max(next_, frame + 1);
    first_ = std::min(first_, frame);
}

uint64_t FrameTally::missing(uint32_t from, uint32_t to) const {
    uint64_t count = 0;
    for (uint32_t frame = from; frame < to; ++frame)
        if (frame >= seen_.size() || !seen_[frame]) ++count;
    return count;
}

}  // namespace trunkline::load
