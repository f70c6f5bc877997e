// Vonage: JSON webhook, NCCO with one connect to a websocket, binary linear16 in frames of exactly 20 ms, notifies.
#include <cstdio>
#include <cstring>

#include "benchmarks/load/carrier_wire.h"
#include "benchmarks/load/http_text.h"
#include "benchmarks/load/media_text.h"
#include "engine/core/clock.h"
#include "engine/core/json.h"

namespace trunkline::load {
namespace {

using Kind = CarrierWire::Heard::Kind;

std::string uuid(const std::string& run_id, uint32_t number) {
    char tail[13];
    std::snprintf(tail, sizeof tail, "%012x", number);
    return run_id.substr(0, 8) + "-" + run_id.substr(8, 4) + "-4" + run_id.substr(13, 3) + "-8000-" + tail;
}

class VonageWire final : public CarrierWire {
  public:
    VonageWire(const std::string& run_id, uint32_t number, const AudioFormat& line)
        : uuid_(uuid(run_id, number)), line_(line) {}

    std::string webhook(const Site& site) override {
        JsonWriter fields;
        fields.begin_object().field("from", "15550100001").field("to", "15550100002").field("uuid", uuid_);
        const std::string body = fields.field("conversation_uuid", "CON-" + uuid_).end().take();
        return post_request(site.host, site.path, "application/json", authorization(site.secret, &body), body);
    }

    Status read_document(const std::string& body) override {
        const auto ncco = Json::parse(body);
        const Json endpoint = ncco ? ncco->at(0)["endpoint"].at(0) : Json();
        if (!ncco || ncco->at(0)["action"].text_or("") != "connect" || endpoint["type"].text_or("") != "websocket")
            return fail("no-connect", "the answer is no NCCO that connects to a websocket: " + body.substr(0, 200));
        const auto url = parse_url(endpoint["uri"].text_or(""));
        if (!url) return fail("bad-url", "the NCCO's uri: " + url.error().message);
        content_type_ = endpoint["content-type"].text_or("");
        if (content_type_ != "audio/l16;rate=" + std::to_string(line_.rate))
            return fail("bad-rate",
                        "the NCCO asks for '" + content_type_ + "'; give the rig the rate with --vonage-rate");
        headers_ = endpoint["headers"];
        own_authorization_ = endpoint["authorization"]["value"].text_or("");
        url_ = *url;
        return {};
    }

    std::string upgrade(const Site& site) override {
        Pairs headers = authorization(site.secret, nullptr);
        if (!own_authorization_.empty()) headers = {{"Authorization", own_authorization_}};
        return upgrade_request(url_.host, url_.path, headers);
    }

    std::vector<std::string> openings() override {
        JsonWriter first;
        first.begin_object().field("event", "websocket:connected").field("content-type", content_type_);
        for (const std::string& name : headers_.keys()) first.raw_field(name, headers_[name].dump());
        return {first.end().take()};
    }

    WsBuilt write_media(char* out, uint32_t, std::span<const uint8_t> audio) override {
        std::memcpy(out, audio.data(), audio.size());
        return {WsOpcode::kBinary, audio.size()};
    }

    Heard read(WsOpcode opcode, std::span<const uint8_t> payload) override {
        if (opcode == WsOpcode::kBinary) {
            if (payload.size() == line_.frame_bytes()) return {Kind::kMedia, payload, {}};
            return {Kind::kBroken,
                    {},
                    "the engine sent " + std::to_string(payload.size()) + " bytes of audio in a message; a frame has " +
                        std::to_string(line_.frame_bytes())};
        }
        const std::string_view text = as_text(payload), action = text_field(text, "\"action\"");
        if (action == "notify") return {Kind::kMark, {}, std::string(text_field(text, "\"id\""))};
        if (action == "clear") return {Kind::kClear, {}, {}};
        return {
            Kind::kBroken, {}, "the engine sent the carrier an unknown message: " + std::string(text.substr(0, 80))};
    }

    std::string mark_back(const std::string& name) override {
        return R"({"event":"websocket:notify","payload":{"id":")" + name + R"("}})";
    }
    std::string cleared() override { return R"({"event":"websocket:cleared"})"; }
    std::string goodbye() override { return {}; }

  private:
    /// The token that Vonage signs its requests with.
    Pairs authorization(const std::string& secret, const std::string* body) {
        if (secret.empty()) return {};
        JsonWriter claims;
        claims.begin_object().field("iat", unix_ms() / 1000).field("iss", "Vonage");
        claims.field("jti", uuid_ + "-" + std::to_string(++tokens_));
        if (body != nullptr) claims.field("payload_hash", sha256_hex(*body));
        return {{"Authorization", "Bearer " + hs256_token(secret, claims.end().take())}};
    }

    std::string uuid_;
    AudioFormat line_;
    Url url_;
    std::string content_type_, own_authorization_;
    Json headers_;
    uint32_t tokens_ = 0;
};

}  // namespace

std::unique_ptr<CarrierWire> vonage_wire(const std::string& run_id, uint32_t number, const AudioFormat& line) {
    return std::make_unique<VonageWire>(run_id, number, line);
}

}  // namespace trunkline::load
