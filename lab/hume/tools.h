#pragma once
// Tool calls of one session: asked, answered, refused, given up.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lab/agent/journal.h"
#include "lab/agent/timers.h"
#include "lab/hume/link.h"
#include "lab/hume/messages.h"
#include "lab/hume/options.h"

namespace trunkline::lab::hume {

class Tools {
  public:
    Tools(Link& link, const Writer& writer, agent::Timers& timers, agent::Journal& journal, const HumeOptions& options)
        : link_(link), writer_(writer), timers_(timers), journal_(journal), options_(options) {}

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
    void call(const std::vector<agent::FunctionPlan>& plans, std::function<void(const Outcome&)> done);
    /// tool_response or tool_error.
    void answer(const ClientText& message);
    /// The caller speaks: `done` is not called. The protocol has no word for it, so answers may still come.
    void forget();

  private:
    enum class State { kOpen, kAnswered, kFailed, kForgotten, kGivenUp };
    struct Entry {
        ToolCall call;
        State state = State::kOpen;
        std::string content;
    };
    bool builtin(const agent::FunctionPlan& plan) const;
    void arrange(const agent::FunctionPlan& plan, const std::string& id);
    void settle(const std::string& id, State state, const std::string& content);
    Link& link_;
    const Writer& writer_;
    agent::Timers& timers_;
    agent::Journal& journal_;
    const HumeOptions& options_;
    std::vector<std::string> defined_;
    std::map<std::string, Entry> entries_;
    std::vector<std::string> batch_;
    std::function<void(const Outcome&)> done_;
    int next_ = 1;
};

}  // namespace trunkline::lab::hume
