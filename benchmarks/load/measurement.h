#pragma once
// One measurement: a target, a number of calls, a ramp, a steady window, a drain, and what was seen in it.
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "benchmarks/load/rig.h"
#include "benchmarks/load/target_process.h"
#include "benchmarks/load/tcp_socket.h"
#include "engine/core/result.h"

namespace trunkline::load {

struct Quantiles {
    uint64_t count = 0;
    double p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0;  ///< ms
};
Quantiles quantiles_of(const Histogram& histogram);

/// What happened to the frames of one direction, from the first of a call on; those sent after the window, or after the
/// life of a new call, only keep the stream alive. Damaged and foreign bytes up are counted for all calls together.
struct Delivery {
    uint64_t sent = 0, received = 0, lost = 0, duplicated = 0, reordered = 0, corrupted = 0;
    uint64_t silence_bytes = 0, stray_bytes = 0;
};

/// How calls begin, ms; see StartMeters.
struct StartFigures {
    Quantiles webhook, first_frame, handshake, first_frame_apart, caught_up, later;
    uint64_t waited = 0;
};

struct Measurement {
    std::string target;
    uint32_t calls = 0, calls_up = 0;
    uint32_t new_calls_begun = 0, new_calls_up = 0;
    double new_calls_live = 0;  ///< on average over the steady window
    std::map<std::string, uint32_t> failures;
    double seconds = 0;
    double cpu_ms_per_call_second = 0;  ///< user and system, of the target
    double rig_cpu_ms_per_call_second = 0;
    double cores_target = 0, cores_rig = 0, cores_others = 0, cores_stolen = 0;  ///< CPUs busy on average
    double cores_attacker = 0;                                   ///< … of the attack, part of the others
    Quantiles up, down, up_from_sent, down_from_sent, lateness;  ///< of the steady calls
    StartFigures ramp, fresh;                                    ///< of the steady and of the new calls
    Delivery up_frames, down_frames, new_up_frames, new_down_frames;
    uint32_t left_open = 0;  ///< sockets the target still held three seconds after every call had hung up
    uint64_t misrouted = 0, marks = 0, clears = 0;
    double memory_kb_per_call = 0, fds_per_call = 0;
    int64_t rss_kb_idle = 0, rss_kb = 0, rss_kb_after = 0;
    int threads_idle = 0, threads = 0, fds_idle = 0, fds_after = 0;

    bool is_clean() const;  ///< every call came up and no frame was lost, doubled, moved, damaged or misrouted
};

/// Set by Ctrl-C; every wait ends soon after.
extern std::atomic<bool> interrupted;

/// Called about twice a second with one line for a person.
using Progress = std::function<void(const std::string&)>;

/// Errors: "interrupted", "target-died", "nothing-arrived" (with what went wrong and where to look).
Result<Measurement> measure(const LoadPlan& plan, const std::string& name, TargetProcess& target, uint16_t target_port,
                            TcpSocket& backend_listener, uint32_t calls, const Progress& progress);

/// Some short calls, so that what a target loads or allocates once is not counted as the memory of its calls.
Status warm_up(const LoadPlan& plan, TargetProcess& target, uint16_t target_port, TcpSocket& backend_listener,
               uint32_t calls);

}  // namespace trunkline::load
