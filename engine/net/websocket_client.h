#pragma once
// Dials ws:// and wss:// URLs: asynchronous DNS and TCP, TLS with certificate and host name checked, then the upgrade.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/result.h"
#include "engine/net/websocket.h"

namespace trunkline {

struct WebSocketRequest {
    std::string url = {};                                           ///< ws:// or wss://, with path and query
    std::vector<std::pair<std::string, std::string>> headers = {};  ///< e.g. Authorization; values are never logged
    int timeout_ms = 10'000;                                        ///< whole dial: DNS, TCP, TLS, upgrade
    WebSocketOptions options = {};
};

/// What an upgrade that was not answered with 101 said, so that callers can tell 401 from 503.
struct UpgradeRefusal {
    int http_status = 0;  ///< 0 = no HTTP answer at all
    std::string detail;   ///< the `dg-error` header or the first 200 bytes of the body
};

/// A dial under way. Destroying it cancels; the callback then never runs.
class WebSocketDial {
  public:
    virtual ~WebSocketDial() = default;
};

/// Shard thread only. Error codes: "bad-url", "dns", "connect", "tls", "timeout", "refused" (not 101; see `refusal`),
/// "bad-upgrade" (101 without a right Sec-WebSocket-Accept, or with an extension we never offered).
using DialDone = std::function<void(Result<std::unique_ptr<WebSocket>> socket, const UpgradeRefusal& refusal)>;
std::unique_ptr<WebSocketDial> dial_websocket(Shard* shard, WebSocketRequest request, DialDone done);

}  // namespace trunkline
