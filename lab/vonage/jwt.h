#pragma once
// The tokens of both directions: HS256 on what the carrier sends, RS256 of the application on what it is sent.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/result.h"
#include "lab/vonage/options.h"

namespace trunkline::lab::vonage {

/// Compact JWT over `claims` (JSON), HMAC-SHA256 with `secret`.
std::string sign_hs256(std::string_view claims, std::string_view secret);
std::string sha256_hex(std::string_view bytes);

struct Signer {
    std::string secret;  ///< empty: nothing is signed
    std::string api_key;
    std::string application_id;
};
/// Value of the Authorization header ("Bearer …") for a body, empty when nothing is to be signed. `with_hash` adds
/// payload_hash. `attempt` counts from 1.
std::string authorization(const Signer& signer, Signing how, std::string_view body, bool with_hash, int attempt);

/// Checks the application's token of a REST request: RS256, claims application_id, iat and jti, exp in time and no more
/// than 24 h ahead. An empty `public_key` (PEM) leaves the signature unchecked, an empty `application_id` takes any.
/// Codes: no-token, bad-token.
Status check_application_token(std::string_view authorization_header, const std::string& public_key,
                               const std::string& application_id, int64_t now_s);

}  // namespace trunkline::lab::vonage
