#include "lab/agent/shape.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lab/agent/json.h"

namespace trunkline::lab::agent {
namespace {

using nlohmann::json;
constexpr size_t kMaxProblems = 20;

class Walker {
  public:
    Walker(Checked& checked, const char* code) : checked_(checked), code_(code) {}

    void object(const json& value, const Shape& shape, const std::string& path) {
        if (shape.choose_by) {
            choose(value, shape, path);
            return;
        }
        if (shape.fields.empty()) return;  // anything goes
        for (const auto& [key, inner] : value.items()) {
            const auto field = std::find_if(shape.fields.begin(), shape.fields.end(),
                                            [&name = key](const Field& f) { return name == f.name; });
            if (field != shape.fields.end()) {
                check(inner, *field, join(path, key));
            } else {
                unknown(key, shape, path);
            }
        }
        for (const Field& field : shape.fields) {
            if (field.required && !value.contains(field.name)) {
                checked_.problem(code_, "missing field `" + join(path, field.name) + "`");
            }
        }
    }

  private:
    static std::string join(const std::string& path, const std::string& key) {
        return path.empty() ? key : path + "." + key;
    }

    void unknown(const std::string& key, const Shape& shape, const std::string& path) {
        std::string text = "unknown field `" + join(path, key) + "`";
        if (shape.hint_field && key == shape.hint_field) text += ": " + std::string(shape.hint);
        checked_.problem(code_, text);
    }

    void choose(const json& value, const Shape& shape, const std::string& path) {
        const std::string chosen = text_of(member(value, shape.choose_by));
        const Shape* otherwise = nullptr;
        for (const auto& [name, choice] : shape.choices) {
            if (chosen == name) return hinted(value, *choice, shape, path);
            if (!*name) otherwise = choice;
        }
        if (otherwise) return object(value, *otherwise, path);
        checked_.problem(code_, "`" + join(path, shape.choose_by) + "` is not one of the known values");
    }

    void hinted(const json& value, Shape choice, const Shape& parent, const std::string& path) {
        choice.hint_field = parent.hint_field;
        choice.hint = parent.hint;
        object(value, choice, path);
    }

    void wrong(const std::string& path, const char* wanted) {
        checked_.problem(code_, "`" + path + "` must be " + wanted);
    }

    void list(const json& value, const Field& field, const std::string& path) {
        size_t i = 0;
        for (const json& element : value) {
            const std::string at = path + "[" + std::to_string(i++) + "]";
            if (!field.shape) {
                if (!element.is_string()) wrong(at, "a string");
            } else if (element.is_object()) {
                object(element, *field.shape, at);
            } else {
                wrong(at, "an object");
            }
        }
    }

    void check(const json& value, const Field& field, const std::string& path) {
        switch (field.kind) {
            case Kind::kText:
                return text(value, field, path);
            case Kind::kInteger:
                return value.is_number_integer() ? void() : wrong(path, "an integer");
            case Kind::kNumber:
                return value.is_number() ? void() : wrong(path, "a number");
            case Kind::kBool:
                return value.is_boolean() ? void() : wrong(path, "true or false");
            case Kind::kObject:
                return value.is_object() ? object(value, *field.shape, path) : wrong(path, "an object");
            case Kind::kList:
                return value.is_array() ? list(value, field, path) : wrong(path, "a list");
            case Kind::kObjectOrList:
                if (value.is_array()) return list(value, field, path);
                return value.is_object() ? object(value, *field.shape, path) : wrong(path, "an object or a list");
            case Kind::kAgent:
                if (value.is_string()) return;
                return value.is_object() ? object(value, *field.shape, path) : wrong(path, "an object or a UUID");
            case Kind::kTextOrNumber:
                return value.is_string() || value.is_number() ? void() : wrong(path, "\"max\" or a number");
            case Kind::kObjectOrNull:
                if (value.is_null()) return;
                return value.is_object() ? object(value, *field.shape, path) : wrong(path, "an object or null");
            case Kind::kAny:
                return;
        }
    }

    void text(const json& value, const Field& field, const std::string& path) {
        if (!value.is_string()) return wrong(path, "a string");
        if (field.values.empty()) return;
        const auto& actual = value.get_ref<const std::string&>();
        std::string allowed;
        for (const char* one : field.values) {
            if (actual == one) return;
            allowed += std::string(allowed.empty() ? "" : ", ") + one;
        }
        checked_.problem(code_, "`" + path + "` is `" + actual.substr(0, 40) + "`, expected one of " + allowed);
    }

    Checked& checked_;
    const char* code_;
};

}  // namespace

void Checked::problem(const char* code, const std::string& text) {
    if (problems.size() < kMaxProblems) problems.push_back({code, text});
}

Checked check_message(std::string_view text, const std::function<const Shape*(const std::string&)>& shape_of,
                      const ShapeCodes& codes, std::string& type) {
    Checked checked;
    type.clear();
    const json message = json::parse(text.begin(), text.end(), nullptr, false);
    if (message.is_discarded()) {
        checked.problem(codes.not_json, "the text frame is not JSON");
        return checked;
    }
    if (!message.is_object()) {
        checked.problem(codes.bad_shape, "not a JSON object");
        return checked;
    }
    type = text_of(member(message, "type"));
    const Shape* shape = shape_of(type);
    if (!shape) {
        checked.problem(codes.bad_shape, type.empty() ? std::string("missing field `type`")
                                                      : "unknown message type `" + type.substr(0, 40) + "`");
        return checked;
    }
    Walker(checked, codes.bad_shape).object(message, *shape, "");
    return checked;
}

bool looks_like_message(std::span<const uint8_t> binary) {
    const std::string_view text(reinterpret_cast<const char*>(binary.data()), binary.size());
    return text.starts_with('{') && text.find("\"type\"") != std::string_view::npos;
}

}  // namespace trunkline::lab::agent
