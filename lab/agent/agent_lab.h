#pragma once
// A running simulated voice agent, whichever it plays: what a test rig needs to hold any of them.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "lab/agent/options.h"
#include "lab/agent/record.h"

namespace trunkline::lab {

namespace agent {

class Server;

/// Something to do to a live session now.
struct Command {
    enum class Kind {
        kError,       ///< `text` is the code; the session ends as the protocol says
        kWarning,     ///< `text` is the code; nothing where the protocol has no warnings
        kClose,       ///< `number` is the close code
        kDrop,        ///< connection reset, no close frame: the backend dies
        kSay,         ///< `text` is a recording's name or a line
        kCall,        ///< `function` is called and its result said
        kText,        ///< `text` is sent as it is
        kUserSpeech,  ///< the protocol's event for "the caller has begun to speak", though nobody has
    };
    Kind kind = Kind::kClose;
    std::string text;
    int number = 1000;
    FunctionPlan function;
};

}  // namespace agent

/// All functions are thread-safe.
class AgentLab {
  public:
    virtual ~AgentLab();
    AgentLab(const AgentLab&) = delete;
    AgentLab& operator=(const AgentLab&) = delete;

    virtual std::string backend() const = 0;  ///< "deepgram", "hume"
    /// `key=value` (see set_fault of each lab) for sessions opened from now on. Codes: unknown-fault, bad-fault.
    virtual Status set_fault(const std::string& assignment) = 0;
    virtual void clear_faults() = 0;

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
    /// Whatever the server's callbacks use must be owned by them: the server outlives the members of derived classes.
    explicit AgentLab(std::unique_ptr<agent::Server> server);

  private:
    std::unique_ptr<agent::Server> server_;
};

}  // namespace trunkline::lab
