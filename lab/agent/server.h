#pragma once
// The server under every simulated voice agent: one thread, one main context, one SoupServer, any number of sessions.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/result.h"
#include "lab/agent/agent_lab.h"
#include "lab/agent/journal.h"
#include "lab/agent/options.h"
#include "lab/speech/library.h"
#include "lab/speech/listener.h"

typedef struct _GMainContext GMainContext;
typedef struct _SoupServerMessage SoupServerMessage;
typedef struct _SoupWebsocketConnection SoupWebsocketConnection;

namespace trunkline::lab::agent {

/// What all sessions share.
struct World {
    GMainContext* context = nullptr;
    std::shared_ptr<SpeechLibrary> library;
    std::shared_ptr<const KnownSpeech> known;
    Ledger* ledger = nullptr;
};

/// Opens the library, learns what callers may say and makes the generated lines, which take a while, before the first
/// call. Codes: those of SpeechLibrary.
Result<World> make_world(const SpeechOptions& speech, const Brain& brain);

class ServedSession {
  public:
    virtual ~ServedSession() = default;
    virtual int number() const = 0;
    virtual void command(const Command& command) = 0;
    /// The lab stops: says so and closes.
    virtual void farewell() = 0;
};

/// An HTTP answer instead of the upgrade.
struct Refusal {
    unsigned status = 401;
    std::string body;  ///< JSON
    std::vector<std::pair<std::string, std::string>> headers;
};

/// A request as a protocol sees it.
class Request {
  public:
    explicit Request(SoupServerMessage* message) : message_(message) {}
    std::string header(const char* name) const;  ///< "" when absent
    /// Name and value of each part of the query, percent-decoded, in order.
    std::vector<std::pair<std::string, std::string>> query() const;
    std::string raw_query() const;  ///< as it was sent

  private:
    SoupServerMessage* message_;
};

class Server {
  public:
    /// All callbacks run on the server's thread.
    struct Protocol {
        std::string path;
        std::vector<std::string> subprotocols;
        /// Asked for the protocol's path, and for every other path with `known_path` false. Nothing: let in.
        std::function<std::optional<Refusal>(Ledger&, const Request&, bool known_path)> gate;
        /// A socket was opened. `over` is to be called once, from the loop, when the session has ended; it destroys it.
        std::function<std::unique_ptr<ServedSession>(const World&, const Request&, SoupWebsocketConnection*,
                                                     std::function<void()> over)>
            accept;
    };

    /// Starts the thread, which serves until destruction. Codes: cannot-listen (names the address).
    static Result<std::unique_ptr<Server>> start(const std::string& host, int port, Protocol protocol, World world,
                                                 std::function<void(const LabEvent&)> events);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    int port() const;
    std::string url() const;
    const Ledger& ledger() const;
    size_t refused() const;
    /// Runs `action` on the server's thread with session `number`; nothing when that is over.
    void with_session(int number, std::function<void(ServedSession&)> action);

  private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// Serves until SIGINT or SIGTERM; prints one line per event. `start` starts the lab with the sink it is given and
/// returns its address, `sessions` what it has seen. Returns the exit code.
int serve_until_signal(const char* program, bool json,
                       const std::function<Result<std::string>(std::function<void(const LabEvent&)>)>& start,
                       const std::function<std::vector<SessionRecord>()>& sessions);

}  // namespace trunkline::lab::agent
