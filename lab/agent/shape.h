#pragma once
// The schema language of client messages: shapes are tables of fields, and a message is walked along its shape.
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/result.h"

namespace trunkline::lab::agent {

enum class Kind {
    kText,
    kInteger,
    kNumber,
    kBool,
    kObject,
    kList,
    kObjectOrList,
    kAgent,
    kTextOrNumber,
    kObjectOrNull,
    kAny
};

struct Shape;

struct Field {
    const char* name;
    Kind kind = Kind::kText;
    bool required = false;
    const Shape* shape = nullptr;       ///< of the object, or of each element of the list
    std::vector<const char*> values{};  ///< when not empty: the only texts allowed
};

struct Shape {
    std::vector<Field> fields;
    /// Fields depend on the text of a member: {"type", {{"deepgram", &shape}, …}}.
    const char* choose_by = nullptr;
    std::vector<std::pair<const char*, const Shape*>> choices{};
    /// A hint for a field that is often put here by mistake.
    const char* hint_field = nullptr;
    const char* hint = nullptr;
};

/// Outcome of a check that goes on after the first problem.
struct Checked {
    std::vector<Error> problems;  ///< protocol code and description with the path, in document order; at most 20
    bool ok() const { return problems.empty(); }
    void problem(const char* code, const std::string& text);
};

/// The codes a protocol has for messages that cannot be understood.
struct ShapeCodes {
    const char* not_json;
    const char* bad_shape;
};

/// Checks one client message: unknown and missing fields, types, enumerations. `shape_of` gives the shape of a message
/// by its type, null when there is no such message. `type` receives its "type" ("" when the text is no JSON object).
Checked check_message(std::string_view json, const std::function<const Shape*(const std::string&)>& shape_of,
                      const ShapeCodes& codes, std::string& type);

/// A message in a binary frame, which is heard as noise.
bool looks_like_message(std::span<const uint8_t> binary);

}  // namespace trunkline::lab::agent
