#include "engine/carriers/vonage.h"

#include <glib.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/core/base64.h"
#include "engine/core/json.h"

namespace trunkline::vonage {
namespace {

constexpr JsonLimits kLimits{.max_bytes = 256U << 10, .max_depth = 16};
constexpr std::string_view kMediaPath = "/vonage/media/";

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Texts, numbers and truth values as text, "" for all else.
std::string scalar(const Json& value) {
    if (value.is_string()) return value.text_or("");
    if (value.is_number() || value.is_bool()) return value.dump();
    return "";
}

void append(FormPairs& fields, std::string name, std::string value) {
    if (!value.empty()) fields.emplace_back(std::move(name), std::move(value));
}

bool is_id(std::string_view id) {
    return !id.empty() && id.size() <= 64 &&
           std::all_of(id.begin(), id.end(), [](char c) { return g_ascii_isalnum(c) || c == '-'; });
}

/// Vonage leaves the + of a number out; numbers look alike whatever the carrier. What is no number stays as it is.
std::string number(std::string text) {
    const bool digits = text.size() >= 7 && text.size() <= 15 &&
                        std::all_of(text.begin(), text.end(), [](char c) { return g_ascii_isdigit(c); });
    if (digits) return "+" + text;
    size_t end = std::min<size_t>(text.size(), 256);
    while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end);
}

/// What Vonage itself puts into the query of an answer URL that it GETs.
bool is_vonages(std::string_view name) {
    return is_one_of(name, {"to", "from", "uuid", "conversation_uuid", "region_url", "endpoint_type", "from_user",
                            "custom_data", "reason", "original_request"}) ||
           name.starts_with("SipHeader_") || name.starts_with("original_request[");
}

bool names_media_leg(const FormPairs& fields, std::string_view name) {
    const std::string to = field(fields, "to");
    return name == "disconnected" || to.starts_with("ws://") || to.starts_with("wss://") ||
           std::any_of(fields.begin(), fields.end(), [](const auto& f) { return f.first.starts_with("headers."); });
}

/// The last part of our media socket's address, "" when it is another address.
std::string ticket_of(const std::string& uri) {
    const size_t at = uri.find(kMediaPath);
    return at == std::string::npos ? "" : uri.substr(at + kMediaPath.size(), 2048);
}

/// What an event about our websocket means for the caller's call.
void judge_media_leg(Event* event, const std::string& detail) {
    CarrierStatus& s = event->status;
    if (event->name == "disconnected") {
        s.status = "failed";
        s.reason = "media-lost";
        s.detail = "Vonage reports that the media socket was closed";
    } else if (is_one_of(event->name, {"failed", "unanswered", "timeout", "rejected", "busy", "cancelled"})) {
        s.status = "failed";
        s.reason = "no-media";
        s.detail = "Vonage could not open the media socket: " + event->name + (detail.empty() ? "" : ", " + detail);
    } else {
        s.status.clear();  // it rings, it is up, it is over: the socket itself says so better
    }
}

std::string content_type(int rate) { return "audio/l16;rate=" + std::to_string(rate); }

/// The endpoint's headers as JSON.
std::string endpoint_headers(const IncomingCall& call, const FormPairs& params) {
    JsonWriter with, without;
    with.begin_object().field(kLegHeader, call.carrier_call_id);
    without.begin_object().field(kLegHeader, call.carrier_call_id).end();
    bool taken = true;
    for (const auto& [name, value] : params) {
        // All or none: a part of them would be taken for the whole. These names mean something in the first message.
        if (is_one_of(name, {kLegHeader, "event", "content-type"})) taken = false;
        with.field(name, value);
    }
    with.end();
    return taken && with.text().size() <= kMaxHeaderBytes ? with.take() : without.take();
}

}  // namespace

Result<FormPairs> webhook_fields(const HttpRequest& request) {
    FormPairs fields;
    if (request.method != "POST") {
        for (auto& [name, value] : HttpRequest::parse_form(request.query)) append(fields, name, value);
        return fields;
    }
    const auto doc = Json::parse(request.body, kLimits);
    if (!doc) return fail("bad-webhook", "the body is not JSON: " + doc.error().message);
    if (!doc->is_object()) return fail("bad-webhook", "the body is not a JSON object");
    for (const std::string& name : doc->keys()) append(fields, name, scalar((*doc)[name]));
    const Json headers = (*doc)["headers"];
    if (headers.is_object()) {
        for (const std::string& name : headers.keys()) append(fields, "headers." + name, scalar(headers[name]));
    }
    return fields;
}

std::string field(const FormPairs& fields, std::string_view name) {
    const auto it = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.first == name; });
    return it == fields.end() ? "" : it->second;
}

FormPairs url_params(const HttpRequest& request) {
    FormPairs params = HttpRequest::parse_form(request.query);
    if (request.method != "POST") std::erase_if(params, [](const auto& p) { return is_vonages(p.first); });
    return params;
}

Result<IncomingCall> parse_answer(const FormPairs& fields) {
    IncomingCall call;
    call.carrier = "vonage";
    call.carrier_call_id = field(fields, "uuid");
    if (!is_id(call.carrier_call_id))
        return fail("bad-webhook", "uuid is missing or not letters, digits and dashes, at most 64");
    call.from = number(field(fields, "from"));
    call.to = number(field(fields, "to"));
    call.direction = field(fields, "direction").starts_with("outbound") ? "outbound" : "inbound";
    return call;
}

std::string call_status(std::string_view s, std::string_view detail) {
    if (s == "started") return "initiated";
    if (s == "ringing" || s == "busy" || s == "failed" || s == "completed") return std::string(s);
    if (is_one_of(s, {"answered", "human", "machine"})) return "in_progress";
    if (s == "unanswered" || s == "timeout") return "no_answer";
    if (s == "rejected") return detail == "declined" ? "busy" : "failed";
    if (s == "cancelled" || s == "canceled") return "canceled";
    return "";
}

Result<Event> parse_event(const FormPairs& fields) {
    Event event;
    CarrierStatus& status = event.status;
    status.carrier = "vonage";
    event.name = field(fields, "status").substr(0, 32);
    if (event.name.empty()) event.name = "error";
    event.media_leg = names_media_leg(fields, event.name);
    event.outbound = field(fields, "direction").starts_with("outbound");
    event.takes_ncco = is_one_of(event.name, {"failed", "unanswered", "timeout", "disconnected", "input"});

    // human and machine have call_uuid instead of uuid; the websocket may be a participant with a uuid of its own.
    std::string id = event.media_leg ? field(fields, "headers." + std::string(kLegHeader)) : "";
    if (event.media_leg && id.empty()) event.ticket = ticket_of(field(fields, "to"));
    for (const char* name : {"uuid", "call_uuid"}) {
        if (id.empty()) id = field(fields, name);
    }
    if (id.empty() && field(fields, "conversation_uuid").empty() && field(fields, "conversation_uuid_to").empty())
        return fail("bad-webhook", "none of uuid, call_uuid and conversation_uuid is there");
    if (!is_id(id)) return event;  // nothing that can be told to a call
    status.carrier_call_id = id;
    std::string detail = field(fields, "detail").substr(0, 64);
    status.status = call_status(event.name, detail);
    if (is_one_of(event.name, {"human", "machine"})) detail = event.name;
    const std::string duration = field(fields, "duration");
    std::from_chars(duration.data(), duration.data() + duration.size(), status.duration_s);
    status.duration_s = std::max<int64_t>(status.duration_s, -1);
    status.detail = detail;
    if (event.media_leg) judge_media_leg(&event, detail);
    return event;
}

std::string connect_ncco(const Settings& settings, const IncomingCall& call, std::string_view ticket,
                         const FormPairs& params) {
    std::string media = settings.public_url + std::string(kMediaPath) + std::string(ticket);
    if (media.starts_with("http")) media.replace(0, 4, "ws");  // http → ws, https → wss
    JsonWriter w;
    w.begin_array().begin_object().field("action", "connect").field("eventType", "synchronous");
    w.key("eventUrl").begin_array().value(settings.public_url + "/vonage/event").end();
    w.key("endpoint").begin_array().begin_object().field("type", "websocket").field("uri", media);
    w.field("content-type", content_type(settings.media_rate));
    w.raw_field("headers", endpoint_headers(call, params));
    w.key("authorization").begin_object();
    if (settings.socket_auth == SocketAuth::kCustom) {
        w.field("type", "custom").field("value", socket_authorization(settings, ticket));
    } else {
        w.field("type", "vonage");
    }
    w.end().end().end().end().end();
    return w.take();
}

std::string fallback_ncco(const Settings& settings) {
    if (!settings.fallback_ncco.empty()) return settings.fallback_ncco;
    return R"([{"action":"talk","text":"We are sorry, we cannot take your call right now. Please try again later."}])";
}

std::string socket_authorization(const Settings& settings, std::string_view ticket) {
    return "Bearer " + base64url_encode(hmac_sha256(settings.socket_key, "vonage-socket:" + std::string(ticket)));
}

}  // namespace trunkline::vonage
