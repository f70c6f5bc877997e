#pragma once
// The little HTTP, TwiML and signing that a carrier's side of one call needs. Requests and answers are small and local:
// heads are searched as text, bodies end by Content-Length or by the end of the connection.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/result.h"

namespace trunkline::load {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Bytes of the head with its blank line; 0 while it is incomplete.
size_t head_size(std::string_view bytes);
/// 200 of "HTTP/1.1 200 OK"; 0 when `head` is no answer.
int status_of(std::string_view head);
/// The value of header `name` (any case) without blanks around it; empty when missing.
std::string_view header_value(std::string_view head, std::string_view name);
/// "/media/7" of "GET /media/7 HTTP/1.1".
std::string_view target_of(std::string_view head);

/// The body when all of it has come: by Content-Length, or when `ended` without one.
std::optional<std::string_view> whole_body(std::string_view answer, bool ended);

std::string form_encode(const Pairs& fields);
constexpr const char* kForm = "application/x-www-form-urlencoded; charset=UTF-8";
std::string post_request(const std::string& host, const std::string& path, const std::string& content_type,
                         const Pairs& headers, const std::string& body);
/// A WebSocket upgrade; `headers` come on top.
std::string upgrade_request(const std::string& host, const std::string& path, const Pairs& headers);
/// The 101 that answers the upgrade with this Sec-WebSocket-Key.
std::string upgrade_answer(std::string_view key);

struct Url {
    std::string scheme;
    std::string host;  ///< without the port
    uint16_t port = 0;
    std::string path;  ///< "/" at least
};
/// Error code "bad-url".
Result<Url> parse_url(std::string_view text);

/// `X-Twilio-Signature`: HMAC-SHA1 over the URL and the sorted form fields, base64.
std::string twilio_signature(const std::string& token, const std::string& url, Pairs fields);

std::string sha256_hex(std::string_view text);
/// A compact JWT, signed with HS256; `claims` is a JSON object.
std::string hs256_token(const std::string& secret, const std::string& claims);

struct StreamVerb {
    std::string url;
    Pairs parameters;
};
/// The `<Stream>` of an answer document and its `<Parameter>`s. Error code "no-stream" shows the document's beginning.
Result<StreamVerb> find_stream(std::string_view twiml);

}  // namespace trunkline::load
