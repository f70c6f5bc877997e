#include "lab/agent/agent_lab.h"

#include "lab/agent/server.h"

namespace trunkline::lab {

AgentLab::AgentLab(std::shared_ptr<agent::Door> door) : door_(std::move(door)) {}
AgentLab::~AgentLab() = default;

Status AgentLab::serve(const agent::AgentOptions& options, EventSink events) {
    backend_ = options.agent;
    auto world = agent::make_world(options.speech, options.brain);
    if (!world) return tl::unexpected<Error>(world.error());
    auto server = agent::Server::start(options.host, options.port, door_, std::move(*world), std::move(events));
    if (!server) return tl::unexpected<Error>(server.error());
    server_ = std::move(*server);
    return {};
}

int AgentLab::port() const { return server_->port(); }
std::string AgentLab::url() const { return server_->url(); }
std::vector<agent::SessionRecord> AgentLab::sessions() const { return server_->ledger().sessions(); }

bool AgentLab::wait(const std::function<bool(const std::vector<agent::SessionRecord>&)>& condition,
                    int timeout_ms) const {
    return server_->ledger().wait(condition, timeout_ms);
}

void AgentLab::command(int number, agent::Command command) {
    server_->with_session(number,
                          [command = std::move(command)](agent::ServedSession& session) { session.command(command); });
}

size_t AgentLab::refused_handshakes() const { return server_->refused(); }

}  // namespace trunkline::lab
