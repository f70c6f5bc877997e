#pragma once
// Vonage's routes: answer webhook → NCCO, event webhook, the spoken fallback, the media socket.
#include <memory>

#include "engine/carriers/vonage.h"

namespace trunkline {

class CallManager;
class HttpServer;

namespace vonage {
class Gate;
class HangUps;
}  // namespace vonage

struct VonageParts {
    CallManager* calls;
    vonage::Settings settings;
    std::shared_ptr<vonage::Gate> gate;
    vonage::HangUps* hang_ups;  ///< knows which ends were ours; outlives the routes
};

/// Adds GET and POST /vonage/answer[/{graph}], /vonage/event, /vonage/fallback and WS /vonage/media/{ticket}. Query
/// parameters of the answer URL are the call's params (?greeting=Hello); of a GET, where Vonage's own stand beside
/// them, those that the graph knows.
void add_vonage_routes(HttpServer* server, const VonageParts& parts);

}  // namespace trunkline
