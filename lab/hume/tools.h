#pragma once
// Tool calls of one session: asked, answered, refused, given up.
#include <functional>
#include <string>
#include <vector>

#include "lab/agent/calls.h"
#include "lab/agent/session.h"
#include "lab/hume/messages.h"
#include "lab/hume/options.h"

namespace trunkline::lab::hume {

class Tools {
  public:
    Tools(agent::Session& session, const HumeOptions& options, const Writer& writer)
        : session_(session),
          journal_(session.journal()),
          options_(options),
          writer_(writer),
          calls_(session, options, "tc_") {}

    /// Tools that the client runs itself: one of these is never built in, whatever its name.
    void define(std::vector<std::string> names) { defined_ = std::move(names); }

    /// Contents in the order of the calls; `answered` is false when one was given up or failed without a content.
    struct Outcome {
        bool answered = true;
        bool hang_up = false;  ///< the built-in tool of that name was among them
        std::vector<std::string> contents;
    };
    /// Sends a tool_call for each of `plans` and calls `done` when all are settled. web_search, hang_up and plans that
    /// say `client_side: false` are run by the server.
    void call(const std::vector<agent::FunctionPlan>& plans, const std::function<void(const Outcome&)>& done);
    /// tool_response or tool_error.
    void answer(const ClientText& message);
    /// The caller speaks: `done` is not called. The protocol has no word for it, so answers may still come.
    void forget() { (void)calls_.cancel_open(); }

  private:
    using State = agent::Calls::State;
    bool builtin(const agent::FunctionPlan& plan) const;
    void arrange(const agent::FunctionPlan& plan, const ToolCall& call);

    agent::Session& session_;
    agent::Journal& journal_;
    const HumeOptions& options_;
    const Writer& writer_;
    std::vector<std::string> defined_;
    agent::Calls calls_;
};

}  // namespace trunkline::lab::hume
