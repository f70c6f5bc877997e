#include "tests/integration/engine_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace trunkline::test {
namespace {

size_t entries(pid_t pid, const char* what) {
    size_t n = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/" + what, error)) {
        n += !entry.path().empty();
    }
    return n;
}

}  // namespace

std::string program_of_engine() {
    const char* build = std::getenv("TRUNKLINE_BUILD_DIR");
    return std::string(build ? build : "build/release") + "/engine/trunkline";
}

EngineProcess::EngineProcess(std::string folder, const std::string& graph, std::vector<std::string> environment)
    : folder_(std::move(folder)) {
    int log[2];
    if (pipe2(log, O_CLOEXEC) != 0) throw std::runtime_error("no pipe for the engine's log");
    const std::string database = folder_ + "/calls.db", path = program_of_engine();
    pid_ = fork();
    if (pid_ == 0) {
        dup2(log[1], 1);
        dup2(log[1], 2);
        for (auto& entry : environment) putenv(entry.data());
        execl(path.c_str(), "trunkline", "serve", "--env-file", "/dev/null", "--graphs", graph.c_str(), "--port", "0",
              "--database", database.c_str(), "--url", "https://voice.example.com", "--insecure", "--drain-ms", "0",
              nullptr);
        _exit(127);
    }
    close(log[1]);
    reader_ = std::thread([this, fd = log[0]] { read_log(fd); });
}

EngineProcess::~EngineProcess() {
    if (pid_ > 0) stop(SIGKILL);
    if (reader_.joinable()) reader_.join();
}

void EngineProcess::read_log(int fd) {
    char buffer[4096];
    for (ssize_t n = 0; (n = read(fd, buffer, sizeof buffer)) > 0;) {
        const std::lock_guard lock(mutex_);
        log_.append(buffer, static_cast<size_t>(n));
    }
    close(fd);
}

void EngineProcess::wait_until_ready() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (port_ == 0) {
        const std::string text = log();
        const std::string sign = "ready address=http://127.0.0.1:";
        const size_t at = text.find(sign);
        // The whole line: half a number is a number too.
        if (at != std::string::npos && text.find('\n', at) != std::string::npos)
            port_ = std::atoi(text.c_str() + at + sign.size());
        siginfo_t ended{};
        waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT);
        const bool over = std::chrono::steady_clock::now() > until || ended.si_pid != 0;
        if (port_ == 0 && over) throw std::runtime_error("the engine did not start:\n" + text);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

size_t EngineProcess::threads() const { return entries(pid_, "task"); }
size_t EngineProcess::descriptors() const { return entries(pid_, "fd"); }

int64_t EngineProcess::resident_kb() const {
    std::ifstream in("/proc/" + std::to_string(pid_) + "/smaps_rollup");
    for (std::string word; in >> word;) {
        int64_t kb = 0;
        if (word == "Rss:" && in >> kb) return kb;
    }
    return -1;
}

size_t EngineProcess::highest_descriptor() const {
    size_t highest = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/fd"))
        highest = std::max<size_t>(highest, std::strtoul(entry.path().filename().c_str(), nullptr, 10));
    return highest;
}

int EngineProcess::stop(int signal) {
    int status = 0;
    kill(pid_, signal);
    waitpid(pid_, &status, 0);
    pid_ = -1;
    reader_.join();  // the whole log is there
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string EngineProcess::log() const {
    const std::lock_guard lock(mutex_);
    return log_;
}

}  // namespace trunkline::test
