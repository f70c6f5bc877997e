#pragma once
// Reads an NCCO as the carrier does: everything it refuses is an error that says what and where.
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/json.h"
#include "engine/core/result.h"
#include "lab/vonage/options.h"

namespace trunkline::lab::vonage {

/// The websocket a `connect` leads to.
struct SocketEndpoint {
    std::string uri;
    std::string content_type;
    int rate = 0;
    Json headers;               ///< object, or missing
    std::string authorization;  ///< "", "vonage" or "custom"
    std::string custom_value;
};

struct NccoAction {
    std::string name;  ///< "connect", "talk", …
    std::string text;  ///< for people: what is said, played or connected to
    Json body;
    bool to_socket = false;  ///< `endpoint` holds
    SocketEndpoint endpoint;
    bool synchronous = false;  ///< of connect: eventType
    std::string event_url;     ///< empty: the application's
    std::string event_method = "POST";
    double seconds = 0;  ///< of wait; of connect: limit, 0 for none
};

struct NccoLimits {
    size_t max_header_bytes = 512;
    size_t max_uri = 0;
};

/// An empty array is an NCCO: the call ends. Codes: bad-ncco.
Result<std::vector<NccoAction>> parse_ncco(std::string_view text, const NccoLimits& limits = {});

}  // namespace trunkline::lab::vonage
