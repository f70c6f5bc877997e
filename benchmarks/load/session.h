#pragma once
// The moving parts of one measurement (callers, agents, the loop between them) and the waits between its phases.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/load/backend.h"
#include "benchmarks/load/caller.h"
#include "benchmarks/load/measurement.h"
#include "benchmarks/load/new_calls.h"

namespace trunkline::load {

class Session {
  public:
    Session(const LoadPlan& plan, TargetProcess& target, uint16_t port, TcpSocket& listener, uint32_t calls);
    ~Session() { reactor_.clear_timers(); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Starts the calls over the ramp and waits until each is heard by its agent or has failed.
    Status ramp_up(const Progress& progress);
    /// Runs until `until_ns`; `note` is shown with the seconds to go.
    Status run(int64_t until_ns, const std::string& note, const Progress& progress);
    void begin_new_calls(int64_t first_ns) { new_calls_.begin_at(first_ns); }
    /// Waits until every new call has ended; not longer than the slowest may take.
    Status finish_new_calls(const Progress& progress);
    /// Hangs up and waits for the target to close what it has open.
    Status hang_up();

    uint32_t calls_up() const;
    uint32_t new_calls_live() const { return new_calls_.live(); }
    void fill(Measurement& out, const std::vector<uint32_t>& up_limits, const std::vector<uint32_t>& down_limits) const;
    std::vector<uint32_t> sent(uint32_t CallRecord::*counter) const;
    Meters& meters() { return meters_; }

  private:
    Status check() const;
    void fill_deliveries(Measurement& out, const std::vector<uint32_t>& up_limits,
                         const std::vector<uint32_t>& down_limits) const;
    void fill_new_calls(Measurement& out) const;
    bool is_up(uint32_t i) const { return callers_[i]->is_streaming() && rig_.records[i].first_heard_ns != 0; }
    bool settled() const;

    TargetProcess& target_;
    uint32_t left_open_ = 0;
    Reactor reactor_;
    Meters meters_;
    Rig rig_;
    NewCalls new_calls_;
    std::unique_ptr<Backend> backend_;
    std::vector<std::unique_ptr<Caller>> callers_;
};

}  // namespace trunkline::load
