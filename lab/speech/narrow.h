#pragma once
// The band that every resampler keeps. What was converted between rates on its way has lost what lies near 4 kHz, with
// any converter, so it is compared with its recording below that.
#include <span>
#include <vector>

namespace trunkline::lab {

/// 8 kHz samples without what lies above 3.3 kHz (60 dB down); flat below 2.9 kHz, no delay, same length.
std::vector<float> narrowed(std::span<const float> samples_8k);

}  // namespace trunkline::lab
