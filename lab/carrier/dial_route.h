#pragma once
// Where a media socket is really dialed, whatever its URL says.
#include <string>

#include "engine/core/result.h"
#include "lab/carrier/ws_client.h"

namespace trunkline::lab {

struct DialRoute {
    std::string webhook_url;  ///< where the server really is
    std::string public_url;   ///< where it believes to be; sockets to it go to the host of `webhook_url`
    std::string address;      ///< "host:port" that takes all sockets in plain ws; empty: none
};

/// The dial of a ws or wss URL; limits and headers are the caller's to add. Codes: bad-url, bad-address.
Result<WsDial> plan_dial(const std::string& url, const DialRoute& route);

}  // namespace trunkline::lab
