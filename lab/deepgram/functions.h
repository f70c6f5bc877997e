#pragma once
// Function calls of one session: asked, answered, cancelled, given up.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lab/agent/journal.h"
#include "lab/agent/timers.h"
#include "lab/deepgram/link.h"
#include "lab/deepgram/messages.h"
#include "lab/deepgram/options.h"
#include "lab/deepgram/settings.h"

namespace trunkline::lab::deepgram {

using agent::Journal;
using agent::Timers;

class Functions {
  public:
    Functions(Link& link, Timers& timers, Journal& journal, const DeepgramOptions& options);

    void define(std::vector<FunctionDef> functions) { defined_ = std::move(functions); }
    void history(bool on) { history_ = on; }

    /// Outcome of a batch: the contents in the order of the calls; `answered` is false when any was given up.
    struct Outcome {
        bool answered = true;
        bool cancelled = false;  ///< every call was
        std::vector<std::string> contents;
    };
    /// Sends one FunctionCallRequest for all of `plans` and calls `done` when each is answered, cancelled or given up.
    /// False: a name is unknown and the session has ended with NON_EXISTENT_FUNCTION_CALLED.
    bool call(const std::vector<FunctionPlan>& plans, std::function<void(const Outcome&)> done);
    void response(const ClientText& message);
    /// The caller speaks: whatever is still open is cancelled, `done` is not called.
    void cancel_open();

  private:
    enum class State { kOpen, kAnswered, kCancelled, kGivenUp };
    struct Entry {
        FunctionCall call;
        State state = State::kOpen;
        std::string content;
    };
    bool known(const FunctionPlan& plan) const;
    bool server_side(const FunctionPlan& plan) const;
    void arrange(const FunctionPlan& plan, const std::string& id);
    void settle(const std::string& id, State state, const std::string& content);
    void finish_batch();
    void check(const Entry& entry, const ClientText& message);
    Link& link_;
    Timers& timers_;
    Journal& journal_;
    const DeepgramOptions& options_;
    std::vector<FunctionDef> defined_;
    bool history_ = true;
    std::map<std::string, Entry> entries_;
    std::vector<std::string> batch_;  // ids in the order of the request
    std::function<void(const Outcome&)> done_;
    int next_ = 1;
};

}  // namespace trunkline::lab::deepgram
