// A webhook's form, from the body and from the query, before a call exists. Whatever it holds: what is read from it has
// its shape, the TwiML made from it is XML 1.0, and nobody's signature lets it in.
#include <glib.h>

#include "engine/carriers/twilio.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;

namespace {

constexpr const char* kToken = "Zq9-secret-token";

void must_be_xml(const std::string& text) {
    const GMarkupParser parser{};
    GMarkupParseContext* context = g_markup_parse_context_new(&parser, G_MARKUP_DEFAULT_FLAGS, nullptr, nullptr);
    must(g_markup_parse_context_parse(context, text.data(), static_cast<gssize>(text.size()), nullptr) &&
             g_markup_parse_context_end_parse(context, nullptr),
         "TwiML is XML");
    g_markup_parse_context_free(context);
    must(is_utf8(text), "TwiML is UTF-8");
    // Characters that XML 1.0 excludes, which GLib's parser lets pass.
    for (const char* excluded : {"\xEF\xBF\xBE", "\xEF\xBF\xBF", "&#x0;", "&#xfffe;", "&#xffff;"})
        must(text.find(excluded) == std::string::npos, "TwiML holds characters of XML 1.0 only");
}

void must_read(const FormPairs& fields) {
    if (const auto call = twilio::parse_voice(fields)) {
        must(call->carrier_call_id.size() == 34 && call->carrier_call_id.starts_with("CA"), "a call has its SID");
        must(call->from.size() <= 256 && call->to.size() <= 256, "numbers are bounded");
        must(call->direction == "inbound" || call->direction == "outbound", "a direction is one of two");
    } else {
        must_explain(call.error());
    }
    if (const auto status = twilio::parse_status(fields)) {
        must(!status->status.empty() && status->sequence >= -1 && status->duration_s >= -1, "a status has its shape");
        must(status->detail.size() <= 32, "a detail is bounded");
    } else {
        must_explain(status.error());
    }
}

void must_be_refused(const HttpRequest& request) {
    const twilio::Settings twilio{kToken, "https://voice.example.com"};
    for (const bool websocket : {false, true}) {
        const auto refusal = twilio::check_signature(twilio, request, websocket);
        must(refusal && refusal->status == 403, "a stranger is refused");
        must_be_json(refusal->body);
        must(refusal->body.find(kToken) == std::string::npos || request.query.find(kToken) != std::string::npos,
             "a refusal does not tell the token");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string text(text_of({data, size}));
    HttpRequest request;
    request.method = "POST";
    request.path = "/twilio/voice";
    request.body = text;
    request.headers = {{"X-Twilio-Signature", "AAAA"}, {"Content-Type", "application/x-www-form-urlencoded"}};
    must_be_refused(request);
    const FormPairs fields = twilio::webhook_fields(request);
    must_read(fields);
    const twilio::Settings twilio{"", "https://voice.example.com"};
    must_be_xml(twilio::stream_twiml(twilio, "/twilio/media/ticket", fields));
    must_be_xml(twilio::apology_twiml(text));

    request.headers[1].second = "application/json";
    request.query = text;
    must_be_refused(request);
    request.method = "GET";
    must(twilio::webhook_fields(request) == fields, "a form reads the same from the query");
    must_be_refused(request);
    return 0;
}
