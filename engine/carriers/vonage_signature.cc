#include "engine/carriers/vonage_signature.h"

#include <glib.h>

#include "engine/core/id.h"
#include "engine/net/jwt.h"

namespace trunkline::vonage {
namespace {

constexpr size_t kMaxJti = 128;
constexpr std::string_view kCure =
    ": check VONAGE_SIGNATURE_SECRET (the signature secret of the dashboard, not the API secret), VONAGE_API_KEY and "
    "VONAGE_APPLICATION_ID";

HttpResponse refusal(int status, std::string_view detail) {
    HttpResponse response =
        HttpResponse::problem(status, status == 503 ? "not signed" : "signature refused", detail, "Authorization");
    if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

tl::unexpected<HttpResponse> refuse(int status, std::string_view detail) {
    return tl::unexpected<HttpResponse>(refusal(status, detail));
}

/// The token of the one Authorization header, "" when there is none, or more than one, or of another scheme.
std::string_view bearer(const HttpRequest& request) {
    const auto header = request.header("authorization");
    constexpr std::string_view kScheme = "bearer ";
    if (!header || request.count("authorization") != 1 || header->size() <= kScheme.size()) return {};
    for (size_t i = 0; i < kScheme.size(); ++i) {
        if (g_ascii_tolower((*header)[i]) != kScheme[i]) return {};
    }
    return header->substr(kScheme.size());
}

}  // namespace

void UsedTokens::drop_oldest() {
    used_.erase(in_order_.front().jti);
    in_order_.pop_front();
}

UsedTokens::Use UsedTokens::use(const std::string& jti, const std::string& purpose, int64_t iat, int64_t now_s) {
    std::lock_guard lock(mutex_);
    while (!in_order_.empty() && in_order_.front().iat < now_s - keep_s_) drop_oldest();
    if (const auto used = used_.find(jti); used != used_.end())
        return used->second == purpose ? Use::kSameAgain : Use::kRefused;
    if (iat <= least_iat_) return Use::kRefused;
    if (in_order_.size() >= most_) {
        least_iat_ = std::max(least_iat_, in_order_.front().iat);
        drop_oldest();
        if (iat <= least_iat_) return Use::kRefused;
    }
    used_.emplace(jti, purpose);
    in_order_.push_back({iat, jti});
    return Use::kFirst;
}

size_t UsedTokens::size() const {
    std::lock_guard lock(mutex_);
    return in_order_.size();
}

Status Gate::judge(const Json& claims, int64_t now_s) const {
    const auto bad = [](std::string what) { return fail("bad-token", std::move(what) + std::string(kCure)); };
    if (claims["iss"].text_or("") != "Vonage") return bad("the token's iss is not Vonage");
    if (!settings_.api_key.empty() && !equal_constant_time(claims["api_key"].text_or(""), settings_.api_key))
        return bad("the token is for another api_key");
    const Json application = claims["application_id"];
    if (application.exists() && !settings_.application_id.empty() &&
        application.text_or("") != settings_.application_id)
        return bad("the token is for another application_id");
    const int64_t iat = claims["iat"].is_number() ? claims["iat"].int_or(INT64_MIN) : INT64_MIN;
    if (iat < now_s - settings_.max_age_s || iat > now_s + settings_.max_age_s)
        return fail("bad-token", "the token's iat is missing or more than " + std::to_string(settings_.max_age_s) +
                                     " s from this machine's time: is its clock right?");
    if (claims["exp"].exists() && claims["exp"].int_or(0) <= now_s) return fail("bad-token", "the token has expired");
    if (claims["nbf"].exists() && claims["nbf"].int_or(INT64_MAX) > now_s + settings_.max_age_s)
        return fail("bad-token", "the token is not valid yet");
    const std::string jti = claims["jti"].text_or("");
    if (jti.empty() || jti.size() > kMaxJti) return fail("bad-token", "the token's jti is missing or too long");
    return {};
}

Status Gate::judge_hash(const Json& claims, const HttpRequest& request) const {
    const Json hash = claims["payload_hash"];
    // A GET has no body to hash; what a token without a hash was made for may not be sent with a body.
    if (!hash.exists() && request.body.empty()) return {};
    if (equal_constant_time(hash.text_or(""), sha256_hex(request.body))) return {};
    return fail("bad-token", "the token's payload_hash is not that of the body as it came");
}

UsedTokens::Use Gate::use(const Json& claims, const HttpRequest& request, int64_t now_s) {
    // All that decides what is done: with a GET that is the query, which no claim protects. A line end is in none of
    // the first three.
    const std::string purpose =
        sha256_hex(request.method + '\n' + request.path + '\n' + request.query + '\n' + request.body);
    return used_.use(claims["jti"].text_or(""), purpose, claims["iat"].int_or(0), now_s);
}

tl::expected<void, HttpResponse> Gate::webhook(const HttpRequest& request, int64_t now_s) {
    if (!settings_.required) return {};
    if (settings_.signature_secret.empty())
        return refuse(503, "VONAGE_SIGNATURE_SECRET is not set: nothing that comes here can be known to be Vonage's");
    const std::string_view token = bearer(request);
    if (token.empty()) return refuse(503, "the request is not signed: it needs Authorization: Bearer and a token");
    const auto claims = jwt_verify_hs256(token, settings_.signature_secret);
    if (!claims) return refuse(401, claims.error().message + std::string(kCure));
    if (const auto ok = judge(*claims, now_s); !ok) return refuse(401, ok.error().message);
    if (const auto ok = judge_hash(*claims, request); !ok) return refuse(401, ok.error().message);
    if (use(*claims, request, now_s) == UsedTokens::Use::kRefused)
        return refuse(401, "the token was used for another request");
    return {};
}

tl::expected<void, HttpResponse> Gate::socket(const HttpRequest& request, std::string_view ticket, int64_t now_s) {
    if (!settings_.required) return {};
    if (vonage_.socket_auth == SocketAuth::kCustom) {
        const bool good =
            request.count("authorization") == 1 &&
            equal_constant_time(request.header("authorization").value_or(""), socket_authorization(vonage_, ticket));
        if (good) return {};
        return refuse(401, "the Authorization header is not the one that was asked for with this ticket");
    }
    if (settings_.signature_secret.empty()) return refuse(401, "VONAGE_SIGNATURE_SECRET is not set");
    const std::string_view token = bearer(request);
    if (token.empty()) return refuse(401, "the upgrade has no Authorization: Bearer with a token");
    const auto claims = jwt_verify_hs256(token, settings_.signature_secret);
    if (!claims) return refuse(401, claims.error().message + std::string(kCure));
    // No payload_hash here: an upgrade has no body, and what Vonage would hash for it is not documented.
    if (const auto ok = judge(*claims, now_s); !ok) return refuse(401, ok.error().message);
    if (use(*claims, request, now_s) != UsedTokens::Use::kFirst) return refuse(401, "the token was used before");
    return {};
}

}  // namespace trunkline::vonage
