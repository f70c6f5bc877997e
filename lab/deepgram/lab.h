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
#include "lab/agent/record.h"
#include "lab/deepgram/options.h"

namespace trunkline::lab::deepgram {

using agent::HeardTurn;
using agent::LabEvent;
using agent::ReceivedMessage;
using agent::Said;
using agent::SentMessage;
using agent::SessionRecord;
using agent::Violation;

/// Something to do to a live session now.
struct Command {
    enum class Kind { kError, kWarning, kClose, kDrop, kSay, kCall, kText, kUserStartedSpeaking };
    Kind kind = Kind::kClose;
    std::string text;       ///< code, line to say, or raw text frame
    int number = 1000;      ///< close code
    FunctionPlan function;  ///< kCall
};

class DeepgramLab {
  public:
    using EventSink = std::function<void(const LabEvent&)>;

    /// Starts a thread that serves until destruction. `events` is called on that thread. Codes: cannot-listen (names
    /// the address), and those of SpeechLibrary.
    static Result<std::unique_ptr<DeepgramLab>> start(DeepgramOptions options, EventSink events = {});
    ~DeepgramLab();
    DeepgramLab(const DeepgramLab&) = delete;
    DeepgramLab& operator=(const DeepgramLab&) = delete;

    int port() const;
    std::string url() const;  ///< ws://host:port/v1/agent/converse

    /// Options for sessions opened from now on (port, host and callers stay as they were).
    void set_options(const DeepgramOptions& options);
    std::vector<SessionRecord> sessions() const;
    /// Waits until `condition` holds for the sessions' records; false after `timeout_ms`.
    bool wait(const std::function<bool(const std::vector<SessionRecord>&)>& condition, int timeout_ms = 10000) const;
    /// Acts on session `number` (1, 2, …); nothing when it is over.
    void command(int number, Command command);
    size_t refused_handshakes() const;

  private:
    struct Impl;
    explicit DeepgramLab(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// The program: serves until SIGINT or SIGTERM and prints one line per event. Returns the exit code.
int run_deepgram(const DeepgramOptions& options);

}  // namespace trunkline::lab::deepgram
