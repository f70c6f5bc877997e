#pragma once
// The audio of a carrier's media stream, as far as queueing, pacing and padding need to know it.
#include <cstddef>
#include <cstdint>

namespace trunkline::line {

enum class Encoding { kMulaw, kL16 };  ///< L16: 16-bit little-endian samples

struct Format {
    Encoding encoding = Encoding::kMulaw;
    int rate = 8000;           ///< Hz; one channel
    int64_t bytes_per_ms = 8;  ///< also the bytes of a millisecond of silence
    size_t frame = 160;        ///< bytes of 20 ms
    uint8_t silence = 0xFF;    ///< 0x00 would be a loud click in mu-law
    size_t max_message = 160;  ///< bytes of audio in one message at most, whole frames
    /// Every message is exactly one frame: a partial one is filled up with silence.
    bool exact = false;

    static constexpr Format mulaw(size_t max_message) {
        return {Encoding::kMulaw, 8000, 8, 160, 0xFF, max_message, false};
    }
    /// 8000, 16000 or 24000 Hz; one frame a message.
    static constexpr Format l16(int rate) {
        const int64_t per_ms = rate / 1000 * 2;
        const auto frame = static_cast<size_t>(per_ms * 20);
        return {Encoding::kL16, rate, per_ms, frame, 0, frame, true};
    }
    constexpr int64_t ns_of(int64_t bytes) const { return bytes * 1'000'000 / bytes_per_ms; }
    constexpr int64_t bytes_of(int64_t ns) const { return ns * bytes_per_ms / 1'000'000; }
};

}  // namespace trunkline::line
