#pragma once
// What properties of voice agents have in common: keys, addresses, settings files. Errors say cause and cure.
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace trunkline::agent {

inline std::chrono::milliseconds milliseconds(uint64_t ns) { return std::chrono::milliseconds(ns / 1'000'000); }

/// The text of a settings property: JSON itself when it begins with a brace, else the file it names (at most 1 MiB); ""
/// when it is empty. Errors: "no-settings-file", "bad-settings".
Result<std::string> settings_text(const std::string& property);

/// ws:// or wss://. Error "bad-url".
Status check_url(std::string_view url);

/// The property, else the first of the environment variables that is set; trimmed. A plain ws:// address, which is for
/// simulators, needs none. `element` and `variables` are for the message. Errors: "no-api-key", "bad-api-key".
Result<std::string> api_key(const char* element, const std::string& property,
                            std::initializer_list<const char*> variables, std::string_view url);

}  // namespace trunkline::agent
