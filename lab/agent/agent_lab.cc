#include "lab/agent/agent_lab.h"

#include "lab/agent/server.h"

namespace trunkline::lab {

AgentLab::AgentLab(std::unique_ptr<agent::Server> server) : server_(std::move(server)) {}
AgentLab::~AgentLab() = default;

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
