// The door of EVI: who is let in, and a session for each socket.
#include "lab/hume/lab.h"

#include <algorithm>
#include <mutex>

#include "lab/agent/server.h"
#include "lab/hume/handshake.h"
#include "lab/hume/session.h"

namespace trunkline::lab::hume {
namespace {

constexpr const char* kPath = "/v0/evi/chat";

/// Faults may also stand in the address, so that a program that can only be told a URL can be tested.
void faults_of(const Query& query, Faults& faults) {
    for (const auto& [name, value] : query) (void)set_fault(faults, value.empty() ? name : name + "=" + value);
}

}  // namespace

struct HumeLab::Door {
    mutable std::mutex mutex;
    HumeOptions options;  // guarded by `mutex`
    int refusals = 0;     // by fault; server's thread only
    int live = 0;         // server's thread only

    HumeOptions current() const {
        const std::lock_guard lock(mutex);
        return options;
    }
    std::optional<agent::Refusal> gate(agent::Ledger& ledger, const agent::Request& request, bool known_path);
    std::unique_ptr<agent::ServedSession> accept(const agent::World& world, const agent::Request& request,
                                                 SoupWebsocketConnection* socket, std::function<void()> over);
};

std::optional<agent::Refusal> HumeLab::Door::gate(agent::Ledger& ledger, const agent::Request& request,
                                                  bool known_path) {
    const auto refusal = [&](unsigned status, const std::string& why) {
        ledger.event(0, "handshake", "refused with " + std::to_string(status) + ": " + why);
        return agent::Refusal{status, refusal_body(status, why), {}};
    };
    if (!known_path) return refusal(404, std::string("no such path; the chat is at ") + kPath);
    HumeOptions now = current();
    const Query query = request.query();
    faults_of(query, now.faults);
    const Faults& faults = now.faults;
    if (faults.refuse_status > 0 && (faults.refuse_first < 0 || refusals < faults.refuse_first)) {
        ++refusals;
        return refusal(static_cast<unsigned>(faults.refuse_status), "a fault mode");
    }
    const Authorisation auth = authorise(query, request, now);
    if (auth.granted) return std::nullopt;
    return refusal(401, auth.reason);
}

std::unique_ptr<agent::ServedSession> HumeLab::Door::accept(const agent::World& world, const agent::Request& request,
                                                            SoupWebsocketConnection* socket,
                                                            std::function<void()> over) {
    HumeOptions session_options = current();
    const Query query = request.query();
    faults_of(query, session_options.faults);
    const Authorisation auth = authorise(query, request, session_options);
    ++live;
    const bool one_too_many = session_options.max_chats > 0 && live > session_options.max_chats;
    return std::make_unique<Session>(
        world, socket, std::move(session_options),
        Session::Opening{auth.scheme, read_query(query, request.raw_query()), one_too_many},
        [this, over = std::move(over)] {
            --live;
            over();
        });
}

HumeLab::HumeLab(std::shared_ptr<Door> door, std::unique_ptr<agent::Server> server)
    : AgentLab(std::move(server)), door_(std::move(door)) {}

Result<std::unique_ptr<HumeLab>> HumeLab::start(HumeOptions options, EventSink events) {
    auto world = agent::make_world(options.speech, options.brain);
    if (!world) return tl::unexpected<Error>(world.error());
    const std::string host = options.host;
    const int port = options.port;
    auto door = std::make_shared<Door>();
    door->options = std::move(options);
    agent::Server::Protocol protocol;
    protocol.path = kPath;
    protocol.gate = [door](agent::Ledger& ledger, const agent::Request& request, bool known_path) {
        return door->gate(ledger, request, known_path);
    };
    protocol.accept = [door](const agent::World& shared, const agent::Request& request, SoupWebsocketConnection* socket,
                             std::function<void()> over) {
        return door->accept(shared, request, socket, std::move(over));
    };
    auto server = agent::Server::start(host, port, std::move(protocol), std::move(*world), std::move(events));
    if (!server) return tl::unexpected<Error>(server.error());
    return std::unique_ptr<HumeLab>(new HumeLab(std::move(door), std::move(*server)));
}

void HumeLab::set_options(const HumeOptions& options) {
    const std::lock_guard lock(door_->mutex);
    door_->options = options;
}

Status HumeLab::set_fault(const std::string& assignment) {
    const std::lock_guard lock(door_->mutex);
    return hume::set_fault(door_->options.faults, assignment);
}

void HumeLab::clear_faults() {
    const std::lock_guard lock(door_->mutex);
    door_->options.faults = {};
}

}  // namespace trunkline::lab::hume
