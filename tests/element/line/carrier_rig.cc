#include "tests/element/line/carrier_rig.h"

namespace trunkline::test {

CarrierRig::CarrierRig(const Open& open) {
    on_shard([&] {
        WebSocketOptions socket;
        socket.close_timeout_ms = 1'000;
        pair = std::make_unique<Pair>(&shard, WebSocket::Role::kServer, socket);
        session = open(&shard, std::move(pair->socket), this);
    });
    call.media = session.get();
}

CarrierRig::~CarrierRig() {
    on_shard([&] { session.reset(); });
}

const std::vector<std::string>& CarrierRig::heard() {
    pair->read();
    for (const Frame& f : take_frames(pair->received)) {
        if (f.opcode == kClose) {
            const auto byte = [&](size_t i) { return static_cast<unsigned char>(f.payload[i]); };
            heard_.push_back("close:" + std::to_string(f.payload.size() < 2 ? 1005 : byte(0) << 8 | byte(1)));
        } else if (f.opcode == kBinary) {
            heard_.push_back(name_of_binary(f.payload));
        } else if (f.opcode == kText) {
            texts_.push_back(f.payload);
            const auto message = Json::parse(f.payload);
            heard_.push_back(message ? name_of_text(*message) : "no JSON");
        }
    }
    return heard_;
}

size_t CarrierRig::heard_count(std::string_view beginning) { return heard_after(beginning).size(); }

std::vector<std::string> CarrierRig::heard_after(std::string_view beginning) {
    std::vector<std::string> rests;
    for (const std::string& one : heard()) {
        if (one.starts_with(beginning)) rests.push_back(one.substr(beginning.size()));
    }
    return rests;
}

void CarrierRig::begin() {
    run([&] { return !starts.empty(); });
    on_shard([&] { session->begin(); });
}

}  // namespace trunkline::test
