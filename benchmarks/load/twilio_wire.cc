// Twilio: form webhook, TwiML with <Stream>, mu-law in JSON, marks.
#include <cstdio>

#include "benchmarks/load/carrier_wire.h"
#include "benchmarks/load/http_text.h"
#include "benchmarks/load/media_text.h"
#include "engine/core/json.h"

namespace trunkline::load {
namespace {

using Kind = CarrierWire::Heard::Kind;

std::string sid(const char* prefix, const std::string& run_id, uint32_t number) {
    char tail[17];
    std::snprintf(tail, sizeof tail, "%016x", number);
    return prefix + run_id + tail;
}

class TwilioWire final : public CarrierWire {
  public:
    TwilioWire(const std::string& run_id, uint32_t number)
        : number_(number),
          call_sid_(sid("CA", run_id, number)),
          stream_sid_(sid("MZ", run_id, number)),
          account_sid_("AC00000000000000000000000000000001") {}

    std::string webhook(const Site& site) override {
        const Pairs fields = {{"CallSid", call_sid_},       {"AccountSid", account_sid_},
                              {"From", "+15550100001"},     {"To", "+15550100002"},
                              {"Caller", "+15550100001"},   {"Called", "+15550100002"},
                              {"CallStatus", "ringing"},    {"Direction", "inbound"},
                              {"ApiVersion", "2010-04-01"}, {"CallerName", "Load " + std::to_string(number_)}};
        Pairs headers;
        if (!site.secret.empty())
            headers.emplace_back("X-Twilio-Signature", twilio_signature(site.secret, site.base + site.path, fields));
        return post_request(site.host, site.path, kForm, headers, form_encode(fields));
    }

    Status read_document(const std::string& body) override {
        auto verb = find_stream(body);
        if (!verb) return tl::unexpected(verb.error());
        const auto url = parse_url(verb->url);
        if (!url) return fail("bad-url", "<Stream>: " + url.error().message);
        verb_ = std::move(*verb);
        url_ = *url;
        return {};
    }

    std::string upgrade(const Site& site) override {
        Pairs headers;
        if (!site.secret.empty())
            headers.emplace_back("X-Twilio-Signature", twilio_signature(site.secret, verb_.url, {}));
        return upgrade_request(url_.host, url_.path, headers);
    }

    std::vector<std::string> openings() override {
        JsonWriter start;
        start.begin_object().field("event", "start").field("sequenceNumber", "1").field("streamSid", stream_sid_);
        start.key("start").begin_object();
        start.field("streamSid", stream_sid_).field("accountSid", account_sid_).field("callSid", call_sid_);
        start.key("tracks").begin_array().value("inbound").end();
        start.key("customParameters").begin_object();
        for (const auto& [name, value] : verb_.parameters) start.field(name, value);
        start.end().key("mediaFormat").begin_object();
        start.field("encoding", "audio/x-mulaw").field("sampleRate", 8000).field("channels", 1).end().end().end();
        return {R"({"event":"connected","protocol":"Call","version":"1.0.0"})", start.take()};
    }

    WsBuilt write_media(char* out, uint32_t index, std::span<const uint8_t> audio) override {
        return {WsOpcode::kText,
                write_caller_media(out, stream_sid_, ++sequence_, uint64_t{index} + 1, uint64_t{index} * 20, audio)};
    }

    Heard read(WsOpcode opcode, std::span<const uint8_t> payload) override {
        const std::string_view text = as_text(payload);
        if (opcode == WsOpcode::kBinary) return {Kind::kBroken, {}, "the engine sent a binary message to the carrier"};
        const std::string_view event = text_field(text, "\"event\"");
        if (event == "mark") return {Kind::kMark, {}, std::string(text_field(text, "\"name\""))};
        if (event == "clear") return {Kind::kClear, {}, {}};
        if (event != "media")
            return {Kind::kBroken,
                    {},
                    "the engine sent the carrier an unknown message: " + std::string(text.substr(0, 80))};
        const auto audio = base64_field(text, "\"payload\"");
        if (audio.empty())
            return {Kind::kBroken,
                    {},
                    "a media message of the engine has no base64 audio: " + std::string(text.substr(0, 80))};
        return {Kind::kMedia, audio, {}};
    }

    std::string mark_back(const std::string& name) override {
        return head("mark") + R"("mark":{"name":")" + name + R"("}})";
    }
    std::string cleared() override { return {}; }
    std::string goodbye() override {
        return head("stop") + R"("stop":{"accountSid":")" + account_sid_ + R"(","callSid":")" + call_sid_ + R"("}})";
    }

  private:
    std::string head(const char* event) {
        return R"({"event":")" + std::string(event) + R"(","sequenceNumber":")" + std::to_string(++sequence_) +
               R"(","streamSid":")" + stream_sid_ + R"(",)";
    }

    uint32_t number_;
    std::string call_sid_, stream_sid_, account_sid_;
    StreamVerb verb_;
    Url url_;
    uint64_t sequence_ = 1;
};

}  // namespace

std::unique_ptr<CarrierWire> twilio_wire(const std::string& run_id, uint32_t number) {
    return std::make_unique<TwilioWire>(run_id, number);
}

std::unique_ptr<CarrierWire> carrier_wire(const Cell& cell, const std::string& run_id, uint32_t number) {
    return cell.carrier == CarrierKind::kTwilio ? twilio_wire(run_id, number)
                                                : vonage_wire(run_id, number, cell.line());
}

}  // namespace trunkline::load
