#pragma once
// TLS trust, set once: with Debian's glib-networking every connection would otherwise copy the system's whole trust store
// (3.7 MB and 6 ms per connection).
#include <string>

#include "engine/core/result.h"

namespace trunkline {

/// Main thread, before any connection. Empty `ca_file` = the subset of the system store that the known vendors' chains
/// need when TRUNKLINE_CA_FILE is unset, else that file. Errors: "tls-ca" names the file and the cause.
Status tls_init(const std::string& ca_file);

}  // namespace trunkline
