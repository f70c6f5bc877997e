#pragma once
// How many calls the machine carries at the promise: in coarse steps up to the first number that does not hold, then by
// halves between the last that held and that one.
#include <cstdint>
#include <string>

#include "benchmarks/load/measurement.h"

namespace trunkline::load {

class SloSearch {
  public:
    static constexpr uint32_t kStep = 100, kFinest = 10, kMost = 20'000;
    explicit SloSearch(uint32_t first) : first_(first) {}

    /// The number to measure next; 0 when the answer is known.
    uint32_t next() const;
    void note(uint32_t calls, bool held);
    uint32_t largest() const { return largest_; }         ///< that held; 0 when none did
    uint32_t smallest_failed() const { return failed_; }  ///< 0 when none failed

  private:
    uint32_t first_;
    uint32_t largest_ = 0, failed_ = 0;
};

/// Why a run does not keep the promise: too late (p99 added either way, ms), frames lost, calls missing. Empty when it
/// does.
std::string why_not_held(const Measurement& run, double slo_ms);

}  // namespace trunkline::load
