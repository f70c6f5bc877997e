#pragma once
// Audio measured, not listened to: what came out of a chain against a one-shot conversion of what went in. Pure; shares
// no code with the engine or GStreamer.
//
//   sent ──(windowed sinc, all at once)──▶ reference ─┐
//                                                     ├─ delay block by block, gain, noise, clicks, silence
//   sent ──▶ chain under test ──▶ got ────────────────┘
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace trunkline::test {

using Wave = std::vector<double>;

/// Value k of the result is `in` at the time of sample k + `shift` of the new rate. Flat to 0.9 of half the lower rate,
/// 100 dB down beyond it. The same rate and a whole shift: the samples themselves.
Wave convert(std::span<const int16_t> in, int from_rate, int to_rate, double shift = 0);

struct AudioLimits {
    double click_ratio = 1.0 / 16;  ///< an error above that share of the signal around it is a click …
    double click_floor = 48;        ///< … if it is above that, too
};

struct AudioReport {
    bool found = false;      ///< the recording is in what came out
    double delay = 0;        ///< where it begins in what came out, in samples of that
    double delay_drift = 0;  ///< largest difference between two blocks, samples; a chain without clocks has none
    int64_t missing = 0, doubled = 0;  ///< samples, by steps of the delay
    size_t lost_blocks = 0;            ///< speaking blocks (100 ms) that are not there
    size_t blocks = 0;                 ///< speaking blocks compared
    double gain_db = 0;
    double snr_db = 0;        ///< in the telephone band; kExact when every sample is the same
    size_t clicks = 0;        ///< samples that are further off, in the telephone band, than the signal around explains
    double silence_peak = 0;  ///< loudest sample where the reference is silent
    double seconds = 0;       ///< compared

    static constexpr double kExact = 999;
    bool whole() const { return found && missing == 0 && doubled == 0 && lost_blocks == 0; }
    std::string text() const;
};

AudioReport measure(std::span<const int16_t> sent, int sent_rate, std::span<const int16_t> got, int got_rate,
                    const AudioLimits& limits = {});

/// What quantisation to mu-law alone costs this signal at that rate: the best a chain that ends in mu-law can do, dB.
double mulaw_limit_db(std::span<const int16_t> sent, int sent_rate, int rate);

}  // namespace trunkline::test
