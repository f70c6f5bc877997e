#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace trunkline {

/// Cryptographically random bytes from getrandom(2).
void random_bytes(std::span<uint8_t> out);
/// `prefix` + 26 characters of Crockford base32: 48 bits of time, 80 random bits, sorts by creation ("call_01JD…").
std::string new_id(std::string_view prefix);
/// Compares in time that depends on the lengths only.
bool equal_constant_time(std::string_view a, std::string_view b);
std::string to_hex(std::span<const uint8_t> bytes);

}  // namespace trunkline
