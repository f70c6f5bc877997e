#pragma once
// A running simulated voice agent, whichever it plays: what a test rig needs to hold any of them.
//
//   LabOf<Options> → Server (SoupServer on one thread) → Door (who is let in) → Session per socket → Conversation
//
// May be started any number of times in one process, each on its own thread; all public functions are thread-safe.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/result.h"
#include "lab/agent/door.h"
#include "lab/agent/options.h"
#include "lab/agent/record.h"

namespace trunkline::lab {

namespace agent {
class Server;
}

class AgentLab {
  public:
    using EventSink = std::function<void(const agent::LabEvent&)>;

    virtual ~AgentLab();
    AgentLab(const AgentLab&) = delete;
    AgentLab& operator=(const AgentLab&) = delete;

    const std::string& backend() const { return backend_; }  ///< "deepgram", "hume"
    /// `key=value` (see set_fault of each lab) for sessions opened from now on. Codes: unknown-fault, bad-fault.
    Status set_fault(const std::string& assignment) { return door_->add_fault(assignment); }
    void clear_faults() { door_->mend(); }

    int port() const;
    std::string url() const;  ///< ws://host:port/path
    /// One record per socket, in order: what was received, heard, said and broken.
    std::vector<agent::SessionRecord> sessions() const;
    /// Waits until `condition` holds for the sessions' records; false after `timeout_ms`.
    bool wait(const std::function<bool(const std::vector<agent::SessionRecord>&)>& condition,
              int timeout_ms = 30000) const;
    /// Acts on session `number` (1, 2, …); nothing when it is over.
    void command(int number, agent::Command command);
    size_t refused_handshakes() const;

  protected:
    explicit AgentLab(std::shared_ptr<agent::Door> door);
    Status serve(const agent::AgentOptions& options, EventSink events);

  private:
    std::string backend_;
    std::shared_ptr<agent::Door> door_;
    std::unique_ptr<agent::Server> server_;
};

/// The lab of the agent that has these options. Beside them stands its `make_door(Options)`, which returns a
/// std::shared_ptr<agent::DoorOf<Options>>.
template <class Options>
class LabOf : public AgentLab {
  public:
    /// Starts a thread that serves until destruction. `events` is called on that thread. Codes: cannot-listen (names
    /// the address), and those of SpeechLibrary.
    static Result<std::unique_ptr<LabOf>> start(Options options, EventSink events = {}) {
        std::unique_ptr<LabOf> lab(new LabOf(make_door(options)));
        if (auto served = lab->serve(options, std::move(events)); !served) {
            return tl::unexpected<Error>(served.error());
        }
        return lab;
    }

    /// Options for sessions opened from now on (port, host and callers stay as they were).
    void set_options(const Options& options) { door_->set_options(options); }

  private:
    explicit LabOf(std::shared_ptr<agent::DoorOf<Options>> door) : AgentLab(door), door_(std::move(door)) {}
    std::shared_ptr<agent::DoorOf<Options>> door_;
};

/// The program `trunkline-lab AGENT`: serves until SIGINT or SIGTERM and prints one line per event. `start` starts the
/// lab with the sink it is given. Returns the exit code.
int serve_until_signal(const agent::AgentOptions& options,
                       const std::function<Result<std::unique_ptr<AgentLab>>(AgentLab::EventSink)>& start);

template <class Options>
int run_agent(const Options& options) {
    return serve_until_signal(
        options, [&](AgentLab::EventSink events) { return LabOf<Options>::start(options, std::move(events)); });
}

}  // namespace trunkline::lab
