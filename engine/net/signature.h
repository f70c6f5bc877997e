#pragma once
// Signatures of the wire: HMACs, Twilio's request signature (both directions of it: verify a request, sign one) and the
// webhook signature of ours. Pure functions, constant-time comparisons.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline {

std::vector<uint8_t> hmac_sha1(std::string_view key, std::string_view text);
std::vector<uint8_t> hmac_sha256(std::string_view key, std::string_view text);
std::string sha256_hex(std::string_view bytes);

using FormPairs = std::vector<std::pair<std::string, std::string>>;

/// X-Twilio-Signature of a request: `url` exactly as requested (scheme, host, port, path, query), `params` the decoded
/// POST pairs, empty for GET, JSON bodies and WebSocket upgrades.
std::string twilio_signature(std::string_view auth_token, std::string_view url, const FormPairs& params);
/// True when `signature` matches the URL as given, or the URL with or without its default port (section 4 rule 5 of the
/// protocol page: Twilio is inconsistent about ports). Never true for an empty token.
bool twilio_verify(std::string_view auth_token, std::string_view url, const FormPairs& params,
                   std::string_view signature);
/// As twilio_verify() for a JSON body: checks `bodySHA256` of the query against `body`, then the URL without params.
bool twilio_verify_body(std::string_view auth_token, std::string_view url, std::string_view body,
                        std::string_view signature);

/// Value of our webhook signature header, Standard Webhooks style: "v1,<base64 HMAC-SHA256 of id.timestamp.body>". A
/// `secret` "whsec_<base64>" stands for the decoded bytes, any other for its own bytes.
std::string webhook_signature(std::string_view secret, std::string_view id, int64_t unix_seconds,
                              std::string_view body);

}  // namespace trunkline
