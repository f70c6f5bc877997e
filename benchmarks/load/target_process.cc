// See target_process.h.
#include "benchmarks/load/target_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <utility>

namespace trunkline::load {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr useconds_t kPatienceStep = 20'000;

int64_t clock_ns(clockid_t clock) {
    timespec now{};
    if (clock_gettime(clock, &now) != 0) return 0;
    return now.tv_sec * kSecond + now.tv_nsec;
}

std::string proc_path(pid_t pid, const char* file) { return "/proc/" + std::to_string(pid) + "/" + file; }

[[noreturn]] void become(const std::string& command,
                         const std::vector<std::pair<std::string, std::string>>& environment,
                         const std::string& log_path) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int log = open(log_path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (log >= 0) {
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
    }
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    execl("/bin/sh", "sh", "-c", ("exec " + command).c_str(), nullptr);
    _exit(127);
}

std::string last_lines(const std::string& path, size_t count) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        lines.push_back("  | " + line);
        if (lines.size() > count) lines.erase(lines.begin());
    }
    std::string out;
    for (const std::string& line : lines) out += "\n" + line;
    return out;
}

}  // namespace

int64_t own_cpu_ns() { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

MachineTime machine_time() {
    std::ifstream file("/proc/stat");
    std::string label;
    uint64_t user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, stolen = 0;
    file >> label >> user >> nice >> system >> idle >> wait >> irq >> softirq >> stolen;
    const uint64_t busy = user + nice + system + irq + softirq;
    return {busy, busy + idle + wait + stolen, stolen};
}

TargetProcess::TargetProcess(pid_t pid, bool ours, std::string log_path)
    : pid_(pid), ours_(ours), log_path_(std::move(log_path)) {}

TargetProcess::TargetProcess(TargetProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      ours_(std::exchange(other.ours_, false)),
      gone_(other.gone_),
      status_(other.status_),
      log_path_(std::move(other.log_path_)) {}

TargetProcess::~TargetProcess() { stop(); }

Result<TargetProcess> TargetProcess::spawn(const std::string& command,
                                           const std::vector<std::pair<std::string, std::string>>& environment,
                                           const std::string& log_path) {
    const pid_t pid = fork();
    if (pid < 0) return fail("spawn", std::string("cannot start a process: ") + std::strerror(errno));
    if (pid == 0) become(command, environment, log_path);
    return TargetProcess(pid, true, log_path);
}

Result<TargetProcess> TargetProcess::attach(pid_t pid) {
    if (kill(pid, 0) != 0 && errno == ESRCH)
        return fail("no-process", "there is no process " + std::to_string(pid) + "; is the engine still running?");
    return TargetProcess(pid, false, {});
}

bool TargetProcess::reap(int options) {
    if (!gone_ && waitpid(pid_, &status_, options) == pid_) gone_ = true;
    return gone_;
}

bool TargetProcess::is_alive() {
    if (pid_ <= 0) return false;
    return ours_ ? !reap(WNOHANG) : kill(pid_, 0) == 0 || errno == EPERM;
}

Usage TargetProcess::usage() const {
    Usage usage;
    clockid_t clock{};
    if (clock_getcpuclockid(pid_, &clock) == 0) usage.cpu_ns = clock_ns(clock);

    std::ifstream status(proc_path(pid_, "status"));
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("Threads:")) usage.threads = std::atoi(line.c_str() + 8);
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(proc_path(pid_, "fd"), error)) {
        (void)entry;
        ++usage.fds;
    }
    return usage;
}

int64_t TargetProcess::rss_kb() const {
    std::ifstream rollup(proc_path(pid_, "smaps_rollup"));
    for (std::string line; std::getline(rollup, line);)
        if (line.starts_with("Rss:")) return std::atoll(line.c_str() + 4);
    return 0;
}

void TargetProcess::stop() {
    if (!ours_ || pid_ <= 0 || gone_) return;
    kill(-pid_, SIGTERM);
    for (int i = 0; i < 250 && !reap(WNOHANG); ++i) usleep(kPatienceStep);
    if (gone_) return;
    kill(-pid_, SIGKILL);
    reap(0);
}

std::string TargetProcess::obituary() const {
    std::string how = gone_ || !ours_ ? "it is gone" : "it runs";
    if (gone_ && WIFEXITED(status_)) how = "it exited with status " + std::to_string(WEXITSTATUS(status_));
    if (gone_ && WIFSIGNALED(status_)) how = std::string("it was killed: ") + strsignal(WTERMSIG(status_));
    return how + (log_path_.empty() ? "" : "; end of its log (" + log_path_ + "):" + last_lines(log_path_, 15));
}

}  // namespace trunkline::load
