#include "elements/vonage/vonage_protocol.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "engine/core/json.h"

namespace trunkline::vonage {
namespace {

constexpr JsonLimits kLimits{.max_bytes = 64U << 10, .max_depth = 8};
constexpr size_t kMaxHeaders = 64;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

bool same_word(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
    });
}

Result<Json> read(std::string_view text) {
    auto doc = Json::parse(trimmed(text), kLimits);
    if (!doc || !doc->is_object()) return fail("not-json", "message is not a JSON object");
    return doc;
}

EventKind kind_of(const Json& doc) {
    const Json event = doc["event"];
    if (!event.exists()) {
        // Older senders leave the event out of a key press.
        if (doc["digit"].exists() || doc["dtmf"].is_object()) return EventKind::kDtmf;
        return doc["content-type"].is_string() ? EventKind::kConnected : EventKind::kUnknown;
    }
    const std::string name = event.text_or("");
    if (name == "websocket:connected") return EventKind::kConnected;
    if (name == "websocket:dtmf") return EventKind::kDtmf;
    if (name == "websocket:cleared") return EventKind::kCleared;
    if (name == "websocket:notify") return EventKind::kNotify;
    if (name == "websocket:media:update") return EventKind::kMediaUpdate;
    return EventKind::kUnknown;
}

/// A key as text or as number.
char digit_of(const Json& value) {
    if (value.is_number()) {
        const int64_t number = value.int_or(-1);
        return number >= 0 && number <= 9 ? static_cast<char>('0' + number) : '\0';
    }
    const std::string text = value.text_or("");
    const bool known = text.size() == 1 && std::string_view("0123456789*#ABCD").find(text[0]) != std::string_view::npos;
    return known ? text[0] : '\0';
}

/// Scalars as text; containers and null are no headers.
std::optional<std::string> scalar(const Json& value) {
    if (value.is_string()) return value.text_or("");
    if (value.is_number() || value.is_bool()) return value.dump();
    return std::nullopt;
}

bool is_reserved(std::string_view name) {
    return name == "event" || name == "content-type" || name == kLegHeader || name.starts_with("websocket:");
}

/// It is compared with the call's and written to logs: no surprises.
bool plain_id(std::string_view id) {
    return id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
           });
}

}  // namespace

Result<Message> parse(std::string_view text) {
    const auto doc = read(text);
    if (!doc) return tl::unexpected(doc.error());
    Message message;
    message.kind = kind_of(*doc);
    switch (message.kind) {
        case EventKind::kDtmf: {
            const Json digit = (*doc)["digit"];
            message.digit = digit_of(digit.exists() ? digit : (*doc)["dtmf"]["digit"]);
            if (message.digit == '\0') return fail("bad-dtmf", "dtmf message without one digit of 0-9 * # A-D");
            break;
        }
        case EventKind::kNotify:
            message.mark = (*doc)["payload"]["id"].text_or("");
            break;
        case EventKind::kMediaUpdate:
            if (!(*doc)["active"].is_bool()) return fail("bad-update", "media:update message without `active`");
            message.active = (*doc)["active"].bool_or(true);
            break;
        default:
            break;
    }
    return message;
}

Result<ConnectedMessage> parse_connected(std::string_view text) {
    const auto doc = read(text);
    if (!doc) return fail("bad-connected", doc.error().message);
    ConnectedMessage m;
    m.content_type = (*doc)["content-type"].text_or("");
    m.rate = rate_of(m.content_type);
    if (m.rate == 0) {
        return fail("bad-connected", "content-type is not audio/l16 with a rate of 8000, 16000 or 24000");
    }
    m.leg = (*doc)[kLegHeader].text_or("");
    if (!plain_id(m.leg)) return fail("bad-connected", "the header leg is not an identifier");
    for (const std::string& name : doc->keys()) {
        if (is_reserved(name)) continue;
        if (m.headers.size() == kMaxHeaders) return fail("bad-connected", "more than 64 headers");
        if (auto value = scalar((*doc)[name])) m.headers.emplace_back(name, std::move(*value));
    }
    return m;
}

int rate_of(std::string_view content_type) {
    const size_t semicolon = std::min(content_type.find(';'), content_type.size());
    if (!same_word(trimmed(content_type.substr(0, semicolon)), "audio/l16")) return 0;
    std::string_view rest = content_type.substr(semicolon);
    int rate = 0;
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const size_t end = std::min(rest.find(';'), rest.size());
        const std::string_view parameter = rest.substr(0, end);
        rest.remove_prefix(end);
        const size_t equals = std::min(parameter.find('='), parameter.size());
        if (equals == parameter.size() || !same_word(trimmed(parameter.substr(0, equals)), "rate")) continue;
        const std::string_view value = trimmed(parameter.substr(equals + 1));
        const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), rate);
        if (error != std::errc() || stop != value.data() + value.size()) return 0;
    }
    return rate == 8'000 || rate == 16'000 || rate == 24'000 ? rate : 0;
}

void write_notify(std::string_view mark, std::string& out) {
    out += R"({"action":"notify","payload":{"id":")";
    json_escape(mark, out);
    out += R"("}})";
}

void write_clear(std::string& out) { out += R"({"action":"clear"})"; }

}  // namespace trunkline::vonage
