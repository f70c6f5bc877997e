#pragma once
// Functions (tools) that an agent calls: which are open, and when a batch of them is settled. What is sent, and what an
// answer may look like, is the protocol's.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lab/agent/options.h"

namespace trunkline::lab::agent {

class Session;

struct Call {
    std::string id;
    std::string name;
    std::string arguments = "{}";  ///< JSON text
    bool client_side = true;
    std::string thought_signature{};
};

class Calls {
  public:
    enum class State { kOpen, kAnswered, kFailed, kCancelled, kGivenUp };
    struct Entry {
        Call call;
        State state = State::kOpen;
        std::string content;  ///< what was answered
    };

    /// `prefix` of their ids.
    Calls(Session& session, const AgentOptions& options, std::string prefix)
        : session_(session), scale_(options.latency.scale), prefix_(std::move(prefix)) {}

    /// Begins a batch. `done` is called once each of its calls is settled, with all in their order.
    void begin(std::function<void(const std::vector<Entry>&)> done);
    const Call& add(const FunctionPlan& plan, bool client_side);
    const Entry* find(const std::string& id) const;  ///< also of earlier batches
    void settle(const std::string& id, State state, const std::string& content = "");
    /// Runs `action` after `ms` if the call is still open then.
    void unless_settled(const std::string& id, double ms, std::function<void(const Call&)> action);
    /// A server-side call: after a moment `tell` and its result as the answer.
    void run(const std::string& id, const std::string& result, std::function<void(const Call&)> tell);
    /// Forgets the batch, `done` is not called. Returns the calls that were open and are cancelled now.
    std::vector<Call> cancel_open();

  private:
    Session& session_;
    const double scale_;
    const std::string prefix_;
    std::map<std::string, Entry> entries_;
    std::vector<std::string> batch_;  // ids in their order
    std::function<void(const std::vector<Entry>&)> done_;
    int next_ = 1;
};

}  // namespace trunkline::lab::agent
