#pragma once
// The engine as a process of its own, for what only a process can show: its threads, its descriptors, signals, a kill.
#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace trunkline::test {

class EngineProcess {
  public:
    /// Starts `trunkline serve` with `graph` and waits until it is ready. `environment`: "NAME=value". The database and
    /// the log live in `folder`, so that a second process can take over from a first one.
    EngineProcess(std::string folder, const std::string& graph, std::vector<std::string> environment);
    ~EngineProcess();  ///< kills it if it still runs

    int port() const { return port_; }
    size_t threads() const;
    size_t descriptors() const;
    size_t highest_descriptor() const;
    size_t memory_kb() const;  ///< resident
    pid_t pid() const { return pid_; }
    /// Sends the signal and waits for the end; the exit status, or 128 + signal.
    int stop(int signal);
    std::string log() const;

  private:
    std::string folder_;
    pid_t pid_ = -1;
    int port_ = 0;
};

}  // namespace trunkline::test
