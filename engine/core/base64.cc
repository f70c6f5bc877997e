// Base64 both ways. Decoding is strict on purpose: GLib's decoder skips what it does not know, which turns a damaged
// audio payload into shifted noise, and lets one ticket be written in several ways.
#include "engine/core/base64.h"

#include <array>

namespace trunkline {
namespace {

constexpr char kStandard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char kUrl[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr uint32_t kBad = 0x80;  // outside of every 6-bit value, survives an OR

using Table = std::array<uint8_t, 256>;

constexpr Table make_table(const char* alphabet) {
    Table table{};
    for (auto& entry : table) entry = kBad;
    for (uint8_t i = 0; i < 64; ++i) table[static_cast<uint8_t>(alphabet[i])] = i;
    return table;
}

constexpr Table kStandardTable = make_table(kStandard);
constexpr Table kUrlTable = make_table(kUrl);

uint32_t digit(const Table& table, char c) { return table[static_cast<uint8_t>(c)]; }

// Whole groups of four; false on a character outside the alphabet ('=' included).
bool decode_groups(const Table& table, std::string_view text, uint8_t* out) {
    uint32_t seen = 0;
    for (size_t i = 0; i + 4 <= text.size(); i += 4, out += 3) {
        const uint32_t a = digit(table, text[i]), b = digit(table, text[i + 1]);
        const uint32_t c = digit(table, text[i + 2]), d = digit(table, text[i + 3]);
        seen |= a | b | c | d;
        const uint32_t bits = a << 18 | b << 12 | c << 6 | d;
        out[0] = static_cast<uint8_t>(bits >> 16);
        out[1] = static_cast<uint8_t>(bits >> 8);
        out[2] = static_cast<uint8_t>(bits);
    }
    return (seen & kBad) == 0;
}

// The 2 or 3 characters of an incomplete last group; bits that no byte takes must be zero.
bool decode_tail(const Table& table, std::string_view tail, uint8_t* out) {
    const uint32_t a = digit(table, tail[0]), b = digit(table, tail[1]);
    const uint32_t c = tail.size() == 3 ? digit(table, tail[2]) : 0;
    if ((a | b | c) & kBad) return false;
    const uint32_t bits = a << 18 | b << 12 | c << 6;
    out[0] = static_cast<uint8_t>(bits >> 16);
    if (tail.size() == 2) return (bits & 0xFFFF) == 0;
    out[1] = static_cast<uint8_t>(bits >> 8);
    return (bits & 0xFF) == 0;
}

std::optional<size_t> decode_unpadded(const Table& table, std::string_view text, uint8_t* out) {
    const size_t tail = text.size() % 4, whole = text.size() - tail;
    if (tail == 1 || !decode_groups(table, text.substr(0, whole), out)) return std::nullopt;
    const size_t bytes = whole / 4 * 3;
    if (tail == 0) return bytes;
    if (!decode_tail(table, text.substr(whole), out + bytes)) return std::nullopt;
    return bytes + tail - 1;
}

// Writes without padding; returns the number of characters.
size_t encode(const char* alphabet, std::span<const uint8_t> bytes, char* out) {
    char* const begin = out;
    size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        const uint32_t bits = static_cast<uint32_t>(bytes[i]) << 16 | static_cast<uint32_t>(bytes[i + 1]) << 8 |
                              static_cast<uint32_t>(bytes[i + 2]);
        *out++ = alphabet[bits >> 18];
        *out++ = alphabet[bits >> 12 & 63];
        *out++ = alphabet[bits >> 6 & 63];
        *out++ = alphabet[bits & 63];
    }
    const size_t rest = bytes.size() - i;
    if (rest == 0) return static_cast<size_t>(out - begin);
    const uint32_t bits =
        static_cast<uint32_t>(bytes[i]) << 16 | (rest == 2 ? static_cast<uint32_t>(bytes[i + 1]) << 8 : 0U);
    *out++ = alphabet[bits >> 18];
    *out++ = alphabet[bits >> 12 & 63];
    if (rest == 2) *out++ = alphabet[bits >> 6 & 63];
    return static_cast<size_t>(out - begin);
}

}  // namespace

std::optional<size_t> base64_decode(std::string_view text, uint8_t* out) {
    if (text.size() % 4 != 0) return std::nullopt;
    if (text.ends_with("==")) {
        text.remove_suffix(2);
    } else if (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    return decode_unpadded(kStandardTable, text, out);
}

std::optional<std::vector<uint8_t>> base64_decode(std::string_view text) {
    std::vector<uint8_t> bytes(base64_decoded_bound(text.size()));
    const auto size = base64_decode(text, bytes.data());
    if (!size) return std::nullopt;
    bytes.resize(*size);
    return bytes;
}

void base64_encode(std::span<const uint8_t> bytes, char* out) {
    size_t written = encode(kStandard, bytes, out);
    while (written < base64_encoded_size(bytes.size())) out[written++] = '=';
}

std::string base64_encode(std::span<const uint8_t> bytes) {
    std::string text(base64_encoded_size(bytes.size()), '\0');
    base64_encode(bytes, text.data());
    return text;
}

std::string base64url_encode(std::span<const uint8_t> bytes) {
    std::string text(base64_encoded_size(bytes.size()), '\0');
    text.resize(encode(kUrl, bytes, text.data()));
    return text;
}

std::optional<std::vector<uint8_t>> base64url_decode(std::string_view text) {
    std::vector<uint8_t> bytes(base64_decoded_bound(text.size()));
    const auto size = decode_unpadded(kUrlTable, text, bytes.data());
    if (!size) return std::nullopt;
    bytes.resize(*size);
    return bytes;
}

}  // namespace trunkline
