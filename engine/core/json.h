#pragma once
// The project's JSON: a read-only view over a parsed json-glib tree, and a writer. Per-frame readers use simdjson
// instead.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/result.h"

typedef struct _JsonNode JsonNode;

namespace trunkline {

struct JsonLimits {
    size_t max_bytes = 1U << 20;
    int max_depth = 64;
};

/// A value inside a parsed document; copies share the document, so a Json outlives the text it came from. A Json that
/// stands for "missing" answers every accessor with its fallback: `doc["a"]["b"].text_or("")` never fails.
class Json {
  public:
    /// Parses UTF-8 `text`; errors name the line and column. Checks size and nesting depth before parsing.
    static Result<Json> parse(std::string_view text, JsonLimits limits = {});

    Json() = default;
    Json(const Json&);
    Json(Json&&) noexcept;
    Json& operator=(Json) noexcept;
    ~Json();

    bool exists() const { return node_ != nullptr; }
    bool is_null() const;
    bool is_object() const;
    bool is_array() const;
    bool is_string() const;
    bool is_number() const;
    bool is_bool() const;

    Json operator[](std::string_view key) const;  ///< object member, else missing
    Json at(size_t index) const;                  ///< array element, else missing
    size_t size() const;                          ///< members or elements; 0 for scalars
    std::vector<std::string> keys() const;        ///< of an object, in document order

    std::string text_or(std::string_view fallback) const;  ///< strings only
    int64_t int_or(int64_t fallback) const;                ///< integers, and strings that hold one
    double number_or(double fallback) const;
    bool bool_or(bool fallback) const;
    std::optional<std::string> text() const;

    /// Compact JSON text of this value; "null" when missing.
    std::string dump() const;

  private:
    explicit Json(JsonNode* adopted) : node_(adopted) {}
    JsonNode* node_ = nullptr;
};

/// Writes one compact JSON document into a string. Nothing is checked but commas; keys and text are escaped, invalid
/// UTF-8 is replaced by U+FFFD.
///   JsonWriter w; w.begin_object().field("type", "mark").key("mark").begin_object().field("name", n).end().end();
class JsonWriter {
  public:
    JsonWriter& begin_object();
    JsonWriter& begin_array();
    JsonWriter& end();
    JsonWriter& key(std::string_view name);
    JsonWriter& value(std::string_view text);
    JsonWriter& value(const char* text) { return value(std::string_view(text)); }
    JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
    JsonWriter& value(bool b);
    JsonWriter& value(double d);  ///< null when not finite
    JsonWriter& value(int64_t i);
    JsonWriter& value(uint64_t i);
    JsonWriter& value(int i) { return value(static_cast<int64_t>(i)); }
    JsonWriter& value(unsigned i) { return value(static_cast<uint64_t>(i)); }
    JsonWriter& null();
    JsonWriter& raw(std::string_view json);  ///< a value that is JSON already
    template <class T>
    JsonWriter& field(std::string_view name, const T& v) {
        return key(name).value(v);
    }
    JsonWriter& raw_field(std::string_view name, std::string_view json) { return key(name).raw(json); }

    const std::string& text() const { return out_; }
    std::string take() { return std::move(out_); }

  private:
    void comma();
    std::string out_;
    std::vector<char> open_;
    bool fresh_ = true;  // no comma before the next value
};

/// Appends `text` to `out` as the inside of a JSON string (no quotes).
void json_escape(std::string_view text, std::string& out);
/// True when `text` is well-formed UTF-8.
bool is_utf8(std::string_view text);

}  // namespace trunkline
