// Signs what the simulated carrier sends.
#include "lab/twilio/signature.h"

#include <glib.h>

#include <map>
#include <set>

#include "engine/core/base64.h"

namespace trunkline::lab {
namespace {

constexpr size_t kSha1Bytes = 20;

}  // namespace

std::string twilio_signature(std::string_view auth_token, std::string_view url, const FormFields& fields) {
    std::map<std::string_view, std::set<std::string_view>> sorted;
    for (const auto& [name, value] : fields) sorted[name].insert(value);

    GHmac* hmac = g_hmac_new(G_CHECKSUM_SHA1, reinterpret_cast<const guchar*>(auth_token.data()), auth_token.size());
    auto update = [hmac](std::string_view part) {
        g_hmac_update(hmac, reinterpret_cast<const guchar*>(part.data()), static_cast<gssize>(part.size()));
    };
    update(url);
    for (const auto& [name, values] : sorted) {
        for (std::string_view value : values) {
            update(name);
            update(value);
        }
    }
    uint8_t digest[kSha1Bytes];
    gsize size = sizeof digest;
    g_hmac_get_digest(hmac, digest, &size);
    g_hmac_unref(hmac);
    return base64_encode({digest, size});
}

std::string url_with_port(std::string_view url) {
    size_t start = url.find("://");
    if (start == std::string_view::npos) return std::string(url);
    std::string_view scheme = url.substr(0, start);
    size_t end = url.find_first_of("/?#", start + 3);
    if (end == std::string_view::npos) end = url.size();
    size_t host = url.rfind('@', end);
    host = host == std::string_view::npos || host < start ? start + 3 : host + 1;
    size_t bracket = url.substr(host, end - host).find(']');  // an IPv6 address holds colons of its own
    size_t look_from = bracket == std::string_view::npos ? host : host + bracket;
    if (url.substr(look_from, end - look_from).find(':') != std::string_view::npos) return std::string(url);
    const char* port = scheme == "https" || scheme == "wss" ? ":443" : ":80";
    return std::string(url.substr(0, end)) + port + std::string(url.substr(end));
}

}  // namespace trunkline::lab
