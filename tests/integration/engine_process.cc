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
#include <sstream>
#include <stdexcept>
#include <thread>

namespace trunkline::test {
namespace {

std::string program() {
    const char* build = std::getenv("TRUNKLINE_BUILD_DIR");
    return std::string(build ? build : "build/release") + "/engine/trunkline";
}

size_t entries(pid_t pid, const char* what) {
    size_t n = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/" + what, error)) {
        n += !entry.path().empty();
    }
    return n;
}

}  // namespace

EngineProcess::EngineProcess(std::string folder, const std::string& graph, std::vector<std::string> environment)
    : folder_(std::move(folder)) {
    std::filesystem::remove(folder_ + "/engine.log");
    pid_ = fork();
    if (pid_ == 0) {
        const int log = open((folder_ + "/engine.log").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
        dup2(log, 1);
        dup2(log, 2);
        for (auto& entry : environment) putenv(entry.data());
        const std::string database = folder_ + "/calls.db", path = program();
        execl(path.c_str(), "trunkline", "serve", "--env-file", "/dev/null", "--graphs", graph.c_str(), "--port", "0",
              "--database", database.c_str(), "--url", "https://voice.example.com", "--insecure", "--drain-ms", "0",
              nullptr);
        _exit(127);
    }
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (port_ == 0) {
        const std::string text = log();
        const std::string sign = "ready address=http://127.0.0.1:";
        if (const size_t at = text.find(sign); at != std::string::npos)
            port_ = std::atoi(text.c_str() + at + sign.size());
        if (std::chrono::steady_clock::now() > until) throw std::runtime_error("the engine did not start:\n" + text);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

EngineProcess::~EngineProcess() {
    if (pid_ > 0) stop(SIGKILL);
}

size_t EngineProcess::threads() const { return entries(pid_, "task"); }
size_t EngineProcess::descriptors() const { return entries(pid_, "fd"); }

size_t EngineProcess::highest_descriptor() const {
    size_t highest = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/fd"))
        highest = std::max<size_t>(highest, std::strtoul(entry.path().filename().c_str(), nullptr, 10));
    return highest;
}

size_t EngineProcess::memory_kb() const {
    size_t pages = 0, resident = 0;
    std::ifstream("/proc/" + std::to_string(pid_) + "/statm") >> pages >> resident;
    return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

int EngineProcess::stop(int signal) {
    int status = 0;
    kill(pid_, signal);
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string EngineProcess::log() const {
    std::ifstream in(folder_ + "/engine.log");
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

}  // namespace trunkline::test
