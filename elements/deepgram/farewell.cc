// Owns itself through self_; whichever of on_close() and abandon() comes first ends that.
#include "elements/deepgram/farewell.h"

namespace trunkline::deepgram {
namespace {

thread_local int t_under_way = 0;

}  // namespace

Farewell::Farewell() { ++t_under_way; }
Farewell::~Farewell() { --t_under_way; }
int Farewell::under_way() { return t_under_way; }

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

}  // namespace trunkline::deepgram
