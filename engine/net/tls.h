#pragma once
// TLS trust, set once: with Debian's glib-networking every connection would otherwise copy the system's whole trust
// store (3.7 MB and 6 ms per connection).
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace trunkline {

/// Main thread, before any connection: trust, and TLS 1.2 as the least version. Empty `ca_file` = TRUNKLINE_CA_FILE,
/// and when that is unset too the subset of the system store that the known vendors' chains need (the list is in
/// tls.cc). A given file is used whole. Errors: "tls-ca" names the file and the cause.
Status tls_init(const std::string& ca_file);

/// Why a certificate was refused, in words. GIO itself only says "unacceptable".
class TlsRefusal {
  public:
    void note(unsigned certificate_flags) { flags_ |= certificate_flags; }  ///< bits of GTlsCertificateFlags
    /// `fallback` when no certificate was at fault.
    std::string text(std::string_view fallback) const;

  private:
    unsigned flags_ = 0;
};

}  // namespace trunkline
