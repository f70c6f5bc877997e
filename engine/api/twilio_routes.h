#pragma once
// Twilio's routes: voice webhook → TwiML, status callbacks, the spoken fallback, the media socket.
#include "engine/carriers/twilio.h"

namespace trunkline {

class CallManager;
class HttpServer;

/// Adds POST and GET /twilio/voice[/{graph}], /twilio/status, /twilio/fallback and WS /twilio/media/{ticket}. Query
/// parameters of the voice webhook's own URL are the call's params (?greeting=Hello).
void add_twilio_routes(HttpServer* server, CallManager* calls, const twilio::Settings& settings);

}  // namespace trunkline
