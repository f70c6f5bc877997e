#pragma once
// The engine as a process of its own, for what only a process can show: its threads, its descriptors, signals, a kill.
#include <sys/types.h>

#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace trunkline::test {

/// The program under test.
std::string program_of_engine();

class EngineProcess {
  public:
    /// Starts `trunkline serve` with `graph`. `environment`: "NAME=value". The database lives in `folder`, so that a
    /// second process can take over from a first one.
    EngineProcess(std::string folder, const std::string& graph, std::vector<std::string> environment);
    ~EngineProcess();  ///< kills it if it still runs

    /// Until it takes calls; throws what it said when it ends instead.
    void wait_until_ready();
    pid_t pid() const { return pid_; }
    int port() const { return port_; }
    size_t threads() const;
    size_t descriptors() const;
    int64_t resident_kb() const;  ///< counted page by page
    size_t highest_descriptor() const;
    /// Sends the signal and waits for the end; the exit status, or 128 + signal.
    int stop(int signal);
    std::string log() const;

  private:
    void read_log(int fd);

    std::string folder_;
    mutable std::mutex mutex_;
    std::string log_;
    std::thread reader_;  // a pipe, not a file: the log must not suffer what the test does to the disk
    pid_t pid_ = -1;
    int port_ = 0;
};

}  // namespace trunkline::test
