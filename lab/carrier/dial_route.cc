// Ways of a dial.
#include "lab/carrier/dial_route.h"

#include "lab/carrier/url.h"

namespace trunkline::lab {

Result<WsDial> plan_dial(const std::string& url, const DialRoute& route) {
    auto parts = split_url(url);
    if (!parts) return tl::unexpected<Error>(parts.error());
    WsDial dial;
    dial.host = parts->host;
    dial.port = parts->port;
    dial.tls = parts->scheme == "wss";
    dial.host_header = parts->authority();
    dial.target = parts->target;
    auto webhook = split_url(route.webhook_url);
    auto ours = split_url(route.public_url);
    if (!route.address.empty()) {
        auto address = split_host_port(route.address);
        if (!address) return tl::unexpected<Error>(address.error());
        dial.host = address->host;
        dial.port = address->port;
        dial.tls = false;
    } else if (ours && webhook && ours->host == parts->host) {
        dial.host = webhook->host;
        dial.port = webhook->port;
        dial.tls = webhook->scheme == "https";
        dial.tls_name = parts->host;
    }
    return dial;
}

}  // namespace trunkline::lab
