// URL handling on GUri. Text is kept encoded as it came: signatures are over the bytes.
#include "lab/carrier/url.h"

#include <gio/gio.h>

#include <charconv>

namespace trunkline::lab {
namespace {

constexpr GUriFlags kFlags = static_cast<GUriFlags>(G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD);

std::string take(char* text) {
    std::string out = text == nullptr ? "" : text;
    g_free(text);
    return out;
}

uint16_t default_port(std::string_view scheme) {
    if (scheme == "https" || scheme == "wss") return 443;
    if (scheme == "http" || scheme == "ws") return 80;
    return 0;
}

tl::unexpected<Error> bad_url(std::string_view url, GError* error) {
    std::string reason = error == nullptr ? "it has no host" : error->message;
    g_clear_error(&error);
    return fail("bad-url", "'" + std::string(url) + "' is no URL: " + reason);
}

}  // namespace

std::string UrlParts::authority() const {
    std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return port_written ? name + ":" + std::to_string(port) : name;
}

Result<UrlParts> split_url(std::string_view url) {
    GError* error = nullptr;
    GUri* uri = g_uri_parse(std::string(url).c_str(), kFlags, &error);
    if (uri == nullptr) return bad_url(url, error);
    UrlParts parts;
    parts.scheme = g_uri_get_scheme(uri);
    parts.host = g_uri_get_host(uri) == nullptr ? "" : g_uri_get_host(uri);
    parts.port_written = g_uri_get_port(uri) > 0;
    parts.port = parts.port_written ? static_cast<uint16_t>(g_uri_get_port(uri)) : default_port(parts.scheme);
    parts.target = *g_uri_get_path(uri) == '\0' ? "/" : g_uri_get_path(uri);
    if (g_uri_get_query(uri) != nullptr) parts.target += std::string("?") + g_uri_get_query(uri);
    g_uri_unref(uri);
    if (parts.host.empty()) return bad_url(url, nullptr);
    return parts;
}

Result<std::string> resolve_url(const std::string& base, const std::string& reference) {
    if (reference.find("://") != std::string::npos) {
        auto parts = split_url(reference);
        if (!parts) return tl::unexpected<Error>(parts.error());
        return reference;
    }
    GError* error = nullptr;
    char* absolute = g_uri_resolve_relative(base.c_str(), reference.c_str(), kFlags, &error);
    if (absolute == nullptr) return bad_url(reference, error);
    return take(absolute);
}

std::string without_query(std::string_view url) { return std::string(url.substr(0, url.find_first_of("?#"))); }

bool is_loopback_host(std::string_view host) {
    if (host == "localhost") return true;
    GInetAddress* address = g_inet_address_new_from_string(std::string(host).c_str());
    if (address == nullptr) return false;
    bool loopback = g_inet_address_get_is_loopback(address);
    g_object_unref(address);
    return loopback;
}

Result<HostPort> split_host_port(std::string_view text) {
    size_t colon = text.rfind(':');
    unsigned port = 0;
    if (colon != std::string_view::npos && colon > 0) {
        const char* end = text.data() + text.size();
        auto [stopped, code] = std::from_chars(text.data() + colon + 1, end, port);
        if (code != std::errc() || stopped != end) port = 0;
    }
    if (port == 0 || port > 65535) {
        return fail("bad-address", "'" + std::string(text) + "' is no address; write HOST:PORT, e.g. 127.0.0.1:8080");
    }
    std::string host(text.substr(0, colon));
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    return HostPort{host, static_cast<uint16_t>(port)};
}

}  // namespace trunkline::lab
