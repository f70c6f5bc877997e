#pragma once
// A gain with a limiter behind it: quiet audio is multiplied, loud audio is turned down as a whole instead of being cut
// off at full scale. It looks ahead within the buffer it is given, so it delays nothing. Pure.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace trunkline::gain {

class Limiter {
  public:
    struct Options {
        double gain = 1;       ///< what every sample is multiplied by
        double ceiling = 0.9;  ///< no sample comes out above this share of full scale
        double release_s = 2;  ///< how long the way back from silence to full gain takes
    };

    Limiter(const Options& options, int rate, int channels);

    /// In place; `samples` interleaved. The turning down begins as early in the buffer as it can.
    void process(std::span<int16_t> samples);
    /// Audio that does not continue what came before.
    void reset() { level_ = options_.gain; }
    /// The gain behind the last sample.
    double level() const { return level_; }

  private:
    void plan(std::span<const int16_t> samples);

    Options options_;
    size_t block_;  // samples of all channels that one step lasts: 1 ms
    size_t channels_;
    double rise_, fall_;  // most change of the gain per step
    double level_;
    std::vector<double> steps_;  // gain at the beginning of each step, and behind the last one
};

}  // namespace trunkline::gain
