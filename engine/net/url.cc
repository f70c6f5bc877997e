// URL parsing on top of GUri, stricter than it: see url.h for what is refused.
#include "engine/net/url.h"

#include <glib.h>

#include <algorithm>
#include <memory>

namespace trunkline {
namespace {

constexpr size_t kMaxUrl = 8192;

uint16_t default_port(std::string_view scheme) { return scheme == "wss" || scheme == "https" ? 443 : 80; }

}  // namespace

std::string Url::host_header() const {
    std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != default_port(scheme)) text += ":" + std::to_string(port);
    return text;
}

Result<Url> parse_url(std::string_view text) {
    if (text.size() > kMaxUrl) return fail("bad-url", "the URL is longer than 8192 characters");
    if (!std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; }))
        return fail("bad-url", "the URL contains a space, a control or a non-ASCII character; percent-encode it");

    constexpr auto kFlags = static_cast<GUriFlags>(G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD);
    GError* error = nullptr;
    std::unique_ptr<GUri, decltype(&g_uri_unref)> uri(g_uri_parse(std::string(text).c_str(), kFlags, &error),
                                                      g_uri_unref);
    if (!uri) {
        g_clear_error(&error);  // its message quotes the URL
        return fail("bad-url", "the URL cannot be parsed; expected ws://, wss://, http:// or https:// and a host");
    }
    Url url;
    url.scheme = g_uri_get_scheme(uri.get());
    for (char& c : url.scheme) c = g_ascii_tolower(c);
    if (url.scheme != "ws" && url.scheme != "wss" && url.scheme != "http" && url.scheme != "https")
        return fail("bad-url", "the URL's scheme is not one of ws, wss, http, https");
    url.tls = url.scheme == "wss" || url.scheme == "https";

    const char* host = g_uri_get_host(uri.get());
    if (!host || !*host) return fail("bad-url", "the URL has no host");
    url.host = host;
    // GUri decodes the host: "%0d%0a" must not get into a Host header.
    if (!std::all_of(url.host.begin(), url.host.end(),
                     [](char c) { return g_ascii_isalnum(c) || c == '.' || c == '-' || c == '_' || c == ':'; }))
        return fail("bad-url", "the URL's host contains a character that no host name has");
    // Nor may "%3a": with a colon it would be taken for an IPv6 address, and get brackets.
    if (url.host.find(':') != std::string::npos && !g_hostname_is_ip_address(url.host.c_str()))
        return fail("bad-url", "the URL's host contains a colon and is no IPv6 address");
    if (g_uri_get_userinfo(uri.get()))
        return fail("bad-url", "the URL contains credentials; send them in a header instead");

    int port = g_uri_get_port(uri.get());
    if (port == 0 || port > 65535) return fail("bad-url", "the URL's port is not in 1 to 65535");
    url.port = port < 0 ? default_port(url.scheme) : static_cast<uint16_t>(port);

    const char* path = g_uri_get_path(uri.get());
    url.target = path && *path ? path : "/";
    if (const char* query = g_uri_get_query(uri.get())) url.target.append("?").append(query);
    return url;
}

}  // namespace trunkline
