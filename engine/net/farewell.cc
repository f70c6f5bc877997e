// Owns itself through self_; whichever of on_close() and abandon() comes first ends that.
#include "engine/net/farewell.h"

#include <set>

namespace trunkline {
namespace {

std::set<Farewell*>& under_way_here() {
    thread_local std::set<Farewell*> all;
    return all;
}

}  // namespace

Farewell::Farewell() { under_way_here().insert(this); }
Farewell::~Farewell() { under_way_here().erase(this); }
size_t Farewell::under_way() { return under_way_here().size(); }
void Farewell::abandon_all() {
    while (!under_way_here().empty()) (*under_way_here().begin())->abandon();
}

std::weak_ptr<Farewell> Farewell::begin(std::unique_ptr<WebSocket> socket, uint16_t code, std::string_view reason) {
    if (!socket || !socket->is_open()) return {};
    std::shared_ptr<Farewell> farewell(new Farewell);
    farewell->self_ = farewell;
    farewell->socket_ = std::move(socket);
    farewell->socket_->set_listener(farewell.get());
    farewell->socket_->close(code, reason);
    return farewell;
}

void Farewell::abandon() {
    auto last = std::move(self_);
    socket_.reset();
}

void Farewell::on_close(CloseCause, uint16_t, std::string_view) { abandon(); }

}  // namespace trunkline
