#pragma once
// Twilio's HTTP side, pure: signature check of requests, the TwiML answer, what webhooks say. No sockets.
#include <optional>
#include <string>
#include <string_view>

#include "engine/carriers/carrier.h"
#include "engine/core/result.h"
#include "engine/net/http_server.h"
#include "engine/net/signature.h"

namespace trunkline::twilio {

struct Settings {
    std::string auth_token;  ///< empty = signatures are not checked; only with --insecure
    std::string public_url;  ///< "https://voice.example.com", no trailing slash: what Twilio sees and signs
};

/// The URL Twilio signed for `request`: the configured public one with the request's own path and query. `scheme`
/// replaces https by wss (and http by ws) for upgrades.
std::string signed_url(const Settings& settings, const HttpRequest& request, bool websocket);

/// Nothing when the request is Twilio's; else the refusal: 403 with the reason a person can act on.
std::optional<HttpResponse> check_signature(const Settings& settings, const HttpRequest& request, bool websocket);

/// The form fields of a webhook, from the body (POST) or the query (GET).
FormPairs webhook_fields(const HttpRequest& request);
/// First value of a field, "" when missing.
std::string field(const FormPairs& fields, std::string_view name);

/// Errors: "bad-webhook" names the missing or malformed field.
Result<IncomingCall> parse_voice(const FormPairs& fields);
Result<CarrierStatus> parse_status(const FormPairs& fields);
/// "in-progress" → "in_progress"; "" for what Twilio does not document.
std::string call_status(std::string_view twilio_status);

/// <Response><Connect><Stream url="…"/></Connect><Hangup/></Response>: one bidirectional stream, and when it ends the
/// call ends. `params` become <Parameter> children. The URL is wss (ws for an http public URL on loopback) and has no
/// query.
std::string stream_twiml(const Settings& settings, std::string_view media_path, const FormPairs& params);
/// Says `text` and hangs up; spoken when no call can be taken.
std::string apology_twiml(std::string_view text);
/// <Response><Reject reason="busy"/></Response>: not answered, not billed. `why` stands in a comment, for whoever reads
/// the document in the carrier's debugger.
std::string reject_twiml(bool busy, std::string_view why = {});

}  // namespace trunkline::twilio
