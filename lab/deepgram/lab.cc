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

struct DeepgramLab::Door {
    mutable std::mutex mutex;
    DeepgramOptions options;  // guarded by `mutex`

    DeepgramOptions current() const {
        const std::lock_guard lock(mutex);
        return options;
    }
    std::optional<agent::Refusal> gate(agent::Ledger& ledger, const agent::Request& request, bool known_path) const;
    std::unique_ptr<agent::ServedSession> accept(const agent::World& world, const agent::Request& request,
                                                 SoupWebsocketConnection* socket, std::function<void()> over) const;
};

std::optional<agent::Refusal> DeepgramLab::Door::gate(agent::Ledger& ledger, const agent::Request& request,
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

std::unique_ptr<agent::ServedSession> DeepgramLab::Door::accept(const agent::World& world,
                                                                const agent::Request& request,
                                                                SoupWebsocketConnection* socket,
                                                                std::function<void()> over) const {
    DeepgramOptions session_options = current();
    for (const auto& [name, value] : request.query()) {
        // Faults may also stand in the address, so that a program that can only be told a URL can be tested.
        (void)deepgram::set_fault(session_options.faults, value.empty() ? name : name + "=" + value);
    }
    const Authorisation auth =
        authorise(request.header("Authorization"), request.header("Sec-WebSocket-Protocol"), session_options.api_key);
    return std::make_unique<Session>(world, socket, std::move(session_options), auth.scheme, new_id(), std::move(over));
}

DeepgramLab::DeepgramLab(std::shared_ptr<Door> door, std::unique_ptr<agent::Server> server)
    : AgentLab(std::move(server)), door_(std::move(door)) {}

Result<std::unique_ptr<DeepgramLab>> DeepgramLab::start(DeepgramOptions options, EventSink events) {
    auto world = agent::make_world(options.speech, options.brain);
    if (!world) return tl::unexpected<Error>(world.error());
    const std::string host = options.host;
    const int port = options.port;
    auto door = std::make_shared<Door>();
    door->options = std::move(options);
    agent::Server::Protocol protocol;
    protocol.path = kPath;
    protocol.subprotocols = {"token", "bearer"};
    protocol.gate = [door](agent::Ledger& ledger, const agent::Request& request, bool known_path) {
        return door->gate(ledger, request, known_path);
    };
    protocol.accept = [door](const agent::World& shared, const agent::Request& request, SoupWebsocketConnection* socket,
                             std::function<void()> over) {
        return door->accept(shared, request, socket, std::move(over));
    };
    auto server = agent::Server::start(host, port, std::move(protocol), std::move(*world), std::move(events));
    if (!server) return tl::unexpected<Error>(server.error());
    return std::unique_ptr<DeepgramLab>(new DeepgramLab(std::move(door), std::move(*server)));
}

void DeepgramLab::set_options(const DeepgramOptions& options) {
    const std::lock_guard lock(door_->mutex);
    door_->options = options;
}

Status DeepgramLab::set_fault(const std::string& assignment) {
    const std::lock_guard lock(door_->mutex);
    return deepgram::set_fault(door_->options.faults, assignment);
}

void DeepgramLab::clear_faults() {
    const std::lock_guard lock(door_->mutex);
    door_->options.faults = {};
}

}  // namespace trunkline::lab::deepgram
