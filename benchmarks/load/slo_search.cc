// See slo_search.h.
#include "benchmarks/load/slo_search.h"

#include <algorithm>
#include <cstdio>

namespace trunkline::load {
namespace {

std::string too_late(const char* way, const Quantiles& added, const Quantiles& rig, double slo_ms) {
    if (added.p99 <= slo_ms) return {};
    char out[120];
    std::snprintf(out, sizeof out, "%s p99 added %.2f ms, of it the rig's own lateness %.2f", way, added.p99, rig.p99);
    return out;
}

}  // namespace

uint32_t SloSearch::next() const {
    if (failed_ == 0) {
        const uint32_t wanted = largest_ == 0 ? first_ : largest_ + kStep;
        return wanted <= kMost ? wanted : 0;
    }
    const uint32_t gap = failed_ - largest_;
    if (gap <= kFinest) return 0;
    return largest_ + std::max(kFinest, gap / 2 / kFinest * kFinest);
}

void SloSearch::note(uint32_t calls, bool held) {
    if (held)
        largest_ = std::max(largest_, calls);
    else
        failed_ = failed_ == 0 ? calls : std::min(failed_, calls);
}

std::string why_not_held(const Measurement& run, double slo_ms) {
    if (run.calls_up < run.calls)
        return std::to_string(run.calls - run.calls_up) + " of " + std::to_string(run.calls) + " calls did not come up";
    if (run.new_calls_up < run.new_calls_begun)
        return std::to_string(run.new_calls_begun - run.new_calls_up) + " new calls did not come up";
    const uint64_t lost = run.up_frames.lost + run.down_frames.lost + run.new_up_frames.lost + run.new_down_frames.lost;
    if (lost > 0) return std::to_string(lost) + " frames lost";
    const std::string up = too_late("caller → agent", run.up, run.lateness, slo_ms);
    return up.empty() ? too_late("agent → caller", run.down, run.lateness, slo_ms) : up;
}

}  // namespace trunkline::load
