#include "vonage_rig.h"

namespace trunkline::test {

VonageRig::VonageRig(vonage::SessionOptions options) {
    on_shard([&] {
        WebSocketOptions socket;
        socket.close_timeout_ms = 50;
        pair = std::make_unique<Pair>(&shard, WebSocket::Role::kServer, socket);
        Listener* const listener = this;
        session = std::make_unique<vonage::VonageSession>(&shard, std::move(pair->socket), listener, options);
    });
    call.media = session.get();
}

VonageRig::~VonageRig() {
    on_shard([&] { session.reset(); });
}

void VonageRig::connected(int rate, const std::string& more) {
    text(R"({"event":"websocket:connected","content-type":"audio/l16;rate=)" + std::to_string(rate) + "\"" + more +
         "}");
}

void VonageRig::notify(const std::string& id) {
    text(R"({"event":"websocket:notify","payload":{"id":")" + id + R"("}})");
}

const std::vector<std::string>& VonageRig::heard() {
    pair->read();
    for (const Frame& f : take_frames(pair->received)) {
        if (f.opcode == kClose) {
            const auto byte = [&](size_t i) { return static_cast<unsigned char>(f.payload[i]); };
            heard_.push_back("close:" + std::to_string(f.payload.size() < 2 ? 1005 : byte(0) << 8 | byte(1)));
        } else if (f.opcode == kBinary) {
            heard_.push_back("audio:" + std::to_string(f.payload.size()));
            audio_ += f.payload;
        } else if (f.opcode == kText) {
            texts_.push_back(f.payload);
            const auto doc = Json::parse(f.payload);
            const std::string action = doc ? (*doc)["action"].text_or("") : "no JSON";
            heard_.push_back(action == "notify" ? "notify:" + (*doc)["payload"]["id"].text_or("") : action);
        }
    }
    return heard_;
}

size_t VonageRig::heard_count(std::string_view beginning) {
    size_t count = 0;
    for (const std::string& one : heard()) count += one.starts_with(beginning) ? 1U : 0U;
    return count;
}

std::vector<std::string> VonageRig::notifies() {
    std::vector<std::string> ids;
    for (const std::string& one : heard()) {
        if (one.starts_with("notify:")) ids.push_back(one.substr(7));
    }
    return ids;
}

const std::string& VonageRig::audio() {
    heard();
    return audio_;
}

void VonageRig::go_live(int rate) {
    connected(rate);
    run([&] { return !starts.empty(); });
    on_shard([&] { session->begin(); });
}

}  // namespace trunkline::test
