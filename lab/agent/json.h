#pragma once
// JSON on the wires of agents, read and written without exceptions. `Json` is nlohmann::json or ordered_json, whose
// headers stay in .cc files.
#include <string>

namespace trunkline::lab::agent {

/// The member `key`; null when there is none or `value` is no object.
template <class Json>
const Json& member(const Json& value, const char* key) {
    static const Json kNothing;
    if (!value.is_object()) return kNothing;
    const auto it = value.find(key);
    return it == value.end() ? kNothing : *it;
}

template <class Json>
std::string text_of(const Json& value, const std::string& fallback = "") {
    return value.is_string() ? value.template get<std::string>() : fallback;
}

/// One line for the wire; what is no UTF-8 is replaced.
template <class Json>
std::string wire(const Json& message) {
    return message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace trunkline::lab::agent
