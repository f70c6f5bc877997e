#pragma once
// Sample-accurate comparison of heard audio with one recording: where it lies, window by window whether it is intact,
// and if not, what was done to it.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lab/speech/listener.h"

namespace trunkline::lab {

inline constexpr int kWindow = 160;  ///< 20 ms at 8 kHz

/// A recording prepared for comparison.
struct Reference {
    std::vector<float> samples;
    std::vector<float> level;  ///< rms of every kWindow samples
    size_t first = 0;          ///< first speaking window
    size_t last = 0;           ///< one past the last
    explicit Reference(std::span<const int16_t> pcm);
    explicit Reference(std::vector<float> pcm);
    bool speaks(size_t window) const { return level[window] >= kSpeaking; }
    static constexpr float kSpeaking = 104.0F;  ///< about -50 dBFS
};

struct Comparison {
    bool found = false;          ///< some part of it was located
    int64_t offset = 0;          ///< index in the heard turn of the recording's sample 0 (where it was first located)
    int64_t end_offset = 0;      ///< the same for its last part: differs when samples were lost or inserted
    int speaking = 0;            ///< speaking windows of the recording
    int good = 0;                ///< of these, intact
    int bad = 0;                 ///< of all windows, damaged or absent; not counting what follows a cut
    int cut_window = -1;         ///< all speaking windows from here on are absent, none before is damaged
    double mean = 0, worst = 1;  ///< correlation of speaking windows before the cut
    double gain_db = 0;
    int first_bad = -1;  ///< window
};

/// Looks for the recording near `coarse` (± `radius` samples). `heard` holds the whole turn.
Comparison compare(std::span<const float> heard, const Reference& reference, int64_t coarse, int64_t radius,
                   const MatchLimits& limits);

}  // namespace trunkline::lab
