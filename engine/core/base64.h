#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline {

/// Upper bound of decoded bytes for `n` characters of base64.
constexpr size_t base64_decoded_bound(size_t n) { return (n + 3) / 4 * 3; }
constexpr size_t base64_encoded_size(size_t n) { return (n + 2) / 3 * 4; }

/// Strict RFC 4648 decoding (standard alphabet, padding required, no white space) into `out`, which must hold
/// base64_decoded_bound(text.size()) bytes. Returns the number of bytes, or nothing when the text is malformed.
std::optional<size_t> base64_decode(std::string_view text, uint8_t* out);
std::optional<std::vector<uint8_t>> base64_decode(std::string_view text);
/// Writes base64_encoded_size(bytes.size()) characters to `out`; no terminator.
void base64_encode(std::span<const uint8_t> bytes, char* out);
std::string base64_encode(std::span<const uint8_t> bytes);
/// URL-safe alphabet without padding (RFC 4648 section 5), for tickets.
std::string base64url_encode(std::span<const uint8_t> bytes);
std::optional<std::vector<uint8_t>> base64url_decode(std::string_view text);

}  // namespace trunkline
