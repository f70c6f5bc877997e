// Upgrade request checks: method, HTTP version, Connection, key, version.
#include "engine/net/http_upgrade.h"

#include <glib.h>

#include "engine/core/base64.h"
#include "engine/net/upgrade_request.h"

namespace trunkline {
namespace {

/// All values of a header, comma-joined.
std::string joined(const HttpRequest& request, std::string_view name) {
    std::string all;
    for (const auto& [key, value] : request.headers) {
        if (key.size() != name.size() || g_ascii_strncasecmp(key.data(), name.data(), name.size()) != 0) continue;
        all.append(all.empty() ? "" : ",").append(value);
    }
    return all;
}

}  // namespace

bool wants_websocket(const HttpRequest& request) { return header_list_has(joined(request, "Upgrade"), "websocket"); }

std::optional<HttpResponse> check_websocket_request(const HttpRequest& request, bool http11) {
    if (request.method != "GET") {
        auto response = HttpResponse::problem(405, {}, "a WebSocket is opened with GET");
        response.headers.emplace_back("Allow", "GET");
        return response;
    }
    if (!http11) return HttpResponse::problem(400, {}, "a WebSocket is opened with HTTP/1.1");
    if (!header_list_has(joined(request, "Connection"), "upgrade"))
        return HttpResponse::problem(400, {}, "Connection does not say Upgrade", "Connection");
    if (joined(request, "Sec-WebSocket-Version") != "13") {
        auto response = HttpResponse::problem(426, {}, "only WebSocket version 13 is spoken", "Sec-WebSocket-Version");
        response.headers.emplace_back("Sec-WebSocket-Version", "13");
        response.headers.emplace_back("Upgrade", "websocket");  // which a 426 must name (RFC 9110 section 15.5.22)
        return response;
    }
    auto key = base64_decode(joined(request, "Sec-WebSocket-Key"));
    if (!key || key->size() != 16)
        return HttpResponse::problem(400, {}, "the key is not 16 bytes in base64", "Sec-WebSocket-Key");
    return std::nullopt;
}

}  // namespace trunkline
