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
#include "lab/agent/record.h"
#include "lab/hume/options.h"

namespace trunkline::lab::hume {

/// Something to do to a live session now.
struct Command {
    enum class Kind { kError, kClose, kDrop, kSay, kCall, kText, kUserInterruption };
    Kind kind = Kind::kClose;
    std::string text;          ///< code, line to say, or raw text frame
    int number = 1000;         ///< close code
    agent::FunctionPlan call;  ///< kCall
};

class HumeLab {
  public:
    using EventSink = std::function<void(const agent::LabEvent&)>;

    /// Starts a thread that serves until destruction. `events` is called on that thread. Codes: cannot-listen (names
    /// the address), and those of SpeechLibrary.
    static Result<std::unique_ptr<HumeLab>> start(HumeOptions options, EventSink events = {});
    ~HumeLab();
    HumeLab(const HumeLab&) = delete;
    HumeLab& operator=(const HumeLab&) = delete;

    int port() const;
    std::string url() const;  ///< ws://host:port/v0/evi/chat

    /// Options for sessions opened from now on (port, host and callers stay as they were).
    void set_options(const HumeOptions& options);
    std::vector<agent::SessionRecord> sessions() const;
    /// Waits until `condition` holds for the sessions' records; false after `timeout_ms`.
    bool wait(const std::function<bool(const std::vector<agent::SessionRecord>&)>& condition,
              int timeout_ms = 10000) const;
    /// Acts on session `number` (1, 2, …); nothing when it is over.
    void command(int number, Command command);
    size_t refused_handshakes() const;

  private:
    struct Impl;
    explicit HumeLab(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// The program: serves until SIGINT or SIGTERM and prints one line per event. Returns the exit code.
int run_hume(const HumeOptions& options);

}  // namespace trunkline::lab::hume
