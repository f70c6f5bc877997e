#pragma once
// What comes before a session: who knocks, who is let in, and with which options.
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/result.h"
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

/// Something to do to a live session now.
struct Command {
    enum class Kind {
        kError,       ///< `text` is the code; the session ends as the protocol says
        kWarning,     ///< `text` is the code; nothing where the protocol has no warnings
        kClose,       ///< `number` is the close code, `text` the reason where the protocol gives one
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

/// Name and value of each part of an address's query, percent-decoded, in order.
using Query = std::vector<std::pair<std::string, std::string>>;

/// A request as a protocol sees it.
class Request {
  public:
    explicit Request(SoupServerMessage* message) : message_(message) {}
    std::string header(const char* name) const;  ///< "" when absent
    Query query() const;
    std::string raw_query() const;  ///< as it was sent

  private:
    SoupServerMessage* message_;
};

/// A socket that was opened.
struct Opening {
    const World& world;
    const Request& request;  ///< good while the session is made
    SoupWebsocketConnection* socket;
    /// To be called once, from the loop, when the session has ended; it destroys it.
    std::function<void()> over;
};

/// What a protocol does with who knocks. Everything is called on the server's thread, but the faults on any.
class Door {
  public:
    virtual ~Door() = default;
    virtual std::string path() const = 0;
    virtual std::vector<std::string> subprotocols() const { return {}; }
    /// Asked for the protocol's path, and for every other path with `known_path` false. Nothing: let in.
    virtual std::optional<Refusal> gate(Ledger& ledger, const Request& request, bool known_path) = 0;
    virtual std::unique_ptr<ServedSession> accept(Opening opening) = 0;
    /// See AgentLab::set_fault and clear_faults.
    virtual Status add_fault(const std::string& assignment) = 0;
    virtual void mend() = 0;
};

/// A door with the options of its sessions: of AgentOptions, with `faults` that a set_fault() beside them takes.
template <class Options>
class DoorOf : public Door {
  public:
    explicit DoorOf(Options options) : options_(std::move(options)) {}

    void set_options(const Options& options) {
        const std::lock_guard lock(mutex_);
        options_ = options;
    }
    Status add_fault(const std::string& assignment) final {
        const std::lock_guard lock(mutex_);
        return set_fault(options_.faults, assignment);
    }
    void mend() final {
        const std::lock_guard lock(mutex_);
        options_.faults = {};
    }
    std::optional<Refusal> gate(Ledger& ledger, const Request& request, bool known_path) final {
        return refuse(*options_for(request), ledger, request, known_path);
    }
    std::unique_ptr<ServedSession> accept(Opening opening) final {
        auto options = options_for(opening.request);
        return open(std::move(options), std::move(opening));
    }

  private:
    virtual std::optional<Refusal> refuse(const Options& options, Ledger& ledger, const Request& request,
                                          bool known_path) = 0;
    virtual std::unique_ptr<ServedSession> open(std::shared_ptr<const Options> options, Opening opening) = 0;

    /// Faults may also stand in the address, so that a program that can only be told a URL can be tested.
    std::shared_ptr<const Options> options_for(const Request& request) const {
        std::shared_ptr<Options> out;
        {
            const std::lock_guard lock(mutex_);
            out = std::make_shared<Options>(options_);
        }
        for (const auto& [name, value] : request.query()) {
            (void)set_fault(out->faults, value.empty() ? name : name + "=" + value);
        }
        return out;
    }

    mutable std::mutex mutex_;
    Options options_;  // guarded by `mutex_`
};

}  // namespace trunkline::lab::agent
