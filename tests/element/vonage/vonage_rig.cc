#include "vonage_rig.h"

namespace trunkline::test {

VonageRig::VonageRig(const vonage::SessionOptions& options)
    : CarrierRig([&](Shard* on, auto socket, auto* listener) {
          return std::make_unique<vonage::VonageSession>(on, std::move(socket), listener, options);
      }) {}

void VonageRig::connected(int rate, std::string_view more) {
    text(R"({"event":"websocket:connected","content-type":"audio/l16;rate=)" + std::to_string(rate) + "\"" +
         std::string(more) + "}");
}

void VonageRig::notify(std::string_view id) {
    text(R"({"event":"websocket:notify","payload":{"id":")" + std::string(id) + R"("}})");
}

std::string VonageRig::name_of_text(const Json& message) {
    const std::string action = message["action"].text_or("");
    return action == "notify" ? "notify:" + message["payload"]["id"].text_or("") : action;
}

std::string VonageRig::name_of_binary(const std::string& message) {
    audio_ += message;
    return "audio:" + std::to_string(message.size());
}

const std::string& VonageRig::audio() {
    heard();
    return audio_;
}

void VonageRig::go_live(int rate) {
    connected(rate);
    begin();
}

}  // namespace trunkline::test
