#pragma once
// `lab hume`: plays Hume EVI on ws://host:port/v0/evi/chat.
//
//   HumeLab (agent::Server) → Session per socket → Conversation (turns, interruptions) → Voice (numbered WAV pieces)
//                                                             ↘ Listener (earned transcripts), Tools
// May be started any number of times in one process, each on its own thread; all public functions are thread-safe.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "lab/agent/agent_lab.h"
#include "lab/hume/options.h"

namespace trunkline::lab::hume {

using agent::Command;

class HumeLab : public AgentLab {
  public:
    using EventSink = std::function<void(const agent::LabEvent&)>;

    /// Starts a thread that serves until destruction. `events` is called on that thread. Codes: cannot-listen (names
    /// the address), and those of SpeechLibrary.
    static Result<std::unique_ptr<HumeLab>> start(HumeOptions options, EventSink events = {});

    std::string backend() const override { return "hume"; }
    Status set_fault(const std::string& assignment) override;
    void clear_faults() override;
    /// Options for sessions opened from now on (port, host and callers stay as they were).
    void set_options(const HumeOptions& options);

  private:
    struct Door;
    HumeLab(std::shared_ptr<Door> door, std::unique_ptr<agent::Server> server);
    std::shared_ptr<Door> door_;
};

/// The program: serves until SIGINT or SIGTERM and prints one line per event. Returns the exit code.
int run_hume(const HumeOptions& options);

}  // namespace trunkline::lab::hume
