#pragma once
// One phone call as the carrier makes it, and the one thing by which it ends: webhook → document → media socket → start
// → some frames of audio → at a chosen moment, a chosen act.
#include <memory>
#include <string>

#include "tests/integration/endurance/wire.h"

namespace trunkline::test {

/// What has just happened when the caller acts.
enum class Moment {
    kDocument,  ///< the webhook was answered; there is no socket
    kDialed,    ///< the TCP connection of the media socket stands, nothing was sent on it
    kOpen,      ///< the upgrade was answered
    kStarted,   ///< `start` and the first audio are sent
    kHeard,     ///< the agent's first audio came
    kCleared,   ///< the engine sent `clear`: an interruption is under way
    kNever,
};

enum class Act {
    kNothing,
    kStopThenClose,  ///< `stop` and a close frame
    kStopThenReset,
    kClose,  ///< a close frame, no `stop`
    kFin,    ///< the end of the TCP connection without a close frame
    kReset,
    kVanish,       ///< half-open
    kSend,         ///< sends `raw` and waits for what the engine does
    kSendAndShut,  ///< sends `raw` and leaves
    kReport,       ///< the status callback says that the call is over
};

struct CallerPlan {
    Moment when = Moment::kHeard;
    Act act = Act::kStopThenClose;
    std::string graph = "call";
    std::string query = {};           ///< params of the graph, as in a URL
    std::string raw = {};             ///< bytes, frames and all
    std::string start_call_sid = {};  ///< another call's
    std::string start_params = {};    ///< members of customParameters
    std::string encoding = "audio/x-mulaw";
    bool agent_listens = true;  ///< false: nobody is there where the agent should be
    bool sends_start = true;
    bool returns_marks = true;
    bool answers_close = true;  ///< false: a close frame of the engine is not answered and the socket stays
};

class WireCaller final {
  public:
    /// `number` goes to the agent as the end of its address, so that it knows whose call it is.
    WireCaller(Shard* shard, uint16_t engine_port, uint16_t agent_port, const CallerPlan& plan, int number,
               std::string call_sid);
    ~WireCaller();
    /// Nothing more comes from this side, and the engine has closed what it could.
    bool over() const;
    /// The moment came and the act is done; true from the beginning for kNever once audio was sent.
    bool acted() const;
    size_t open_sockets() const;
    const std::string& trouble() const;  ///< why the call did not get to its moment, "" so far

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace trunkline::test
