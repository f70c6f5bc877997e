#pragma once
// The tools of the agent that are the client's to run. Each call gets exactly one answer, or none when the server
// cancels it: the body of an HTTP POST, what somebody hands in with result(), or an error text after the timeout, so
// that the agent never hangs. No GStreamer here. Shard thread only.
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/result.h"
#include "engine/loop/shard.h"

namespace trunkline {
class HttpClient;
struct HttpAnswer;
}  // namespace trunkline

namespace trunkline::agent {

/// One call of a tool that is ours to run.
struct ToolCall {
    std::string id, name;
    std::string arguments;                          ///< JSON text, as the model wrote it: not checked
    std::optional<std::string> tag = std::nullopt;  ///< what the backend wants back with the answer
};

struct ToolOptions {
    std::string component;  ///< in the log
    std::string url;        ///< empty: the results come through result()
    std::string secret;     ///< signs the requests; empty = no signature
    std::string call_id;
    std::chrono::milliseconds timeout{5'000};
};

class ToolCalls {
  public:
    static constexpr size_t kMaxRunning = 32;         ///< a call above is answered with an error at once
    static constexpr size_t kMaxAnswer = 256U << 10;  ///< bytes of an HTTP answer

    struct Hooks {
        std::function<bool(std::string_view name)> known;  ///< is there such a function of ours?
        /// The answer, to the backend; `error` is empty or says what `content` holds as JSON.
        std::function<void(const ToolCall&, std::string_view content, std::string_view error)> answer;
        std::function<void(std::string_view type, std::string fields)> fact;  ///< "tool.call", "tool.result"
    };

    ToolCalls(Shard* shard, ToolOptions options, Hooks hooks);
    ~ToolCalls();

    void start(const ToolCall& call);
    /// Stops the work; nothing is sent for it any more.
    void cancel(const std::string& id) { stop(id, "cancelled by the agent"); }
    /// The answer to a running call from outside. False: no such call runs.
    bool result(std::string_view id, std::string content);
    /// The connection that asked is gone: stops everything, sends nothing.
    void abandon(std::string_view why);
    size_t running() const { return running_.size(); }

  private:
    struct Running;

    void post(Running& running);
    void on_answer(const std::string& id, Result<HttpAnswer> answer);
    void answer(const std::string& id, std::string content, std::string_view error);
    void stop(const std::string& id, std::string_view why);
    void result_fact(const Running& running, std::string_view content, std::string_view error);
    std::unique_ptr<Running> take(const std::string& id);

    Shard* shard_;
    ToolOptions options_;
    Hooks hooks_;
    std::map<std::string, std::unique_ptr<Running>, std::less<>> running_;
};

}  // namespace trunkline::agent
