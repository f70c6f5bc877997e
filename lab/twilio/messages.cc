// See the header. The writer formats by hand: it runs fifty times a second for every call of a load test.
#include "lab/twilio/messages.h"

#include <simdjson.h>

#include <algorithm>
#include <initializer_list>

#include "engine/core/base64.h"
#include "engine/core/json.h"

namespace trunkline::lab {
namespace {

void append_text(std::string& out, std::string_view text) {
    out += '"';
    json_escape(text, out);
    out += '"';
}

tl::unexpected<Violation> invalid(std::string message) {
    return tl::unexpected<Violation>(Violation{kStreamInvalidMessage, true, std::move(message), 0, 0});
}

/// Empty when `object` holds exactly `wanted`; else what is missing or extra.
std::string key_fault(simdjson::dom::object object, std::initializer_list<std::string_view> wanted,
                      std::string_view where) {
    for (auto field : object) {
        if (std::find(wanted.begin(), wanted.end(), field.key) == wanted.end())
            return "extra field '" + std::string(field.key) + "' in " + std::string(where);
    }
    for (std::string_view key : wanted) {
        if (object.at_key(key).error() != simdjson::SUCCESS)
            return "field '" + std::string(key) + "' is missing in " + std::string(where);
    }
    return object.size() == wanted.size() ? "" : "a field is given twice in " + std::string(where);
}

tl::expected<ServerMessage, Violation> read_media(simdjson::dom::object root) {
    simdjson::dom::object media;
    if (root["media"].get(media) != simdjson::SUCCESS) return invalid("'media' is not an object");
    if (std::string fault = key_fault(media, {"payload"}, "media"); !fault.empty()) return invalid(fault);
    std::string_view payload;
    if (media["payload"].get(payload) != simdjson::SUCCESS) return invalid("'media.payload' is not a string");
    if (payload.empty()) return invalid("'media.payload' is empty");
    auto audio = base64_decode(payload);
    if (!audio) return invalid("'media.payload' is not base64");
    static constexpr std::string_view kRiff = "RIFF";
    if (audio->size() >= kRiff.size() && std::equal(kRiff.begin(), kRiff.end(), audio->begin()))
        return invalid("'media.payload' begins with a file header; raw mu-law is wanted");
    return ServerMessage{ServerMessage::Kind::kMedia, std::move(*audio), ""};
}

tl::expected<ServerMessage, Violation> read_mark(simdjson::dom::object root) {
    simdjson::dom::object mark;
    if (root["mark"].get(mark) != simdjson::SUCCESS) return invalid("'mark' is not an object");
    if (std::string fault = key_fault(mark, {"name"}, "mark"); !fault.empty()) return invalid(fault);
    std::string_view name;
    if (mark["name"].get(name) != simdjson::SUCCESS || name.empty())
        return invalid("'mark.name' is not a string with text in it");
    return ServerMessage{ServerMessage::Kind::kMark, {}, std::string(name)};
}

}  // namespace

std::string MessageWriter::connected() { return R"({"event":"connected","protocol":"Call","version":"1.0.0"})"; }

std::string MessageWriter::number(uint64_t value) const {
    std::string digits = std::to_string(value);
    return bare_ ? digits : "\"" + digits + "\"";
}

std::string MessageWriter::head(std::string_view event) {
    std::string out = R"({"event":")";
    out += event;
    out += R"(","sequenceNumber":)";
    out += number(++sequence_);
    out += R"(,"streamSid":")";
    out += identity_.stream_sid;
    out += '"';
    return out;
}

std::string MessageWriter::start(const std::vector<std::string>& tracks, const FormFields& parameters,
                                 const std::string& call_sid_told) {
    std::string out = head("start");
    out += R"(,"start":{"streamSid":")" + identity_.stream_sid + R"(","accountSid":")" + identity_.account_sid +
           R"(","callSid":)";
    append_text(out, call_sid_told.empty() ? identity_.call_sid : call_sid_told);
    out += R"(,"tracks":[)";
    for (size_t i = 0; i < tracks.size(); ++i) {
        if (i > 0) out += ',';
        append_text(out, tracks[i]);
    }
    out += R"(],"customParameters":{)";
    for (size_t i = 0; i < parameters.size(); ++i) {
        if (i > 0) out += ',';
        append_text(out, parameters[i].first);
        out += ':';
        append_text(out, parameters[i].second);
    }
    return out + R"(},"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}})";
}

std::string MessageWriter::media(std::string_view track, uint64_t chunk, int64_t timestamp_ms,
                                 std::span<const uint8_t> payload) {
    return media_raw(track, chunk, timestamp_ms, base64_encode(payload));
}

std::string MessageWriter::media_raw(std::string_view track, uint64_t chunk, int64_t timestamp_ms,
                                     std::string_view payload) {
    std::string out = head("media");
    out.reserve(out.size() + payload.size() + 100);
    out += R"(,"media":{"track":")";
    out += track;
    out += R"(","chunk":)" + number(chunk) + R"(,"timestamp":)" + number(static_cast<uint64_t>(timestamp_ms)) +
           R"(,"payload":")";
    out += payload;
    out += R"("}})";
    return out;
}

std::string MessageWriter::dtmf(char digit) {
    return head("dtmf") + R"(,"dtmf":{"track":"inbound_track","digit":")" + std::string(1, digit) + R"("}})";
}

std::string MessageWriter::mark(const std::string& name) {
    std::string out = head("mark") + R"(,"mark":{"name":)";
    append_text(out, name);
    return out + "}}";
}

std::string MessageWriter::stop() {
    return head("stop") + R"(,"stop":{"accountSid":")" + identity_.account_sid + R"(","callSid":")" +
           identity_.call_sid + R"("}})";
}

std::string MessageWriter::unknown_event() {
    return head("weather") + R"(,"weather":{"sky":["grey",null,{"deep":true}]}})";
}

tl::expected<ServerMessage, Violation> read_server_message(std::string_view text, const std::string& stream_sid) {
    thread_local simdjson::dom::parser parser;
    simdjson::dom::element document;
    if (parser.parse(text.data(), text.size()).get(document) != simdjson::SUCCESS) return invalid("not JSON");
    simdjson::dom::object root;
    if (document.get(root) != simdjson::SUCCESS) return invalid("not a JSON object");
    std::string_view event;
    if (root["event"].get(event) != simdjson::SUCCESS) return invalid("field 'event' is missing");
    const bool media = event == "media";
    const bool mark = event == "mark";
    if (!media && !mark && event != "clear") return invalid("unknown event '" + std::string(event) + "'");

    std::string fault = event == "clear" ? key_fault(root, {"event", "streamSid"}, "clear")
                                         : key_fault(root, {"event", "streamSid", event}, event);
    if (!fault.empty()) return invalid(fault);
    std::string_view sid;
    if (root["streamSid"].get(sid) != simdjson::SUCCESS || sid != stream_sid)
        return invalid("streamSid of '" + std::string(event) + "' is not the one of this stream");
    if (media) return read_media(root);
    if (mark) return read_mark(root);
    return ServerMessage{};
}

}  // namespace trunkline::lab
