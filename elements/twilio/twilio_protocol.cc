#include "elements/twilio/twilio_protocol.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "engine/core/base64.h"
#include "engine/core/json.h"

namespace trunkline::twilio {
namespace {

namespace ondemand = simdjson::ondemand;

/// Per thread, so that a session costs no parser of its own.
struct Scratch {
    ondemand::parser parser;
    std::vector<char> text;
    std::vector<uint8_t> audio;
    std::string strings[3];  // what must outlive the walk over the document

    simdjson::padded_string_view load(std::string_view source) {
        const size_t need = source.size() + simdjson::SIMDJSON_PADDING;
        if (text.size() < need) text.resize(std::max<size_t>(need, 4096));
        std::memcpy(text.data(), source.data(), source.size());
        std::memset(text.data() + source.size(), ' ', simdjson::SIMDJSON_PADDING);
        return simdjson::padded_string_view(text.data(), source.size(), text.size());
    }
};

Scratch& scratch() {
    static thread_local Scratch one;
    return one;
}

/// A counter that may be a JSON string or number.
int64_t counter(simdjson::simdjson_result<ondemand::value> value, int64_t fallback) {
    ondemand::value v;
    if (value.get(v) != simdjson::SUCCESS) return fallback;
    std::string_view text;
    int64_t number = fallback;
    if (v.get_string().get(text) == simdjson::SUCCESS) {
        const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
        return end.ec == std::errc() ? number : fallback;
    }
    return v.get_int64().get(number) == simdjson::SUCCESS ? number : fallback;
}

EventKind kind_of(std::string_view event) {
    if (event == "media") return EventKind::kMedia;
    if (event == "mark") return EventKind::kMark;
    if (event == "dtmf") return EventKind::kDtmf;
    if (event == "start") return EventKind::kStart;
    if (event == "stop") return EventKind::kStop;
    if (event == "connected") return EventKind::kConnected;
    return EventKind::kUnknown;
}

tl::unexpected<Error> not_json() { return fail("not-json", "message is not a JSON object"); }

/// A document that met broken JSON is given up and must not be asked again: is_alive() is looked at after every answer
/// that may be missing.
Status read_media(ondemand::document& doc, ondemand::object media, Scratch& s, Message& message) {
    std::string_view track, payload;
    if (media["track"].get(track) == simdjson::SUCCESS) message.outbound_track = track == "outbound";
    if (!doc.is_alive()) return not_json();
    message.timestamp_ms = counter(media["timestamp"], -1);
    if (!doc.is_alive()) return not_json();
    if (media["payload"].get(payload) != simdjson::SUCCESS) return fail("bad-media", "media message without a payload");
    const size_t bound = base64_decoded_bound(payload.size());
    if (s.audio.size() < bound) s.audio.resize(bound);
    const auto size = base64_decode(payload, s.audio.data());
    if (!size) return fail("bad-media", "media payload is not base64");
    message.audio = {s.audio.data(), *size};
    return {};
}

bool plain_id(std::string_view id) {
    return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
}

}  // namespace

Result<Message> parse(std::string_view text) {
    Scratch& s = scratch();
    ondemand::document doc;
    ondemand::object root;
    if (s.parser.iterate(s.load(text)).get(doc) != simdjson::SUCCESS ||
        doc.get_object().get(root) != simdjson::SUCCESS) {
        return not_json();
    }
    Message message;
    if (root["event"].get(message.event) != simdjson::SUCCESS) return fail("no-event", "message has no `event`");
    s.strings[0] = message.event;
    message.event = s.strings[0];
    message.kind = kind_of(message.event);
    message.sequence = static_cast<uint64_t>(std::max<int64_t>(0, counter(root["sequenceNumber"], 0)));
    std::string_view sid;
    if (!doc.is_alive()) return not_json();
    if (root["streamSid"].get(sid) == simdjson::SUCCESS) {
        s.strings[1] = sid;
        message.stream_sid = s.strings[1];
    }
    if (!doc.is_alive()) return not_json();
    ondemand::object inner;
    switch (message.kind) {
        case EventKind::kMedia: {
            if (root["media"].get(inner) != simdjson::SUCCESS)
                return fail("bad-media", "media message without `media`");
            if (auto ok = read_media(doc, inner, s, message); !ok) return tl::unexpected(ok.error());
            break;
        }
        case EventKind::kDtmf: {
            std::string_view digit;
            if (root["dtmf"]["digit"].get(digit) != simdjson::SUCCESS || digit.size() != 1 ||
                std::string_view("0123456789*#ABCD").find(digit[0]) == std::string_view::npos) {
                return fail("bad-dtmf", "dtmf message without one digit of 0-9 * # A-D");
            }
            s.strings[2] = digit;
            message.text = s.strings[2];
            break;
        }
        case EventKind::kMark: {
            std::string_view name;
            if (root["mark"]["name"].get(name) != simdjson::SUCCESS)
                return fail("bad-mark", "mark message without a name");
            s.strings[2] = name;
            message.text = s.strings[2];
            break;
        }
        default:
            break;
    }
    return message;
}

Result<StartMessage> parse_start(std::string_view text) {
    auto doc = Json::parse(text, {.max_bytes = 256U << 10, .max_depth = 8});
    if (!doc) return tl::unexpected(Error{"bad-start", doc.error().message});
    const Json start = (*doc)["start"];
    StartMessage m;
    m.stream_sid = start["streamSid"].text_or((*doc)["streamSid"].text_or(""));
    m.account_sid = start["accountSid"].text_or("");
    m.call_sid = start["callSid"].text_or("");
    if (!plain_id(m.stream_sid)) return fail("bad-start", "start.streamSid is missing or not an identifier");
    if (!plain_id(m.call_sid)) return fail("bad-start", "start.callSid is missing or not an identifier");
    const Json format = start["mediaFormat"];
    m.encoding = format["encoding"].text_or("audio/x-mulaw");
    m.rate = static_cast<int>(format["sampleRate"].int_or(8000));
    m.channels = static_cast<int>(format["channels"].int_or(1));
    if (m.encoding != "audio/x-mulaw" || m.rate != 8000 || m.channels != 1) {
        return fail("bad-start", "start.mediaFormat is not audio/x-mulaw, 8000 Hz, 1 channel");
    }
    const Json tracks = start["tracks"];
    for (size_t i = 0; i < tracks.size(); ++i) {
        const std::string track = tracks.at(i).text_or("");
        m.inbound |= track == "inbound";
        m.outbound |= track == "outbound";
    }
    const Json params = start["customParameters"];
    for (const auto& name : params.keys()) {
        const Json value = params[name];
        m.params.emplace_back(name, value.is_string() ? value.text_or("") : value.dump());
    }
    return m;
}

void write_media(std::string_view stream_sid, std::span<const uint8_t> audio, std::string& out) {
    out += R"({"event":"media","streamSid":")";
    out += stream_sid;
    out += R"(","media":{"payload":")";
    const size_t at = out.size();
    out.resize(at + base64_encoded_size(audio.size()));
    base64_encode(audio, out.data() + at);
    out += R"("}})";
}

void write_mark(std::string_view stream_sid, std::string_view name, std::string& out) {
    out += R"({"event":"mark","streamSid":")";
    out += stream_sid;
    out += R"(","mark":{"name":")";
    json_escape(name, out);
    out += R"("}})";
}

void write_clear(std::string_view stream_sid, std::string& out) {
    out += R"({"event":"clear","streamSid":")";
    out += stream_sid;
    out += R"("})";
}

}  // namespace trunkline::twilio
