#pragma once
// URLs as the carrier treats them: where a URL points, which query is dropped, and where the lab really dials.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace trunkline::lab {

struct UrlParts {
    std::string scheme;  ///< lower case
    std::string host;    ///< without brackets
    uint16_t port = 0;   ///< the scheme's own when none is written; 0 for an unknown scheme
    bool port_written = false;
    std::string target;             ///< path and query, at least "/"
    std::string authority() const;  ///< what belongs into Host:, the port only if it was written
    std::string origin() const { return scheme + "://" + authority(); }
};

/// Codes: bad-url.
Result<UrlParts> split_url(std::string_view url);
/// `reference` as seen from `base`; an absolute reference stays as it is. Codes: bad-url.
Result<std::string> resolve_url(const std::string& base, const std::string& reference);
/// The URL without its query and fragment.
std::string without_query(std::string_view url);
bool is_loopback_host(std::string_view host);

/// "host:port" → both. Codes: bad-address.
struct HostPort {
    std::string host;
    uint16_t port = 0;
};
Result<HostPort> split_host_port(std::string_view text);

}  // namespace trunkline::lab
