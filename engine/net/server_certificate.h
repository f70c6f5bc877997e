#pragma once
// The certificate our listener shows: read from PEM files, and tried out before anybody meets it.
#include <memory>
#include <string>

#include "engine/core/result.h"

typedef struct _GTlsCertificate GTlsCertificate;

namespace trunkline {

using CertificatePtr = std::shared_ptr<GTlsCertificate>;  // null = plain HTTP

/// Null when both names are empty. Error "tls-certificate" names the files, the cause and the cure: one name alone, a
/// file that cannot be read, a key that belongs to another certificate (which GIO would accept, and then every
/// handshake would fail). A certificate whose time is over is only warned of. May wait for a handshake with itself: not
/// on a shard.
Result<CertificatePtr> load_server_certificate(const std::string& certificate_file, const std::string& key_file);

}  // namespace trunkline
