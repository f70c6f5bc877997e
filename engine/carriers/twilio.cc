#include "engine/carriers/twilio.h"

#include <glib.h>

#include <algorithm>
#include <charconv>

#include "engine/net/signature.h"

namespace trunkline::twilio {
namespace {

constexpr std::string_view kXmlHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// For attribute values and text. What XML 1.0 cannot hold at all (control characters, broken UTF-8, U+FFFE and U+FFFF)
/// is left out or replaced: one such byte and Twilio refuses the document (12100).
std::string escape(std::string_view text) {
    char* valid = g_utf8_make_valid(text.data(), static_cast<gssize>(text.size()));
    std::string kept(valid);
    g_free(valid);
    for (const char* noncharacter : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
        for (size_t at = 0; (at = kept.find(noncharacter, at)) != std::string::npos;)
            kept.replace(at, 3, "\xEF\xBF\xBD");
    }
    std::erase_if(kept,
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r'; });
    char* escaped = g_markup_escape_text(kept.data(), static_cast<gssize>(kept.size()));
    std::string out;
    for (const char* c = escaped; *c != 0; ++c) {
        if (*c == '\t' || *c == '\n' || *c == '\r') {  // a parser would turn them into spaces
            out += "&#" + std::to_string(static_cast<int>(*c)) + ";";
        } else {
            out += *c;
        }
    }
    g_free(escaped);
    return out;
}

bool is_sid(std::string_view sid, std::string_view prefix) {
    return sid.size() == 34 && sid.starts_with(prefix) &&
           std::all_of(sid.begin() + 2, sid.end(), [](char c) { return g_ascii_isalnum(c) != 0; });
}

HttpResponse refuse(std::string_view detail) {
    return HttpResponse::problem(403, "signature refused", detail, "X-Twilio-Signature");
}

}  // namespace

std::string signed_url(const Settings& settings, const HttpRequest& request, bool websocket) {
    std::string url = settings.public_url;
    if (websocket && url.starts_with("http")) url.replace(0, 4, "ws");  // http → ws, https → wss
    url += request.path;
    if (!request.query.empty()) url += "?" + request.query;
    return url;
}

std::optional<HttpResponse> check_signature(const Settings& settings, const HttpRequest& request, bool websocket) {
    if (settings.auth_token.empty()) return std::nullopt;
    const auto signature = request.header("x-twilio-signature");
    if (!signature) return refuse("the request has no X-Twilio-Signature header: only Twilio may call this address");
    const std::string url = signed_url(settings, request, websocket);
    const std::string_view type = request.header("content-type").value_or("");
    bool ok = false;
    if (request.method == "POST" && !request.body.empty() && type.starts_with("application/json")) {
        ok = twilio_verify_body(settings.auth_token, url, request.body, *signature);
    } else {
        const auto params = request.method == "POST" ? HttpRequest::parse_form(request.body) : FormPairs{};
        ok = twilio_verify(settings.auth_token, url, params, *signature);
    }
    if (ok) return std::nullopt;
    return refuse("the signature does not match " + url +
                  ": check TWILIO_AUTH_TOKEN, and that SERVER_URL is exactly the public address configured at Twilio");
}

FormPairs webhook_fields(const HttpRequest& request) {
    return HttpRequest::parse_form(request.method == "POST" ? request.body : request.query);
}

std::string field(const FormPairs& fields, std::string_view name) {
    const auto it = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.first == name; });
    return it == fields.end() ? "" : it->second;
}

Result<IncomingCall> parse_voice(const FormPairs& fields) {
    IncomingCall call;
    call.carrier = "twilio";
    call.carrier_call_id = field(fields, "CallSid");
    if (!is_sid(call.carrier_call_id, "CA"))
        return fail("bad-webhook", "CallSid is missing or not CA and 32 characters");
    call.from = field(fields, "From").substr(0, 256);
    call.to = field(fields, "To").substr(0, 256);
    call.direction = field(fields, "Direction").starts_with("outbound") ? "outbound" : "inbound";
    return call;
}

std::string call_status(std::string_view s) {
    if (s == "queued" || s == "initiated") return "initiated";
    if (s == "ringing") return "ringing";
    if (s == "in-progress" || s == "answered") return "in_progress";
    if (s == "completed" || s == "busy" || s == "failed") return std::string(s);
    if (s == "no-answer") return "no_answer";
    if (s == "canceled" || s == "cancelled") return "canceled";
    return "";
}

Result<CarrierStatus> parse_status(const FormPairs& fields) {
    CarrierStatus status;
    status.carrier = "twilio";
    status.carrier_call_id = field(fields, "CallSid");
    if (!is_sid(status.carrier_call_id, "CA"))
        return fail("bad-webhook", "CallSid is missing or not CA and 32 characters");
    status.status = call_status(field(fields, "CallStatus"));
    if (status.status.empty()) return fail("bad-webhook", "CallStatus is missing or not one of Twilio's");
    const auto number = [&](std::string_view name, int64_t fallback) {
        const std::string text = field(fields, name);
        int64_t value = fallback;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value < 0 ? fallback : value;
    };
    status.sequence = number("SequenceNumber", -1);
    status.duration_s = number("CallDuration", -1);
    if (const std::string sip = field(fields, "SipResponseCode"); !sip.empty())
        status.detail = "SIP " + sip.substr(0, 16);
    return status;
}

std::string stream_twiml(const Settings& settings, std::string_view media_path, const FormPairs& params) {
    HttpRequest media;
    media.path = std::string(media_path);
    std::string xml(kXmlHead);
    xml += "<Response><Connect><Stream url=\"" + escape(signed_url(settings, media, true)) + "\"";
    if (params.empty()) {
        xml += "/>";
    } else {
        xml += ">";
        for (const auto& [name, value] : params) {
            xml += "<Parameter name=\"" + escape(name) + "\" value=\"" + escape(value) + "\"/>";
        }
        xml += "</Stream>";
    }
    xml += "</Connect><Hangup/></Response>";
    return xml;
}

std::string apology_twiml(std::string_view text) {
    return std::string(kXmlHead) + "<Response><Say>" + escape(text) + "</Say><Hangup/></Response>";
}

std::string reject_twiml(bool busy, std::string_view why) {
    std::string comment;
    for (const char c : why) {
        if (c == '-' && comment.ends_with('-')) comment += ' ';  // "--" would end the comment
        comment += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
    if (!comment.empty()) comment = "<!-- " + comment + " -->";
    return std::string(kXmlHead) + "<Response>" + comment + "<Reject reason=\"" + (busy ? "busy" : "rejected") +
           "\"/></Response>";
}

}  // namespace trunkline::twilio
