#include "twilio_rig.h"

namespace trunkline::test {

TwilioRig::TwilioRig(const twilio::SessionOptions& options)
    : CarrierRig([&](Shard* on, auto socket, auto* listener) {
          return std::make_unique<twilio::TwilioSession>(on, std::move(socket), listener, options);
      }) {}

void TwilioRig::start(std::string_view tracks) {
    text(R"({"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"streamSid":"MZ1","accountSid":"AC1",)"
         R"("callSid":"CA1","tracks":)" +
         std::string(tracks) +
         R"(,"customParameters":{"greeting":"hi"},)"
         R"("mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}})");
}

void TwilioRig::media(std::string_view payload_base64, std::string_view track) {
    text(R"({"event":"media","streamSid":"MZ1","media":{"track":")" + std::string(track) + R"(","payload":")" +
         std::string(payload_base64) + R"("}})");
}

void TwilioRig::mark(std::string_view name) {
    text(R"({"event":"mark","streamSid":"MZ1","mark":{"name":")" + std::string(name) + R"("}})");
}

void TwilioRig::dtmf(char digit) {
    text(R"({"event":"dtmf","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":")" + std::string(1, digit) +
         R"("}})");
}

std::string TwilioRig::name_of_text(const Json& message) {
    const std::string event = message["event"].text_or("");
    if (event == "media") return "media:" + message["media"]["payload"].text_or("");
    if (event == "mark") return "mark:" + message["mark"]["name"].text_or("");
    return event;
}

void TwilioRig::go_live() {
    start();
    begin();
}

}  // namespace trunkline::test
