// The Voice Agent's door: who is let in, and a session for each socket.
#include "lab/deepgram/lab.h"

#include <glib.h>

#include <mutex>

#include "lab/agent/server.h"
#include "lab/deepgram/handshake.h"
#include "lab/deepgram/messages.h"
#include "lab/deepgram/session.h"

namespace trunkline::lab::deepgram {
namespace {

constexpr const char* kPath = "/v1/agent/converse";

std::string new_id() {
    char* uuid = g_uuid_string_random();
    std::string out = uuid;
    g_free(uuid);
    return out;
}

agent::Refusal refusal(unsigned status, const char* code, const std::string& text) {
    const std::string id = new_id();
    return {status, handshake_error(code, text, id), {{"dg-error", text}, {"dg-request-id", id}}};
}

}  // namespace

struct DeepgramLab::Impl {
    mutable std::mutex mutex;
    DeepgramOptions options;  // guarded by `mutex`
    std::unique_ptr<agent::Server> server;

    DeepgramOptions current() const {
        const std::lock_guard lock(mutex);
        return options;
    }
    std::optional<agent::Refusal> gate(agent::Ledger& ledger, const agent::Request& request, bool known_path) const;
    std::unique_ptr<agent::ServedSession> accept(const agent::World& world, const agent::Request& request,
                                                 SoupWebsocketConnection* socket, std::function<void()> over) const;
};

std::optional<agent::Refusal> DeepgramLab::Impl::gate(agent::Ledger& ledger, const agent::Request& request,
                                                      bool known_path) const {
    if (!known_path) {
        return refusal(404, "NOT_FOUND", std::string("no such path; the agent is at ") + kPath);
    }
    const Authorisation auth =
        authorise(request.header("Authorization"), request.header("Sec-WebSocket-Protocol"), current().api_key);
    if (auth.granted) return std::nullopt;
    ledger.event(0, "handshake", "refused with 401: " + auth.reason);
    return refusal(401, "INVALID_AUTH", auth.reason);
}

std::unique_ptr<agent::ServedSession> DeepgramLab::Impl::accept(const agent::World& world,
                                                                const agent::Request& request,
                                                                SoupWebsocketConnection* socket,
                                                                std::function<void()> over) const {
    DeepgramOptions session_options = current();
    for (const auto& [name, value] : request.query()) {
        // Faults may also stand in the address, so that a program that can only be told a URL can be tested.
        (void)set_fault(session_options.faults, value.empty() ? name : name + "=" + value);
    }
    const Authorisation auth =
        authorise(request.header("Authorization"), request.header("Sec-WebSocket-Protocol"), session_options.api_key);
    return std::make_unique<Session>(world, socket, std::move(session_options), auth.scheme, new_id(), std::move(over));
}

DeepgramLab::DeepgramLab(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<DeepgramLab>> DeepgramLab::start(DeepgramOptions options, EventSink events) {
    auto world = agent::make_world(options.speech, options.brain);
    if (!world) return tl::unexpected<Error>(world.error());
    auto impl = std::make_unique<Impl>();
    Impl* raw = impl.get();
    impl->options = std::move(options);
    agent::Server::Protocol protocol;
    protocol.path = kPath;
    protocol.subprotocols = {"token", "bearer"};
    protocol.gate = [raw](agent::Ledger& ledger, const agent::Request& request, bool known_path) {
        return raw->gate(ledger, request, known_path);
    };
    protocol.accept = [raw](const agent::World& shared, const agent::Request& request, SoupWebsocketConnection* socket,
                            std::function<void()> over) {
        return raw->accept(shared, request, socket, std::move(over));
    };
    auto server = agent::Server::start(raw->options.host, raw->options.port, std::move(protocol), std::move(*world),
                                       std::move(events));
    if (!server) return tl::unexpected<Error>(server.error());
    impl->server = std::move(*server);
    return std::unique_ptr<DeepgramLab>(new DeepgramLab(std::move(impl)));
}

DeepgramLab::~DeepgramLab() = default;

int DeepgramLab::port() const { return impl_->server->port(); }
std::string DeepgramLab::url() const { return impl_->server->url(); }

void DeepgramLab::set_options(const DeepgramOptions& options) {
    const std::lock_guard lock(impl_->mutex);
    impl_->options = options;
}

std::vector<SessionRecord> DeepgramLab::sessions() const { return impl_->server->ledger().sessions(); }

bool DeepgramLab::wait(const std::function<bool(const std::vector<SessionRecord>&)>& condition, int timeout_ms) const {
    return impl_->server->ledger().wait(condition, timeout_ms);
}

void DeepgramLab::command(int number, Command command) {
    impl_->server->with_session(number, [command = std::move(command)](agent::ServedSession& session) {
        static_cast<Session&>(session).command(command);
    });
}

size_t DeepgramLab::refused_handshakes() const { return impl_->server->refused(); }

}  // namespace trunkline::lab::deepgram
