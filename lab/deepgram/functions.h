#pragma once
// Function calls of one session: asked, answered, cancelled, given up.
#include <functional>
#include <string>
#include <vector>

#include "lab/agent/calls.h"
#include "lab/agent/session.h"
#include "lab/deepgram/messages.h"
#include "lab/deepgram/options.h"
#include "lab/deepgram/settings.h"

namespace trunkline::lab::deepgram {

class Functions {
  public:
    Functions(agent::Session& session, const DeepgramOptions& options, const Settings& settings);

    void define(std::vector<FunctionDef> functions) { defined_ = std::move(functions); }

    /// Outcome of a batch: the contents in the order of the calls; `answered` is false when any was given up.
    struct Outcome {
        bool answered = true;
        bool cancelled = false;  ///< every call was
        std::vector<std::string> contents;
    };
    /// Sends one FunctionCallRequest for all of `plans` and calls `done` when each is answered, cancelled or given up.
    /// An unknown name ends the session with NON_EXISTENT_FUNCTION_CALLED.
    void call(const std::vector<FunctionPlan>& plans, const std::function<void(const Outcome&)>& done);
    void response(const ClientText& message);
    /// The caller speaks: whatever is still open is cancelled, `done` is not called.
    void cancel_open();

  private:
    using State = agent::Calls::State;
    bool known(const FunctionPlan& plan) const;
    bool server_side(const FunctionPlan& plan) const;
    void arrange(const FunctionPlan& plan, const FunctionCall& call);
    void check(const FunctionCall& call, const ClientText& message);
    void history(const FunctionCall& call, const std::string& content);

    agent::Session& session_;
    agent::Journal& journal_;
    const DeepgramOptions& options_;
    const bool history_;
    std::vector<FunctionDef> defined_;
    agent::Calls calls_;
};

}  // namespace trunkline::lab::deepgram
