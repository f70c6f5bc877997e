#pragma once
// Calls that begin all the time beside the steady ones, each for some seconds: what the start of a call costs while
// others talk. Open loop: a call begins at its moment, however the ones before it fare.
#include <memory>
#include <vector>

#include "benchmarks/load/caller.h"
#include "benchmarks/load/rig.h"

namespace trunkline::load {

/// When call `index` begins, counted from the first slot: once in every slot of 1/rate seconds, at a place that differs
/// from slot to slot, so that the calls do not all speak at the same moment of their 20 ms.
int64_t new_call_moment_ns(uint32_t index, double per_second);

class NewCalls final : public TimerSink {
  public:
    explicit NewCalls(Rig& rig) : rig_(rig) {}
    /// So many begin in all: over the steady window and, before it, one life, so that it finds as many as it leaves.
    static uint32_t count(const LoadPlan& plan);

    void begin_at(int64_t first_slot_ns);
    void on_due(int what, int64_t due) override;

    const std::vector<std::unique_ptr<Caller>>& callers() const { return callers_; }
    uint32_t live() const;
    bool all_over() const;  ///< all have begun and ended

  private:
    void schedule_next();

    Rig& rig_;
    int64_t first_slot_ns_ = 0;
    std::vector<std::unique_ptr<Caller>> callers_;
};

}  // namespace trunkline::load
