#pragma once
// URLs that the engine dials: split, checked and nothing else. GLib's GUri does the parsing.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace trunkline {

struct Url {
    std::string scheme;  ///< lower case
    std::string host;    ///< without the brackets of an IPv6 literal
    uint16_t port = 0;   ///< the scheme's own when none is written
    std::string target;  ///< path and query as written, at least "/"
    bool tls = false;    ///< wss or https

    /// Host header: brackets for IPv6, the port only when it is not the scheme's own.
    std::string host_header() const;
};

/// Parses a ws, wss, http or https URL. Error "bad-url" says what is wrong, without repeating the URL (it may hold a
/// key). Refused: other schemes, credentials inside the URL, no host, port 0, spaces and control characters.
Result<Url> parse_url(std::string_view text);

}  // namespace trunkline
