#pragma once
// What the targets have in common: a property that does not hold ends the run with its name, so that a find explains
// itself.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/json.h"
#include "engine/core/result.h"

namespace trunkline::fuzz {

inline void must(bool holds, const char* property, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    if (holds) return;
    std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, property);
    std::abort();
}

inline std::string_view text_of(std::span<const uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::span<const uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

inline void must_be_json(std::string_view text) {
    must(Json::parse(text, {.max_bytes = 64U << 20, .max_depth = 128}).has_value(), "what we write is JSON");
}

/// Every refusal has a code for programs and a sentence for people.
inline void must_explain(const Error& error) {
    must(!error.code.empty(), "an error has a code");
    must(std::all_of(error.code.begin(), error.code.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }),
         "a code is kebab-case");
    must(!error.message.empty(), "an error has a message");
}

/// Takes the text before the next line feed off `rest`.
inline std::string_view take_line(std::string_view& rest) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    return line;
}

}  // namespace trunkline::fuzz
