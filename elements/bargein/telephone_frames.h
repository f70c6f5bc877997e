#pragma once
// Cuts a stream of mu-law or 16-bit samples of any rate into frames of 20 ms at 8 kHz, which is all a detector needs.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace trunkline::bargein {

class TelephoneFrames {
  public:
    static constexpr int kRate = 8000;
    static constexpr size_t kFrame = 160;
    static constexpr int64_t kFrameNs = 20'000'000;

    /// `rate` from 8000 on. Forgets a frame that was begun.
    void set_format(bool mulaw, int rate);
    /// Calls `each(std::span<const int16_t, kFrame>)` for every frame that `bytes` completes.
    template <class Each>
    void push(std::span<const uint8_t> bytes, Each each) {
        if (mulaw_) {
            for (const uint8_t code : bytes) add(kMulaw[code], each);
        } else {
            for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
                add(static_cast<int16_t>(static_cast<uint16_t>(bytes[i] | (bytes[i + 1] << 8))), each);
            }
        }
    }
    /// How long `bytes` of the format last.
    int64_t duration_ns(size_t bytes) const;

  private:
    static const std::array<int16_t, 256> kMulaw;

    template <class Each>
    void add(int16_t sample, Each& each) {
        // The mean of the samples that fall on one: a mild low pass, enough to keep aliases out of levels.
        sum_ += sample;
        ++count_;
        phase_ += kRate;
        if (phase_ < rate_) return;
        phase_ -= rate_;
        frame_[size_++] = static_cast<int16_t>(sum_ / count_);
        sum_ = count_ = 0;
        if (size_ < kFrame) return;
        size_ = 0;
        each(std::span<const int16_t, kFrame>(frame_));
    }

    bool mulaw_ = true;
    int rate_ = kRate;
    int phase_ = 0, sum_ = 0, count_ = 0;
    size_t size_ = 0;
    std::array<int16_t, kFrame> frame_{};
};

/// Mean power in dB relative to a full-scale square wave; -100 for silence.
double level_dbfs(std::span<const int16_t> samples);

}  // namespace trunkline::bargein
