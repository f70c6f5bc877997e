#pragma once
// An RSA key made for the run, and the check of what was signed with it, by OpenSSL and not by the engine's code.
#include <string>
#include <string_view>

namespace trunkline::test {

/// PKCS#8 PEM text, the same for the whole process.
const std::string& private_key_pem();
/// The claims (JSON text) of an RS256 token that this key has signed; "" when it has not.
std::string claims_signed(std::string_view token);
/// The header of a token as JSON text.
std::string header_of(std::string_view token);
/// An HS256 token, or one whose header says `alg`, over these claims.
std::string hs256_token(std::string_view secret, std::string_view claims,
                        std::string_view header = R"({"alg":"HS256","typ":"JWT"})");

}  // namespace trunkline::test
