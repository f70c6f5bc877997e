#include "twilio_rig.h"

namespace trunkline::test {

TwilioRig::TwilioRig(twilio::SessionOptions options) {
    on_shard([&] {
        WebSocketOptions socket;
        socket.close_timeout_ms = 1'000;
        pair = std::make_unique<Pair>(&shard, WebSocket::Role::kServer, socket);
        Listener* const listener = this;
        session = std::make_unique<twilio::TwilioSession>(&shard, std::move(pair->socket), listener, options);
    });
    call.media = session.get();
}

TwilioRig::~TwilioRig() {
    on_shard([&] { session.reset(); });
}

void TwilioRig::start(const std::string& tracks) {
    send(R"({"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"streamSid":"MZ1","accountSid":"AC1",)"
         R"("callSid":"CA1","tracks":)" +
         tracks +
         R"(,"customParameters":{"greeting":"hi"},)"
         R"("mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}})");
}

void TwilioRig::media(const std::string& payload_base64, const char* track) {
    send(R"({"event":"media","streamSid":"MZ1","media":{"track":")" + std::string(track) + R"(","payload":")" +
         payload_base64 + R"("}})");
}

void TwilioRig::mark(const std::string& name) {
    send(R"({"event":"mark","streamSid":"MZ1","mark":{"name":")" + name + R"("}})");
}

void TwilioRig::dtmf(char digit) {
    send(R"({"event":"dtmf","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":")" + std::string(1, digit) +
         R"("}})");
}

const std::vector<std::string>& TwilioRig::heard() {
    pair->read();
    for (const Frame& f : take_frames(pair->received)) {
        if (f.opcode == kClose) {
            const auto byte = [&](size_t i) { return static_cast<unsigned char>(f.payload[i]); };
            heard_.push_back("close:" + std::to_string(f.payload.size() < 2 ? 1005 : byte(0) << 8 | byte(1)));
        } else if (f.opcode == kBinary) {
            heard_.emplace_back("binary");
        } else if (f.opcode == kText) {
            texts_.push_back(f.payload);
            const auto doc = Json::parse(f.payload);
            const std::string event = doc ? (*doc)["event"].text_or("") : "no JSON";
            if (event == "media") {
                heard_.push_back("media:" + (*doc)["media"]["payload"].text_or(""));
            } else if (event == "mark") {
                heard_.push_back("mark:" + (*doc)["mark"]["name"].text_or(""));
            } else {
                heard_.push_back(event);
            }
        }
    }
    return heard_;
}

size_t TwilioRig::heard_count(std::string_view beginning) {
    size_t count = 0;
    for (const std::string& one : heard()) count += one.starts_with(beginning) ? 1U : 0U;
    return count;
}

void TwilioRig::go_live() {
    start();
    run([&] { return !starts.empty(); });
    on_shard([&] { session->begin(); });
}

}  // namespace trunkline::test
