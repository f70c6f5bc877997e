#pragma once
// The schema language of client messages: shapes are tables of fields.
#include <initializer_list>
#include <string>
#include <vector>

namespace trunkline::lab::deepgram {

enum class Kind { kText, kInteger, kNumber, kBool, kObject, kList, kObjectOrList, kAgent, kTextOrNumber, kAny };

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

/// The shape of the client message `type`; null when there is no such message.
const Shape* shape_of_message(const std::string& type);

}  // namespace trunkline::lab::deepgram
