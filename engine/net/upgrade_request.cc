// Upgrade request and answer (RFC 6455 sections 4.1 and 4.2.2), client side. No sockets here: the fuzzer feeds this
// file.
#include "engine/net/upgrade_request.h"

#include <glib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "engine/core/base64.h"
#include "engine/core/id.h"
#include "engine/core/json.h"

namespace trunkline {
namespace {

constexpr size_t kMaxDetail = 200;
using Verdict = UpgradeAnswer::Verdict;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = g_ascii_tolower(c);
    return out;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

bool is_token(std::string_view text) {
    constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return g_ascii_isalnum(c) || kPunctuation.find(c) != std::string_view::npos;
    });
}

bool is_header_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    });
}

/// Status line and headers of one HTTP answer.
struct Head {
    int status = 0;
    size_t length = 0;                                         // with the empty line
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case

    /// All values of `name`, comma-joined; nothing when absent.
    std::optional<std::string> get(std::string_view name) const {
        std::optional<std::string> joined;
        for (const auto& [key, value] : headers) {
            if (key != name) continue;
            joined = joined ? *joined + "," + value : value;
        }
        return joined;
    }
};

bool parse_status_line(std::string_view line, Head& head) {
    if (!line.starts_with("HTTP/1.1 ") && !line.starts_with("HTTP/1.0 ")) return false;
    line.remove_prefix(9);
    auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), head.status);
    bool three_digits = error == std::errc() && end == line.data() + 3;
    return three_digits && head.status >= 100 && (line.size() == 3 || line[3] == ' ');
}

/// Parses a complete head (ends with an empty line); false when it is no HTTP.
bool parse_head(std::string_view text, Head& head) {
    head.length = text.size();
    bool first = true;
    while (!text.empty()) {
        size_t newline = text.find('\n');
        // A line that begins with a blank would go on the one before it (obs-fold): nobody may send that to us.
        if (text.front() == ' ' || text.front() == '\t') return false;
        std::string_view line = trim(text.substr(0, newline));
        text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
        if (first) {
            if (!parse_status_line(line, head)) return false;
            first = false;
            continue;
        }
        if (line.empty()) return true;
        size_t colon = line.find(':');
        if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
        head.headers.emplace_back(lower(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }
    return !first;
}

/// At most 200 bytes of printable text out of what a stranger sent.
std::string detail_text(std::string_view raw) {
    std::string out(raw.substr(0, kMaxDetail));
    for (int cut = 0; cut < 3 && raw.size() >= kMaxDetail && !is_utf8(out); ++cut) out.pop_back();  // half a character
    bool readable = is_utf8(out);
    for (char& c : out) {
        auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) c = ' ';
        if (byte >= 0x80 && !readable) c = '?';
    }
    return std::string(trim(out));
}

UpgradeAnswer judge_refusal(const Head& head, std::string_view body, bool ended) {
    UpgradeAnswer answer;
    answer.refusal.http_status = head.status;
    if (auto text = head.get("dg-error")) {
        answer.verdict = Verdict::kRefused;
        answer.refusal.detail = detail_text(*text);
        return answer;
    }
    size_t expected = kMaxDetail;
    if (header_list_has(head.get("transfer-encoding").value_or(""), "chunked")) {
        // Only the first chunk is looked at; its size line is no text for a person.
        size_t line = body.find("\r\n");
        body = line == std::string_view::npos ? std::string_view() : body.substr(line + 2);
        size_t end = line == std::string_view::npos ? line : body.find("\r\n");
        if (end != std::string_view::npos) {
            body = body.substr(0, end);
            ended = true;
        }
    } else if (auto length = head.get("content-length")) {
        size_t announced = 0;
        auto [end, error] = std::from_chars(length->data(), length->data() + length->size(), announced);
        if (error == std::errc() && end == length->data() + length->size()) expected = std::min(expected, announced);
    }
    if (head.status == 204 || head.status == 304) expected = 0;
    if (body.size() < expected && !ended) return answer;
    answer.verdict = Verdict::kRefused;
    answer.refusal.detail = detail_text(body.substr(0, expected));
    return answer;
}

/// Subprotocols are compared with case, unlike other tokens.
bool list_offers(std::string_view list, std::string_view protocol) {
    while (true) {
        size_t comma = list.find(',');
        if (trim(list.substr(0, comma)) == protocol) return true;
        if (comma == std::string_view::npos) return false;
        list.remove_prefix(comma + 1);
    }
}

/// Empty when a 101 is right, else what is wrong with it.
std::string check_switch(const Head& head, std::string_view key, std::string_view offered) {
    if (!header_list_has(head.get("upgrade").value_or(""), "websocket")) return "101 without Upgrade: websocket";
    if (!header_list_has(head.get("connection").value_or(""), "upgrade")) return "101 without Connection: Upgrade";
    auto accept = head.get("sec-websocket-accept");
    if (!accept) return "101 without Sec-WebSocket-Accept";
    if (*accept != websocket_accept(key)) return "Sec-WebSocket-Accept does not belong to our key";
    if (auto extensions = head.get("sec-websocket-extensions"); extensions && !extensions->empty())
        return "the server selected an extension that was not offered";
    if (auto protocol = head.get("sec-websocket-protocol"); protocol && !protocol->empty()) {
        if (protocol->find(',') != std::string::npos || !list_offers(offered, *protocol))
            return "the server selected a subprotocol that was not offered";
    }
    return {};
}

UpgradeAnswer broken(std::string problem) {
    UpgradeAnswer answer;
    answer.verdict = Verdict::kBroken;
    answer.problem = std::move(problem);
    return answer;
}

}  // namespace

bool header_list_has(std::string_view list, std::string_view token) {
    while (true) {
        size_t comma = list.find(',');
        std::string_view item = trim(list.substr(0, comma));
        if (item.size() == token.size() && g_ascii_strncasecmp(item.data(), token.data(), item.size()) == 0)
            return true;
        if (comma == std::string_view::npos) return false;
        list.remove_prefix(comma + 1);
    }
}

std::string new_websocket_key() {
    std::array<uint8_t, 16> bytes{};
    random_bytes(bytes);
    return base64_encode(bytes);
}

std::string websocket_accept(std::string_view key) {
    GChecksum* sum = g_checksum_new(G_CHECKSUM_SHA1);
    constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    g_checksum_update(sum, reinterpret_cast<const guchar*>(key.data()), static_cast<gssize>(key.size()));
    g_checksum_update(sum, reinterpret_cast<const guchar*>(kGuid.data()), static_cast<gssize>(kGuid.size()));
    std::array<uint8_t, 20> digest{};
    gsize length = digest.size();
    g_checksum_get_digest(sum, digest.data(), &length);
    g_checksum_free(sum);
    return base64_encode(digest);
}

Result<std::string> upgrade_request(const Url& url, const std::vector<std::pair<std::string, std::string>>& headers,
                                    std::string_view key) {
    constexpr std::array<std::string_view, 6> kOwned = {
        "host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions"};
    std::string text =
        "GET " + url.target + " HTTP/1.1\r\nHost: " + url.host_header() +
        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ";
    text.append(key).append("\r\n");
    for (const auto& [name, value] : headers) {
        if (!is_token(name)) return fail("bad-header", "a header name of the upgrade request is not a token");
        if (std::find(kOwned.begin(), kOwned.end(), lower(name)) != kOwned.end())
            return fail("bad-header", "header " + name + " belongs to the WebSocket upgrade and cannot be set");
        if (!is_header_value(value))
            return fail("bad-header",
                        "the value of header " + name + " contains a control character, such as a line end");
        text.append(name).append(": ").append(value).append("\r\n");
    }
    return text.append("\r\n");
}

UpgradeAnswer judge_upgrade_answer(std::string_view received, bool ended, std::string_view key,
                                   std::string_view offered_protocols) {
    size_t skipped = 0;  // interim 1xx answers before the real one
    while (true) {
        std::string_view rest = received.substr(skipped);
        size_t end = rest.find("\r\n\r\n");
        if (end == std::string_view::npos ? received.size() > kMaxUpgradeHeader : skipped + end > kMaxUpgradeHeader)
            return broken("the answer's headers are longer than 16 KiB");
        if (end == std::string_view::npos) {
            if (ended)
                return broken(received.empty() ? "the server closed the connection without an answer"
                                               : "the server closed the connection inside the answer's headers");
            constexpr std::string_view kStart = "HTTP/1.";
            if (rest.substr(0, kStart.size()) != kStart.substr(0, std::min(rest.size(), kStart.size())))
                return broken("the answer is not HTTP/1.x");
            return {};
        }
        Head head;
        if (!parse_head(rest.substr(0, end + 4), head)) return broken("the answer is not well-formed HTTP/1.x");
        if (head.status == 101) {
            if (std::string problem = check_switch(head, key, offered_protocols); !problem.empty())
                return broken(std::move(problem));
            UpgradeAnswer answer;
            answer.verdict = Verdict::kAccepted;
            answer.consumed = skipped + head.length;
            return answer;
        }
        if (head.status >= 200) return judge_refusal(head, rest.substr(head.length), ended);
        skipped += head.length;
    }
}

}  // namespace trunkline
