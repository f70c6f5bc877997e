#pragma once
// A voice agent for tests: a real WebSocket server on loopback, on a thread of its own, that does what the test's
// script says and writes down all it gets. Built on libsoup alone, so that it cannot share an error with the engine's
// own sockets. It also plays the HTTP endpoint of the tools.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::test {

struct AgentScript {
    std::string path = "/v1/agent/converse";
    std::string hello = R"({"type":"Welcome","request_id":"req-#"})";  ///< # becomes the number of the connection
    std::string settings_type = "Settings";                            ///< of the message that is answered …
    std::string applied = R"({"type":"SettingsApplied"})";             ///< … with this; empty = with nothing
    bool welcome = true;                                               ///< send `hello` when a connection opens
    bool apply = true;                                                 ///< answer Settings
    int refuse_status = 0;                                             ///< HTTP status that refuses upgrades …
    std::string refuse_detail = "no such key";                         ///< in the header dg-error
    int refuse_times = 1 << 30;                                        ///< … so many times
    int close_before_applied = 0;               ///< so many connections are closed instead of SettingsApplied
    std::vector<std::string> before_applied{};  ///< texts, or binary when they begin with "bin:"
    std::vector<std::string> after_applied{};   ///< likewise
    int tool_status = 200;
    std::string tool_body = "{\"ok\":true}";
    bool tool_hangs = false;  ///< never answers
};

class ScriptedAgent {
  public:
    struct Frame {
        int connection = 0;  ///< from 1
        bool binary = false;
        std::string bytes;
        int64_t at_ns = 0;
    };
    struct ToolPost {
        std::string body, id, timestamp, signature;
    };
    struct Log {
        int connections = 0;
        int refused = 0;
        std::vector<std::string> authorizations;  ///< of every upgrade that was asked for
        std::vector<std::string> queries;         ///< likewise, percent-encoded as they came
        std::vector<Frame> frames;
        std::vector<int> close_codes;  ///< codes of the client's close frames; 0 = none came
        std::vector<ToolPost> posts;
        int tool_aborts = 0;  ///< clients that went before their answer

        std::vector<std::string> texts(std::string_view type,
                                       int connection = 0) const;  ///< whole messages of that type
        std::string audio(int connection = 0) const;               ///< all binary, joined
    };

    explicit ScriptedAgent(AgentScript script = {});
    ~ScriptedAgent();

    std::string url() const;  ///< ws://127.0.0.1:… and the path
    std::string tool_url() const;
    Log log() const;
    /// Waits until `done` holds for the log; false after five seconds.
    bool wait(const std::function<bool(const Log&)>& done) const;
    /// Waits for the `count`-th message of `type` from the client.
    bool wait_text(std::string_view type, size_t count = 1) const;
    bool wait_close_code(int code) const;

    void text(std::string message);
    void binary(std::string bytes);
    void close(int code, std::string reason = "");
    void drop();  ///< ends the TCP connection without a close frame
    /// Stops reading (and all else) until the returned object is gone.
    std::shared_ptr<void> stall();
    void change(std::function<void(AgentScript&)> edit);

    struct Impl;

  private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace trunkline::test
