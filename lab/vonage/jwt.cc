// HS256 with GLib; RS256 with libjwt.
#include "lab/vonage/jwt.h"

#include <glib.h>
#include <jwt.h>

#include <array>
#include <memory>

#include "engine/core/base64.h"
#include "engine/core/clock.h"
#include "engine/core/id.h"
#include "engine/core/json.h"

namespace trunkline::lab::vonage {
namespace {

constexpr int64_t kStaleSeconds = 3600;
constexpr int64_t kMostAhead = 24 * 3600;
constexpr int64_t kSkew = 60;

std::span<const uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string uuid() {
    char* made = g_uuid_string_random();
    std::string out = made;
    g_free(made);
    return out;
}

tl::unexpected<Error> bad(std::string message) { return fail("bad-token", std::move(message)); }

/// A part of a compact JWT as JSON.
Json part(std::string_view encoded) {
    auto bytes = base64url_decode(encoded);
    if (!bytes) return {};
    auto json = Json::parse({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
    return json ? *json : Json();
}

Status check_claims(const Json& claims, const std::string& application_id, int64_t now_s) {
    const std::string application = claims["application_id"].text_or("");
    if (application.empty()) return bad("claim application_id is missing");
    if (!application_id.empty() && application != application_id)
        return bad("application_id is of another application");
    if (claims["jti"].text_or("").empty()) return bad("claim jti is missing");
    if (!claims["iat"].is_number()) return bad("claim iat is missing");
    const int64_t issued = claims["iat"].int_or(0);
    if (issued > now_s + kSkew) return bad("iat lies in the future");
    const int64_t expires = claims["exp"].int_or(issued + 900);
    if (expires <= now_s) return bad("the token has expired");
    if (expires > now_s + kMostAhead + kSkew) return bad("exp is more than 24 h ahead");
    if (claims["nbf"].int_or(0) > now_s + kSkew) return bad("nbf lies in the future");
    return {};
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
    char* made = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes_of(bytes).data(), bytes.size());
    std::string out = made;
    g_free(made);
    return out;
}

std::string sign_hs256(std::string_view claims, std::string_view secret) {
    const std::string signed_part =
        base64url_encode(bytes_of(R"({"alg":"HS256","typ":"JWT"})")) + "." + base64url_encode(bytes_of(claims));
    GHmac* hmac = g_hmac_new(G_CHECKSUM_SHA256, bytes_of(secret).data(), secret.size());
    g_hmac_update(hmac, bytes_of(signed_part).data(), static_cast<gssize>(signed_part.size()));
    std::array<uint8_t, 32> digest{};
    gsize size = digest.size();
    g_hmac_get_digest(hmac, digest.data(), &size);
    g_hmac_unref(hmac);
    return signed_part + "." + base64url_encode(digest);
}

std::string authorization(const Signer& signer, Signing how, std::string_view body, bool with_hash, int attempt) {
    if (signer.secret.empty() || how == Signing::kUnsigned) return "";
    if (how == Signing::kUnsignedOnce && attempt == 1) return "";
    JsonWriter claims;
    claims.begin_object();
    claims.field("iat", unix_ms() / 1000 - (how == Signing::kStale ? kStaleSeconds : 0));
    claims.field("jti", uuid()).field("iss", how == Signing::kWrongIssuer ? "Somebody" : "Vonage");
    if (with_hash) {
        claims.field("payload_hash",
                     sha256_hex(how == Signing::kWrongHash ? std::string(body) + " " : std::string(body)));
    }
    claims.field("api_key", how == Signing::kWrongApiKey ? "ffffffff" : signer.api_key);
    if (how != Signing::kNoApplication) claims.field("application_id", signer.application_id);
    claims.end();
    if (how == Signing::kAlgorithmNone) {
        return "Bearer " + base64url_encode(bytes_of(R"({"alg":"none","typ":"JWT"})")) + "." +
               base64url_encode(bytes_of(claims.text())) + ".";
    }
    const std::string suffix = how == Signing::kWrongSecret ? "-of-somebody-else" : "";
    return "Bearer " + sign_hs256(claims.text(), signer.secret + suffix);
}

Status check_application_token(std::string_view authorization_header, const std::string& public_key,
                               const std::string& application_id, int64_t now_s) {
    static constexpr std::string_view kBearer = "Bearer ";
    if (authorization_header.empty()) return fail("no-token", "no Authorization header");
    if (!authorization_header.starts_with(kBearer)) return bad("the Authorization header is no Bearer token");
    const std::string token(authorization_header.substr(kBearer.size()));
    const size_t first = token.find('.');
    const size_t second = first == std::string::npos ? first : token.find('.', first + 1);
    if (second == std::string::npos) return bad("the token has no three parts");
    const Json header = part(std::string_view(token).substr(0, first));
    const Json claims = part(std::string_view(token).substr(first + 1, second - first - 1));
    if (!header.is_object() || !claims.is_object()) return bad("the token's parts are not base64url of JSON");
    // Before the key is used: a public key must never serve as the secret of an HMAC.
    if (header["alg"].text_or("") != "RS256") return bad("alg is '" + header["alg"].text_or("") + "'; RS256 is wanted");
    if (!public_key.empty()) {
        jwt_t* decoded = nullptr;
        const int code =
            jwt_decode(&decoded, token.c_str(), bytes_of(public_key).data(), static_cast<int>(public_key.size()));
        const bool good = code == 0 && jwt_get_alg(decoded) == JWT_ALG_RS256;
        jwt_free(decoded);
        if (!good) return bad("the signature does not belong to the application's public key");
    }
    return check_claims(claims, application_id, now_s);
}

}  // namespace trunkline::lab::vonage
