// Reading JSON: json-glib behind a strict check. A Json holds a reference on its node; json-glib's children are
// reference-counted themselves, so a view of a part keeps just that part alive.
#include "engine/core/json.h"

#include <json-glib/json-glib.h>

#include <charconv>
#include <cmath>

#include "engine/core/json_check.h"

namespace trunkline {
namespace {

void dump_node(JsonNode* node, JsonWriter& out);

void dump_value(JsonNode* node, JsonWriter& out) {
    switch (json_node_get_value_type(node)) {
        case G_TYPE_STRING:
            out.value(json_node_get_string(node));
            return;
        case G_TYPE_BOOLEAN:
            out.value(json_node_get_boolean(node) != FALSE);
            return;
        case G_TYPE_INT64:
            out.value(static_cast<int64_t>(json_node_get_int(node)));
            return;
        case G_TYPE_DOUBLE:
            out.value(json_node_get_double(node));
            return;
        default:
            out.null();
            return;
    }
}

// The recursion is bounded: parse() has checked the depth.
void dump_node(JsonNode* node, JsonWriter& out) {
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        out.begin_object();
        JsonObjectIter iter;
        const gchar* name = nullptr;
        JsonNode* child = nullptr;
        json_object_iter_init_ordered(&iter, json_node_get_object(node));
        while (json_object_iter_next_ordered(&iter, &name, &child)) {
            out.key(name);
            dump_node(child, out);
        }
        out.end();
    } else if (JSON_NODE_HOLDS_ARRAY(node)) {
        out.begin_array();
        JsonArray* array = json_node_get_array(node);
        for (guint i = 0; i < json_array_get_length(array); ++i) dump_node(json_array_get_element(array, i), out);
        out.end();
    } else {
        dump_value(node, out);
    }
}

GType value_type(JsonNode* node) {
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;
}

}  // namespace

Result<Json> Json::parse(std::string_view text, JsonLimits limits) {
    if (text.size() > limits.max_bytes) {
        return fail("json-size", "JSON text of " + std::to_string(text.size()) + " bytes is longer than the limit of " +
                                     std::to_string(limits.max_bytes));
    }
    const auto mends = json_check(text, limits.max_depth);
    if (!mends) return tl::unexpected(mends.error());
    const std::string mended = mends->empty() ? std::string() : json_mend(text, *mends);
    if (!mends->empty()) text = mended;

    JsonParser* parser = json_parser_new_immutable();
    GError* error = nullptr;
    const bool ok = json_parser_load_from_data(parser, text.data(), static_cast<gssize>(text.size()), &error) != FALSE;
    JsonNode* root = ok ? json_parser_get_root(parser) : nullptr;
    if (root) json_node_ref(root);
    g_object_unref(parser);
    if (ok && root) return Json(root);
    std::string why = error ? error->message : "empty document";
    g_clear_error(&error);
    return fail("json-syntax", std::move(why));
}

Json::Json(const Json& other) : node_(other.node_ ? json_node_ref(other.node_) : nullptr) {}
Json::Json(Json&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
Json& Json::operator=(Json other) noexcept {
    std::swap(node_, other.node_);
    return *this;
}
Json::~Json() {
    if (node_) json_node_unref(node_);
}

bool Json::is_null() const { return node_ && JSON_NODE_HOLDS_NULL(node_); }
bool Json::is_object() const { return node_ && JSON_NODE_HOLDS_OBJECT(node_); }
bool Json::is_array() const { return node_ && JSON_NODE_HOLDS_ARRAY(node_); }
bool Json::is_string() const { return value_type(node_) == G_TYPE_STRING; }
bool Json::is_bool() const { return value_type(node_) == G_TYPE_BOOLEAN; }
bool Json::is_number() const {
    const GType type = value_type(node_);
    return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE;
}

Json Json::operator[](std::string_view key) const {
    if (!is_object()) return {};
    const std::string name(key);
    JsonNode* child = json_object_get_member(json_node_get_object(node_), name.c_str());
    return child ? Json(json_node_ref(child)) : Json();
}

Json Json::at(size_t index) const {
    if (index >= size() || !is_array()) return {};
    return Json(json_node_ref(json_array_get_element(json_node_get_array(node_), static_cast<guint>(index))));
}

size_t Json::size() const {
    if (is_object()) return json_object_get_size(json_node_get_object(node_));
    if (is_array()) return json_array_get_length(json_node_get_array(node_));
    return 0;
}

std::vector<std::string> Json::keys() const {
    std::vector<std::string> names;
    if (!is_object()) return names;
    JsonObjectIter iter;
    const gchar* name = nullptr;
    json_object_iter_init_ordered(&iter, json_node_get_object(node_));
    while (json_object_iter_next_ordered(&iter, &name, nullptr)) names.emplace_back(name);
    return names;
}

std::optional<std::string> Json::text() const {
    if (!is_string()) return std::nullopt;
    return std::string(json_node_get_string(node_));
}

std::string Json::text_or(std::string_view fallback) const {
    return is_string() ? std::string(json_node_get_string(node_)) : std::string(fallback);
}

int64_t Json::int_or(int64_t fallback) const {
    const GType type = value_type(node_);
    if (type == G_TYPE_INT64) return json_node_get_int(node_);
    if (type == G_TYPE_DOUBLE) {
        const double number = json_node_get_double(node_);
        const bool whole = std::trunc(number) == number && number > -9.2e18 && number < 9.2e18;
        return whole ? static_cast<int64_t>(number) : fallback;
    }
    if (type != G_TYPE_STRING) return fallback;
    const std::string_view digits = json_node_get_string(node_);
    int64_t number = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return end.ec == std::errc() && end.ptr == digits.data() + digits.size() ? number : fallback;
}

double Json::number_or(double fallback) const {
    if (!is_number()) return fallback;
    const double number = json_node_get_double(node_);
    return std::isfinite(number) ? number : fallback;
}

bool Json::bool_or(bool fallback) const { return is_bool() ? json_node_get_boolean(node_) != FALSE : fallback; }

std::string Json::dump() const {
    if (!node_) return "null";
    JsonWriter out;
    dump_node(node_, out);
    return out.take();
}

}  // namespace trunkline
