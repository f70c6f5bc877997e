// Reading is done here and not by libjwt: it takes the algorithm from the token itself, decodes base64 leniently (so
// that two texts are one token), and would parse a stranger's JSON before the signature is known to be good.
#include "engine/net/jwt.h"

#include <jwt.h>

#include <cstdlib>
#include <memory>

#include "engine/core/base64.h"
#include "engine/core/id.h"
#include "engine/net/signature.h"

namespace trunkline {
namespace {

constexpr size_t kMaxToken = 8192;
constexpr JsonLimits kLimits{.max_bytes = kMaxToken, .max_depth = 8};

struct FreeJwt {
    void operator()(jwt_t* token) const { jwt_free(token); }
};

/// A part of a token as the JSON object it must be.
Result<Json> read_part(std::string_view part, const char* what) {
    const auto bytes = base64url_decode(part);
    if (!bytes) return fail("jwt-malformed", std::string("the token's ") + what + " is not base64url");
    auto doc = Json::parse({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, kLimits);
    if (!doc || !doc->is_object())
        return fail("jwt-malformed", std::string("the token's ") + what + " is not a JSON object");
    return doc;
}

}  // namespace

Result<Json> jwt_verify_hs256(std::string_view token, std::string_view secret) {
    const size_t first = token.find('.');
    const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (token.size() > kMaxToken || second == std::string_view::npos ||
        token.find('.', second + 1) != std::string_view::npos)
        return fail("jwt-malformed", "the token is not header.claims.signature of at most 8192 characters");
    const auto header = read_part(token.substr(0, first), "header");
    if (!header) return tl::unexpected(header.error());
    if ((*header)["alg"].text_or("") != "HS256")
        return fail("jwt-algorithm", "the token is not signed with HS256, the only algorithm that is taken");
    if ((*header)["crit"].exists()) return fail("jwt-algorithm", "the token asks for extensions that are not known");
    // The signature's text is compared, not its bytes: base64 has spellings that differ in unused bits.
    const std::string expected = base64url_encode(hmac_sha256(secret, token.substr(0, second)));
    const bool good = equal_constant_time(expected, token.substr(second + 1));
    if (secret.empty() || !good)  // anybody can sign with an empty secret
        return fail("jwt-signature", "the token's signature does not match");
    return read_part(token.substr(first + 1, second - first - 1), "claims");
}

Result<std::string> jwt_sign_rs256(std::string_view pem, const std::string& claims_json) {
    jwt_t* raw = nullptr;
    if (jwt_new(&raw) != 0) return fail("jwt-key", "no memory for a token");
    const std::unique_ptr<jwt_t, FreeJwt> token(raw);
    const auto* key = reinterpret_cast<const unsigned char*>(pem.data());
    if (jwt_add_grants_json(raw, claims_json.c_str()) != 0 || pem.empty() ||
        jwt_set_alg(raw, JWT_ALG_RS256, key, static_cast<int>(pem.size())) != 0)
        return fail("jwt-key", "no token can be made from these claims and an empty key");
    char* text = jwt_encode_str(raw);
    if (!text) return fail("jwt-key", "the key is no private RSA key in PEM form");
    std::string signed_token(text);
    std::free(text);  // what libjwt allocates comes from malloc
    return signed_token;
}

}  // namespace trunkline
