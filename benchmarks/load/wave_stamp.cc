// See wave_stamp.h.
#include "benchmarks/load/wave_stamp.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

namespace trunkline::load {
namespace {

constexpr int64_t kUnitsPerSecond = 8000;
constexpr int64_t kGuard = 2, kBitUnits = 3;  // units
constexpr int kSyncBits = 5, kCallBits = 15, kFrameBits = 16, kCheckBits = 16;
constexpr int kBits = kSyncBits + kCallBits + kFrameBits + kCheckBits;
static_assert(2 * kGuard + kBits * kBitUnits == 160);

constexpr uint64_t kSync = 0b11010;
constexpr uint64_t kWhitening = 0x5A3C'96E1'4D2BU;  // so that small numbers are no long stretches of one level
constexpr uint64_t kPayload = (uint64_t{1} << (kBits - kSyncBits)) - 1;

// About -15 dBFS: three times louder is still below the engine's limiter. A level that mu-law holds exactly.
constexpr int16_t kLevel = 5884;
constexpr uint8_t kMulawPlus = 0xA8, kMulawMinus = 0x28, kMulawZero = 0xFF;
constexpr int16_t kLeast = 500;   // of a bit
constexpr int16_t kQuiet = 1000;  // what is quieter outside of frames is silence; filters ring

const std::array<int16_t, 256>& mulaw_table() {
    static const auto table = [] {
        std::array<int16_t, 256> out{};
        for (int code = 0; code < 256; ++code) {
            const int inverted = ~code & 0xFF, exponent = (inverted >> 4) & 7;
            const int magnitude = (((inverted & 0x0F) << 3) + 0x84) << exponent;
            const int sample = magnitude - 0x84;
            out[static_cast<size_t>(code)] = static_cast<int16_t>((inverted & 0x80) != 0 ? -sample : sample);
        }
        return out;
    }();
    return table;
}

uint64_t check_of(Direction direction, uint32_t call, uint32_t frame) {
    uint64_t hash = (uint64_t{call} << 20 | frame) * 4 + static_cast<uint64_t>(direction);
    hash = (hash ^ 0x9E3779B97F4A7C15U) * 0xD6E8FEB86659FD93U;
    return (hash ^ (hash >> 29)) >> 13 & ((1U << kCheckBits) - 1);
}

uint64_t bits_of(Direction direction, const Stamp& stamp) {
    const uint32_t frame = stamp.frame % kWavePeriod;
    const uint64_t payload =
        (uint64_t{stamp.call} << kFrameBits | frame) << kCheckBits | check_of(direction, stamp.call, frame);
    return kSync << (kBits - kSyncBits) | (payload ^ (kWhitening & kPayload));
}

}  // namespace

void write_wave(std::span<uint8_t> out, const AudioFormat& format, Direction direction, const Stamp& stamp) {
    const uint64_t bits = bits_of(direction, stamp);
    const auto unit = static_cast<int64_t>(format.rate) / kUnitsPerSecond;
    const bool mulaw = format.encoding == AudioFormat::Encoding::kMulaw;
    for (size_t i = 0; i < format.frame_samples(); ++i) {
        const int64_t into = static_cast<int64_t>(i) / unit - kGuard;
        const int64_t bit = into < 0 ? kBits : into / kBitUnits;
        const int sign = bit >= kBits ? 0 : (bits >> (kBits - 1 - bit) & 1) != 0 ? 1 : -1;
        if (mulaw) {
            out[i] = sign == 0 ? kMulawZero : sign > 0 ? kMulawPlus : kMulawMinus;
            continue;
        }
        const auto sample = static_cast<uint16_t>(sign * kLevel);
        out[2 * i] = static_cast<uint8_t>(sample & 0xFF);
        out[2 * i + 1] = static_cast<uint8_t>(sample >> 8);
    }
}

WaveReader::WaveReader(Direction direction, const AudioFormat& format, const SentTimes& sent)
    : direction_(direction),
      format_(format),
      sent_(sent),
      unit_(static_cast<int64_t>(format.rate) / kUnitsPerSecond),
      frame_(static_cast<int64_t>(format.frame_samples())),
      margin_(static_cast<int64_t>(format.rate) / 1000) {}

void WaveReader::append(std::span<const uint8_t> bytes) {
    if (format_.encoding == AudioFormat::Encoding::kMulaw) {
        for (const uint8_t byte : bytes) samples_.push_back(mulaw_table()[byte]);
        return;
    }
    counts_.stray_bytes += bytes.size() % 2;  // half a sample
    const size_t old = samples_.size();
    samples_.resize(old + bytes.size() / 2);
    std::memcpy(samples_.data() + old, bytes.data(), bytes.size() / 2 * 2);
}

/// Whether a frame begins at `at`; all of it is here.
bool WaveReader::decode(int64_t at, Stamp& stamp) const {
    uint64_t bits = 0;
    const int64_t first = at + unit_ * kGuard + unit_ * kBitUnits / 2;
    for (int bit = 0; bit < kBits; ++bit) {
        const int16_t value = sample(first + bit * unit_ * kBitUnits);
        if (std::abs(int{value}) < kLeast) return false;
        bits = bits << 1 | (value > 0 ? 1U : 0U);
        if (bit == kSyncBits - 1 && bits != kSync) return false;
    }
    const uint64_t payload = (bits ^ kWhitening) & kPayload;
    stamp = {.call = static_cast<uint32_t>(payload >> (kFrameBits + kCheckBits)),
             .frame = static_cast<uint32_t>(payload >> kCheckBits) % kWavePeriod};
    return (payload & ((1U << kCheckBits) - 1)) == check_of(direction_, stamp.call, stamp.frame) &&
           sent_.complete(stamp, kWavePeriod);
}

/// The last place where a frame may begin whose bits are all here.
int64_t WaveReader::last_place() const { return end() - frame_ + unit_ * kGuard; }

/// The next frame: the middle of the places where it reads well. False when it is not here, or not all of those places.
bool WaveReader::find(int64_t& at, Stamp& stamp) {
    const int64_t last = last_place();
    while (next_ <= last && !decode(next_, stamp)) ++next_;
    int64_t good = next_;
    Stamp again;
    while (good < last && decode(good + 1, again) && again.frame == stamp.frame) ++good;
    at = (next_ + good + 1) / 2;
    return good < last;
}

/// The frame right behind the last one.
bool WaveReader::follows(Stamp& stamp) const { return expected_ <= last_place() && decode(expected_, stamp); }

int64_t WaveReader::heard_ns(int64_t at) const {
    auto chunk = std::find_if(chunks_.rbegin(), chunks_.rend(), [at](const Chunk& c) { return c.begin <= at; });
    if (chunk == chunks_.rend()) --chunk;
    return chunk->at_ns + (at - chunk->begin) % frame_ * 1'000'000'000 / format_.rate;
}

/// Counts what is no frame: silence, or damage.
void WaveReader::judge(int64_t until) {
    for (; judged_ < until; ++judged_) {
        if (std::abs(int{sample(judged_)}) < kQuiet) {
            counts_.silence_bytes += format_.sample_bytes();
            continue;
        }
        counts_.stray_bytes += format_.sample_bytes();
        if (damaged_ >= 0 && judged_ - damaged_ < frame_) continue;
        damaged_ = judged_;
        ++counts_.corrupted;
    }
}

void WaveReader::take(int64_t at, const Stamp& stamp) {
    judge(at - margin_);
    if (expected_ >= 0 && at < expected_ - unit_) ++counts_.corrupted;  // samples are missing between two frames
    found_.push_back({stamp, heard_ns(at)});
    expected_ = at + frame_;
    next_ = expected_ - frame_ / 2;  // samples may be missing
    judged_ = std::max(judged_, expected_ + margin_);
}

void WaveReader::forget() {
    const int64_t keep = std::min(std::min(next_, judged_), end());
    if (keep - begin_ < 2 * frame_ && end() - keep > frame_) return;
    samples_.erase(samples_.begin(), samples_.begin() + static_cast<ptrdiff_t>(keep - begin_));
    begin_ = keep;
    while (chunks_.size() > 1 && chunks_[1].begin <= begin_) chunks_.pop_front();
}

std::span<const HeardFrame> WaveReader::read(std::span<const uint8_t> bytes, int64_t now_ns) {
    found_.clear();
    chunks_.push_back({end(), now_ns});
    append(bytes);
    Stamp stamp;
    int64_t at = 0;
    // Behind a frame the next one is waited for before anything else is looked for.
    while (expected_ < next_ || expected_ <= last_place()) {
        if (next_ <= expected_ && follows(stamp)) {
            take(expected_, stamp);
        } else if (find(at, stamp)) {
            take(at, stamp);
        } else {
            judge(std::min(next_, end()) - margin_);
            break;
        }
    }
    forget();
    return found_;
}

}  // namespace trunkline::load
