#pragma once
// `lab deepgram`: plays the Deepgram Voice Agent v1 on ws://host:port/v1/agent/converse.
//
//   DeepgramLab (SoupServer on one thread) → Session per socket → Conversation (turns, functions) → Speaker (paced
//   audio)
//                                                             ↘ Listener (earned transcripts)
// May be started any number of times in one process, each on its own thread; all public functions are thread-safe.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "lab/agent/agent_lab.h"
#include "lab/deepgram/options.h"

namespace trunkline::lab::deepgram {

using agent::HeardTurn;
using agent::LabEvent;
using agent::ReceivedMessage;
using agent::Said;
using agent::SentMessage;
using agent::SessionRecord;
using agent::Violation;

using agent::Command;

class DeepgramLab : public AgentLab {
  public:
    using EventSink = std::function<void(const LabEvent&)>;

    /// Starts a thread that serves until destruction. `events` is called on that thread. Codes: cannot-listen (names
    /// the address), and those of SpeechLibrary.
    static Result<std::unique_ptr<DeepgramLab>> start(DeepgramOptions options, EventSink events = {});

    std::string backend() const override { return "deepgram"; }
    Status set_fault(const std::string& assignment) override;
    void clear_faults() override;
    /// Options for sessions opened from now on (port, host and callers stay as they were).
    void set_options(const DeepgramOptions& options);

  private:
    struct Door;
    DeepgramLab(std::shared_ptr<Door> door, std::unique_ptr<agent::Server> server);
    std::shared_ptr<Door> door_;
};

/// The program: serves until SIGINT or SIGTERM and prints one line per event. Returns the exit code.
int run_deepgram(const DeepgramOptions& options);

}  // namespace trunkline::lab::deepgram
