#pragma once
// Vonage's HTTP side, pure: what its webhooks say and the NCCO documents that answer them. No sockets. Who may call is
// vonage_signature.h's matter.
#include <string>
#include <string_view>

#include "engine/carriers/carrier.h"
#include "engine/core/result.h"
#include "engine/net/http_server.h"
#include "engine/net/signature.h"

namespace trunkline::vonage {

/// How the media socket proves that it is Vonage's, in its Authorization header before the 101.
enum class SocketAuth {
    kVonage,  ///< {"type":"vonage"}: a token like that of signed webhooks
    kCustom,  ///< {"type":"custom"}: a value of ours, another one for every ticket
};

struct Settings {
    std::string public_url;     ///< "https://voice.example.com", no trailing slash
    int media_rate = 16'000;    ///< Hz of the media socket: 8000, 16000 or 24000
    std::string fallback_ncco;  ///< JSON array for calls that nothing else can serve; empty = an apology in English
    SocketAuth socket_auth = SocketAuth::kVonage;
    std::string socket_key;  ///< what the values of kCustom are made from; never empty with it
};

/// The header of the endpoint that carries the caller's uuid: it comes back in the first message of the media socket
/// and in the events that speak of that socket.
constexpr std::string_view kLegHeader = "leg";
/// An endpoint's headers may take so many bytes as JSON.
constexpr size_t kMaxHeaderBytes = 512;

/// The fields of a webhook that hold something, as texts: from the query (GET) or the JSON body (POST). Members of the
/// object `headers` are called "headers.<name>". Null, "" and other containers are left out. Error "bad-webhook".
Result<FormPairs> webhook_fields(const HttpRequest& request);
/// First value of a field, "" when missing.
std::string field(const FormPairs& fields, std::string_view name);
/// What the author of the answer URL put into its query: the call's params. A GET has Vonage's own fields beside them,
/// which are left out.
FormPairs url_params(const HttpRequest& request);

/// The answer webhook. Errors: "bad-webhook" names the missing or malformed field.
Result<IncomingCall> parse_answer(const FormPairs& fields);

/// An event webhook.
struct Event {
    std::string name;         ///< Vonage's status ("ringing", "disconnected", …), "error" when it has none
    CarrierStatus status;     ///< `status.status` is empty when the event changes nothing about the caller's call
    bool media_leg = false;   ///< speaks of our websocket, not of the caller
    std::string ticket;       ///< of that websocket, when the headers do not say whose it is
    bool outbound = false;    ///< of a call that we placed
    bool takes_ncco = false;  ///< Vonage carries out an NCCO in the reply
};
/// Unknown statuses, missing fields and events without a status are no error. Error "bad-webhook": nothing in it names
/// a call or a conversation.
Result<Event> parse_event(const FormPairs& fields);
/// "answered" → "in_progress"; "" for what says nothing about the life of a call. `detail` refines `rejected`.
std::string call_status(std::string_view vonage_status, std::string_view detail);

/// One `connect` to the media socket and nothing behind it: an action there would be heard as soon as the socket is up.
/// `params` become headers of the endpoint when they fit; the engine keeps them in any case.
std::string connect_ncco(const Settings& settings, const IncomingCall& call, std::string_view ticket,
                         const FormPairs& params);
/// The configured fallback, or an apology.
std::string fallback_ncco(const Settings& settings);
/// The value of a custom Authorization header for a ticket.
std::string socket_authorization(const Settings& settings, std::string_view ticket);

}  // namespace trunkline::vonage
