#pragma once
// Compact JSON Web Tokens, the two kinds that carriers use: HS256 on what they send, RS256 on what we send. libjwt
// stays inside jwt.cc.
#include <string>
#include <string_view>

#include "engine/core/json.h"
#include "engine/core/result.h"

namespace trunkline {

/// The claims of a token that `secret` has signed with HS256. The algorithm is ours to say, not the token's: `none`,
/// RS256 and every other one is refused. Only the signature is judged; who, when and what for is the caller's. Errors:
/// "jwt-malformed", "jwt-algorithm", "jwt-signature".
Result<Json> jwt_verify_hs256(std::string_view token, std::string_view secret);

/// A token with the header {"alg":"RS256","typ":"JWT"} and these claims (a JSON object). Error "jwt-key" when `pem` is
/// no private RSA key. Takes about a millisecond: sign rarely.
Result<std::string> jwt_sign_rs256(std::string_view pem, const std::string& claims_json);

}  // namespace trunkline
