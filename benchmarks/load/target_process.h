#pragma once
// The process that is measured: started by us or already there; what it uses is read from outside, so nothing has to be
// built into it.
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/result.h"

namespace trunkline::load {

struct Usage {
    int64_t cpu_ns = 0;  ///< all threads, user and system, dead threads too
    int threads = 0;
    int fds = 0;
};

/// Time of all CPUs since boot, in ticks.
struct MachineTime {
    uint64_t busy = 0, total = 0, stolen = 0;
};
MachineTime machine_time();
int64_t own_cpu_ns();

class TargetProcess {
  public:
    /// Runs `sh -c "exec <command>"` in a process group of its own, with `environment` on top of ours and both outputs
    /// in `log_path`. It is killed when we die. Error code "spawn".
    static Result<TargetProcess> spawn(const std::string& command,
                                       const std::vector<std::pair<std::string, std::string>>& environment,
                                       const std::string& log_path);
    /// A process that others started; stop() leaves it alone. Error code "no-process".
    static Result<TargetProcess> attach(pid_t pid);

    TargetProcess(TargetProcess&& other) noexcept;
    TargetProcess& operator=(TargetProcess&&) = delete;
    ~TargetProcess();

    bool is_alive();
    Usage usage() const;
    /// Resident memory counted page by page: exact, and too slow for the edges of a window.
    int64_t rss_kb() const;
    /// SIGTERM, five seconds of patience, SIGKILL; only for what we spawned.
    void stop();
    /// How it ended and the last lines of its log.
    std::string obituary() const;

  private:
    TargetProcess(pid_t pid, bool ours, std::string log_path);
    bool reap(int options);

    pid_t pid_;
    bool ours_;
    bool gone_ = false;
    int status_ = 0;
    std::string log_path_;
};

}  // namespace trunkline::load
