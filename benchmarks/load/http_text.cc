// See http_text.h.
#include "benchmarks/load/http_text.h"

#include <glib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "engine/core/base64.h"

namespace trunkline::load {
namespace {

constexpr std::string_view kWebSocketGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view kClientKey = "dHJ1bmtsaW5lLWxvYWQhIQ==";

bool same_letters(std::string_view a, std::string_view b) {
    return a.size() == b.size() && g_ascii_strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

template <class T>
T number_or(std::string_view text, T fallback) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? value : fallback;
}

std::string xml_unescaped(std::string_view text) {
    static const Pairs kEntities = {{"&lt;", "<"},   {"&gt;", ">"},  {"&quot;", "\""},
                                    {"&apos;", "'"}, {"&#39;", "'"}, {"&amp;", "&"}};
    std::string out(text);
    for (const auto& [entity, plain] : kEntities) {
        for (size_t at = out.find(entity); at != std::string::npos; at = out.find(entity, at + plain.size()))
            out.replace(at, entity.size(), plain);
    }
    return out;
}

/// The value of attribute `name` inside the start tag `tag`.
std::string attribute(std::string_view tag, std::string_view name) {
    const std::string start = " " + std::string(name) + "=";
    const size_t at = tag.find(start);
    if (at == std::string_view::npos || at + start.size() >= tag.size()) return {};
    const char quote = tag[at + start.size()];
    const size_t begin = at + start.size() + 1;
    const size_t end = tag.find(quote, begin);
    return end == std::string_view::npos ? std::string() : xml_unescaped(tag.substr(begin, end - begin));
}

void hmac(GChecksumType type, std::string_view key, std::string_view text, std::span<uint8_t> digest) {
    const std::unique_ptr<GHmac, decltype(&g_hmac_unref)> hmac(
        g_hmac_new(type, reinterpret_cast<const guchar*>(key.data()), key.size()), &g_hmac_unref);
    g_hmac_update(hmac.get(), reinterpret_cast<const guchar*>(text.data()), static_cast<gssize>(text.size()));
    gsize size = digest.size();
    g_hmac_get_digest(hmac.get(), digest.data(), &size);
}

std::string base64url(std::string_view text) {
    return base64url_encode({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

std::string_view start_tag(std::string_view document, std::string_view opening, size_t from) {
    const size_t at = document.find(opening, from);
    if (at == std::string_view::npos) return {};
    return document.substr(at, document.find('>', at) - at);
}

}  // namespace

size_t head_size(std::string_view bytes) {
    const size_t at = bytes.find("\r\n\r\n");
    return at == std::string_view::npos ? 0 : at + 4;
}

int status_of(std::string_view head) {
    return head.starts_with("HTTP/1.") && head.size() > 12 ? number_or<int>(head.substr(9, 3), 0) : 0;
}

std::string_view header_value(std::string_view head, std::string_view name) {
    size_t line = head.find("\r\n");
    while (line != std::string_view::npos && line + 2 < head.size()) {
        const size_t begin = line + 2;
        line = head.find("\r\n", begin);
        const std::string_view text = head.substr(begin, line == std::string_view::npos ? line : line - begin);
        const size_t colon = text.find(':');
        if (colon != std::string_view::npos && same_letters(text.substr(0, colon), name))
            return trimmed(text.substr(colon + 1));
    }
    return {};
}

std::string_view target_of(std::string_view head) {
    const size_t begin = head.find(' ');
    if (begin == std::string_view::npos) return {};
    const size_t end = head.find(' ', begin + 1);
    return end == std::string_view::npos ? std::string_view() : head.substr(begin + 1, end - begin - 1);
}

std::optional<std::string_view> whole_body(std::string_view answer, bool ended) {
    const size_t head = head_size(answer);
    if (head == 0) return std::nullopt;
    const std::string_view body = answer.substr(head);
    const auto length = number_or<size_t>(header_value(answer.substr(0, head), "Content-Length"), SIZE_MAX);
    if (length == SIZE_MAX) return ended ? std::optional(body) : std::nullopt;
    return body.size() >= length ? std::optional(body.substr(0, length)) : std::nullopt;
}

std::string form_encode(const Pairs& fields) {
    std::string out;
    for (const auto& [name, value] : fields) {
        const std::unique_ptr<char, decltype(&g_free)> escaped(g_uri_escape_string(value.c_str(), nullptr, false),
                                                               &g_free);
        out += (out.empty() ? "" : "&") + name + "=" + escaped.get();
    }
    return out;
}

std::string post_request(const std::string& host, const std::string& path, const std::string& content_type,
                         const Pairs& headers, const std::string& body) {
    std::string out = "POST " + path + " HTTP/1.1\r\nHost: " + host +
                      "\r\nConnection: close\r\nContent-Type: " + content_type + "\r\n";
    for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
    return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string upgrade_request(const std::string& host, const std::string& path, const Pairs& headers) {
    std::string out = "GET " + path + " HTTP/1.1\r\nHost: " + host +
                      "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
    return out + "Sec-WebSocket-Key: " + std::string(kClientKey) + "\r\n\r\n";
}

std::string upgrade_answer(std::string_view key) {
    const std::unique_ptr<GChecksum, decltype(&g_checksum_free)> sha(g_checksum_new(G_CHECKSUM_SHA1), &g_checksum_free);
    for (const std::string_view part : {key, kWebSocketGuid})
        g_checksum_update(sha.get(), reinterpret_cast<const guchar*>(part.data()), static_cast<gssize>(part.size()));
    guint8 digest[20];
    gsize size = sizeof digest;
    g_checksum_get_digest(sha.get(), digest, &size);
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
           base64_encode(std::span<const uint8_t>(digest, size)) + "\r\n\r\n";
}

Result<Url> parse_url(std::string_view text) {
    Url url;
    const size_t colon = text.find("://");
    if (colon == std::string_view::npos)
        return fail("bad-url", "'" + std::string(text) + "' is no URL; write scheme://host:port/path");
    url.scheme = text.substr(0, colon);
    std::string_view rest = text.substr(colon + 3);
    const size_t slash = rest.find('/');
    url.path = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
    rest = rest.substr(0, slash);
    const size_t port = rest.rfind(':');
    url.host = rest.substr(0, port);
    const uint16_t usual = url.scheme == "https" || url.scheme == "wss" ? 443 : 80;
    url.port = port == std::string_view::npos ? usual : number_or<uint16_t>(rest.substr(port + 1), 0);
    if (url.host.empty() || url.port == 0)
        return fail("bad-url", "'" + std::string(text) + "' has no host or no valid port");
    return url;
}

std::string twilio_signature(const std::string& token, const std::string& url, Pairs fields) {
    std::sort(fields.begin(), fields.end());
    std::string text = url;
    for (const auto& [name, value] : fields) text += name + value;
    std::array<uint8_t, 20> digest;
    hmac(G_CHECKSUM_SHA1, token, text, digest);
    return base64_encode(digest);
}

std::string sha256_hex(std::string_view text) {
    const std::unique_ptr<char, decltype(&g_free)> hex(
        g_compute_checksum_for_string(G_CHECKSUM_SHA256, text.data(), static_cast<gssize>(text.size())), &g_free);
    return hex.get();
}

std::string hs256_token(const std::string& secret, const std::string& claims) {
    const std::string text = base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url(claims);
    std::array<uint8_t, 32> digest;
    hmac(G_CHECKSUM_SHA256, secret, text, digest);
    return text + "." + base64url_encode(digest);
}

Result<StreamVerb> find_stream(std::string_view twiml) {
    StreamVerb verb;
    const std::string_view tag = start_tag(twiml, "<Stream", 0);
    verb.url = attribute(tag, "url");
    if (verb.url.empty())
        return fail("no-stream", "the answer document has no <Stream url=…>: " + std::string(twiml.substr(0, 200)));
    size_t at = static_cast<size_t>(tag.data() - twiml.data());
    for (;;) {
        const std::string_view parameter = start_tag(twiml, "<Parameter", at + 1);
        if (parameter.empty()) return verb;
        at = static_cast<size_t>(parameter.data() - twiml.data());
        verb.parameters.emplace_back(attribute(parameter, "name"), attribute(parameter, "value"));
    }
}

}  // namespace trunkline::load
