// Signatures of the wire. Everything is a pure function over bytes, so that tests and the fuzzer reach it without a
// socket.
#include "engine/net/signature.h"

#include <glib.h>

#include <algorithm>

#include "engine/core/base64.h"
#include "engine/core/id.h"

namespace trunkline {
namespace {

std::vector<uint8_t> hmac(GChecksumType type, std::string_view key, std::string_view text) {
    GHmac* mac = g_hmac_new(type, reinterpret_cast<const guchar*>(key.data()), key.size());
    g_hmac_update(mac, reinterpret_cast<const guchar*>(text.data()), static_cast<gssize>(text.size()));
    std::vector<uint8_t> digest(static_cast<size_t>(g_checksum_type_get_length(type)));
    gsize length = digest.size();
    g_hmac_get_digest(mac, digest.data(), &length);
    g_hmac_unref(mac);
    return digest;
}

/// The two spellings of a URL that Twilio may have signed.
struct PortVariants {
    std::string without_port;
    std::string with_port;
};

/// Finds the port by hand and leaves every other byte alone: a URL parser would normalise what was signed.
PortVariants port_variants(std::string_view url) {
    PortVariants same{std::string(url), std::string(url)};
    size_t scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos) return same;
    std::string_view scheme = url.substr(0, scheme_end);
    std::string_view default_port = scheme == "https" || scheme == "wss" ? ":443"
                                    : scheme == "http" || scheme == "ws" ? ":80"
                                                                         : "";
    if (default_port.empty()) return same;

    size_t begin = scheme_end + 3;
    size_t end = std::min(url.find_first_of("/?#", begin), url.size());
    std::string_view authority = url.substr(begin, end - begin);
    size_t at = authority.rfind('@');  // a colon inside "user:pass@" is no port
    size_t host = at == std::string_view::npos ? 0 : at + 1;
    size_t bracket = authority.find(']', host);  // nor is one inside an IPv6 literal
    size_t colon = authority.find(':', bracket == std::string_view::npos ? host : bracket);

    std::string_view tail = url.substr(end);
    std::string head(url.substr(0, begin));
    if (colon == std::string_view::npos) {
        same.with_port = head.append(authority).append(default_port).append(tail);
    } else {
        same.without_port = head.append(authority.substr(0, colon)).append(tail);
    }
    return same;
}

/// Value of the first query pair called `name`, not decoded.
std::string_view query_value(std::string_view url, std::string_view name) {
    size_t question = url.find('?');
    if (question == std::string_view::npos) return {};
    std::string_view rest = url.substr(question + 1);
    rest = rest.substr(0, rest.find('#'));
    while (!rest.empty()) {
        std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
            return pair.substr(name.size() + 1);
    }
    return {};
}

}  // namespace

std::vector<uint8_t> hmac_sha1(std::string_view key, std::string_view text) { return hmac(G_CHECKSUM_SHA1, key, text); }

std::vector<uint8_t> hmac_sha256(std::string_view key, std::string_view text) {
    return hmac(G_CHECKSUM_SHA256, key, text);
}

std::string sha256_hex(std::string_view bytes) {
    char* hex =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, reinterpret_cast<const guchar*>(bytes.data()), bytes.size());
    std::string text(hex);
    g_free(hex);
    return text;
}

std::string twilio_signature(std::string_view auth_token, std::string_view url, const FormPairs& params) {
    // Names in byte order; of a repeated name its distinct values in byte order: sorting whole pairs is both.
    FormPairs sorted(params);
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    std::string text(url);
    for (const auto& [name, value] : sorted) text.append(name).append(value);
    return base64_encode(hmac_sha1(auth_token, text));
}

bool twilio_verify(std::string_view auth_token, std::string_view url, const FormPairs& params,
                   std::string_view signature) {
    if (auth_token.empty()) return false;  // anybody can sign with an empty key
    PortVariants variants = port_variants(url);
    // Both are always computed and compared, so that the time does not tell which one was closer.
    bool bare = equal_constant_time(twilio_signature(auth_token, variants.without_port, params), signature);
    bool ported = equal_constant_time(twilio_signature(auth_token, variants.with_port, params), signature);
    return bare || ported;
}

bool twilio_verify_body(std::string_view auth_token, std::string_view url, std::string_view body,
                        std::string_view signature) {
    bool body_matches = equal_constant_time(sha256_hex(body), query_value(url, "bodySHA256"));
    bool url_matches = twilio_verify(auth_token, url, {}, signature);
    return body_matches && url_matches;
}

std::string webhook_signature(std::string_view secret, std::string_view id, int64_t unix_seconds,
                              std::string_view body) {
    constexpr std::string_view kPrefix = "whsec_";
    std::string key(secret);
    if (secret.starts_with(kPrefix)) {
        if (auto decoded = base64_decode(secret.substr(kPrefix.size())))
            key.assign(reinterpret_cast<const char*>(decoded->data()), decoded->size());
    }
    std::string text(id);
    text.append(".").append(std::to_string(unix_seconds)).append(".").append(body);
    return "v1," + base64_encode(hmac_sha256(key, text));
}

}  // namespace trunkline
