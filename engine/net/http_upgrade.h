#pragma once
// The server's checks of a WebSocket upgrade request (RFC 6455 section 4.2.1), pure.
#include <optional>

#include "engine/net/http_server.h"

namespace trunkline {

/// True when the request asks for an upgrade to websocket.
bool wants_websocket(const HttpRequest& request);
/// What is wrong with it as an answer (400, 405 or 426), or nothing.
std::optional<HttpResponse> check_websocket_request(const HttpRequest& request, bool http11);

}  // namespace trunkline
