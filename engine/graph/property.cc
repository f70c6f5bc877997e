// Conversion of values to properties, type by type.
#include "engine/graph/property.h"

#include <gst/gst.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "engine/graph/diagnostic.h"
#include "engine/graph/duration.h"

namespace trunkline::graph {
namespace {

PropertyProblem wrong_type(GParamSpec* spec) {
    return {"wrong-type", std::string("\"") + spec->name + "\" takes " + describe_property(spec), {}};
}

/// Whether `word` stands in `text` as a word of its own.
bool has_word(std::string_view text, std::string_view word) {
    for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const bool begins = at == 0 || !std::isalnum(static_cast<unsigned char>(text[at - 1]));
        const size_t end = at + word.size();
        const bool ends = end == text.size() || !std::isalnum(static_cast<unsigned char>(text[end]));
        if (begins && ends) return true;
    }
    return false;
}

GType fundamental(GParamSpec* spec) { return G_TYPE_FUNDAMENTAL(G_PARAM_SPEC_VALUE_TYPE(spec)); }

struct Range {
    long double low, high;
};

std::optional<Range> range_of(GParamSpec* spec) {
    if (G_IS_PARAM_SPEC_INT(spec))
        return Range{static_cast<long double>(G_PARAM_SPEC_INT(spec)->minimum),
                     static_cast<long double>(G_PARAM_SPEC_INT(spec)->maximum)};
    if (G_IS_PARAM_SPEC_UINT(spec))
        return Range{static_cast<long double>(G_PARAM_SPEC_UINT(spec)->minimum),
                     static_cast<long double>(G_PARAM_SPEC_UINT(spec)->maximum)};
    if (G_IS_PARAM_SPEC_INT64(spec))
        return Range{static_cast<long double>(G_PARAM_SPEC_INT64(spec)->minimum),
                     static_cast<long double>(G_PARAM_SPEC_INT64(spec)->maximum)};
    if (G_IS_PARAM_SPEC_UINT64(spec))
        return Range{static_cast<long double>(G_PARAM_SPEC_UINT64(spec)->minimum),
                     static_cast<long double>(G_PARAM_SPEC_UINT64(spec)->maximum)};
    if (G_IS_PARAM_SPEC_LONG(spec))
        return Range{static_cast<long double>(G_PARAM_SPEC_LONG(spec)->minimum),
                     static_cast<long double>(G_PARAM_SPEC_LONG(spec)->maximum)};
    if (G_IS_PARAM_SPEC_ULONG(spec))
        return Range{static_cast<long double>(G_PARAM_SPEC_ULONG(spec)->minimum),
                     static_cast<long double>(G_PARAM_SPEC_ULONG(spec)->maximum)};
    if (G_IS_PARAM_SPEC_FLOAT(spec))
        return Range{static_cast<long double>(G_PARAM_SPEC_FLOAT(spec)->minimum),
                     static_cast<long double>(G_PARAM_SPEC_FLOAT(spec)->maximum)};
    if (G_IS_PARAM_SPEC_DOUBLE(spec))
        return Range{static_cast<long double>(G_PARAM_SPEC_DOUBLE(spec)->minimum),
                     static_cast<long double>(G_PARAM_SPEC_DOUBLE(spec)->maximum)};
    return std::nullopt;
}

std::string number_text(long double value) {
    char text[64];
    std::snprintf(text, sizeof text, "%.15Lg", value);
    return text;
}

std::optional<PropertyProblem> check_range(GParamSpec* spec, long double value, bool duration) {
    const auto range = range_of(spec);
    if (!range || (value >= range->low && value <= range->high)) return std::nullopt;
    const auto show = [&](long double bound) {
        return duration && bound >= 0 && bound < 1e18L ? format_duration(static_cast<uint64_t>(bound))
                                                       : number_text(bound);
    };
    return PropertyProblem{
        "out-of-range",
        std::string("\"") + spec->name + "\" is from " + show(range->low) + " to " + show(range->high),
        {}};
}

void put_integer(GParamSpec* spec, int64_t n, GValue* to) {
    switch (fundamental(spec)) {
        case G_TYPE_INT:
            g_value_set_int(to, static_cast<gint>(n));
            break;
        case G_TYPE_UINT:
            g_value_set_uint(to, static_cast<guint>(n));
            break;
        case G_TYPE_INT64:
            g_value_set_int64(to, n);
            break;
        case G_TYPE_UINT64:
            g_value_set_uint64(to, static_cast<guint64>(n));
            break;
        case G_TYPE_LONG:
            g_value_set_long(to, static_cast<glong>(n));
            break;
        case G_TYPE_ULONG:
            g_value_set_ulong(to, static_cast<gulong>(n));
            break;
        default:
            break;
    }
}

template <class Number>
std::optional<Number> parse_number(const std::string& text) {
    Number n{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(n) : std::nullopt;
}

std::optional<PropertyProblem> put_duration(GParamSpec* spec, const Value& value, GValue* to) {
    if (value.kind == Value::Kind::kInteger || value.kind == Value::Kind::kNumber) {
        const std::string n =
            value.kind == Value::Kind::kInteger ? std::to_string(value.integer) : number_text(value.number);
        return PropertyProblem{
            "duration-needs-unit",
            std::string("\"") + spec->name + "\" is a duration and carries its unit: " + n + "ms or " + n + "s",
            {}};
    }
    if (value.kind != Value::Kind::kText) return wrong_type(spec);
    if (value.text == "none" && fundamental(spec) == G_TYPE_UINT64) {
        if (auto problem = check_range(spec, static_cast<long double>(G_MAXUINT64), true)) return problem;
        g_value_set_uint64(to, G_MAXUINT64);
        return std::nullopt;
    }
    const auto ns = parse_duration(value.text);
    if (!ns)
        return PropertyProblem{
            "bad-duration", std::string("\"") + spec->name + "\" takes " + describe_property(spec), {}};
    if (auto problem = check_range(spec, static_cast<long double>(*ns), true)) return problem;
    put_integer(spec, *ns, to);
    return std::nullopt;
}

std::optional<PropertyProblem> put_number(GParamSpec* spec, const Value& value, GValue* to) {
    const bool real = fundamental(spec) == G_TYPE_FLOAT || fundamental(spec) == G_TYPE_DOUBLE;
    std::optional<int64_t> whole;
    std::optional<double> number;
    if (value.kind == Value::Kind::kInteger) whole = value.integer;
    if (value.kind == Value::Kind::kNumber && real) number = value.number;
    if (value.kind == Value::Kind::kText && value.untyped) {
        whole = parse_number<int64_t>(value.text);
        if (real) number = parse_number<double>(value.text);
    }
    if (whole && real) number = static_cast<double>(*whole);
    if (real ? !number : !whole) return wrong_type(spec);
    if (auto problem =
            check_range(spec, real ? static_cast<long double>(*number) : static_cast<long double>(*whole), false))
        return problem;
    if (!real) put_integer(spec, *whole, to);
    if (fundamental(spec) == G_TYPE_FLOAT) g_value_set_float(to, static_cast<gfloat>(*number));
    if (fundamental(spec) == G_TYPE_DOUBLE) g_value_set_double(to, *number);
    return std::nullopt;
}

std::optional<PropertyProblem> put_bool(GParamSpec* spec, const Value& value, GValue* to) {
    if (value.kind == Value::Kind::kBool) {
        g_value_set_boolean(to, value.boolean);
    } else if (value.kind == Value::Kind::kText && value.untyped && (value.text == "true" || value.text == "false")) {
        g_value_set_boolean(to, value.text == "true");
    } else {
        return wrong_type(spec);
    }
    return std::nullopt;
}

std::vector<std::string> enum_nicks(GParamSpec* spec) {
    std::vector<std::string> nicks;
    const GEnumClass* klass = G_PARAM_SPEC_ENUM(spec)->enum_class;
    for (guint i = 0; i < klass->n_values; i++) nicks.emplace_back(klass->values[i].value_nick);
    return nicks;
}

std::vector<std::string> flag_nicks(GParamSpec* spec) {
    std::vector<std::string> nicks;
    const GFlagsClass* klass = G_PARAM_SPEC_FLAGS(spec)->flags_class;
    for (guint i = 0; i < klass->n_values; i++) nicks.emplace_back(klass->values[i].value_nick);
    return nicks;
}

PropertyProblem unknown_nick(GParamSpec* spec, const std::string& nick, const std::vector<std::string>& nicks) {
    return {"unknown-value",
            std::string("\"") + spec->name + "\" has no value \"" + nick + "\"; it takes " + describe_property(spec),
            nearest_word(nick, nicks)};
}

std::optional<PropertyProblem> put_enum(GParamSpec* spec, const Value& value, GValue* to) {
    if (value.kind != Value::Kind::kText) return wrong_type(spec);
    const GEnumValue* found = g_enum_get_value_by_nick(G_PARAM_SPEC_ENUM(spec)->enum_class, value.text.c_str());
    if (!found) return unknown_nick(spec, value.text, enum_nicks(spec));
    g_value_set_enum(to, found->value);
    return std::nullopt;
}

std::optional<PropertyProblem> put_flags(GParamSpec* spec, const Value& value, GValue* to) {
    if (value.kind != Value::Kind::kText) return wrong_type(spec);
    guint flags = 0;
    for (size_t begin = 0; begin <= value.text.size();) {
        const size_t end = std::min(value.text.find('+', begin), value.text.size());
        const std::string nick = value.text.substr(begin, end - begin);
        const GFlagsValue* found = g_flags_get_value_by_nick(G_PARAM_SPEC_FLAGS(spec)->flags_class, nick.c_str());
        if (!found) return unknown_nick(spec, nick, flag_nicks(spec));
        flags |= found->value;
        begin = end + 1;
    }
    g_value_set_flags(to, flags);
    return std::nullopt;
}

std::optional<PropertyProblem> put_text(GParamSpec* spec, const Value& value, GValue* to) {
    if (value.kind != Value::Kind::kText && !(value.kind == Value::Kind::kJson && takes_json(spec)))
        return wrong_type(spec);
    g_value_set_string(to, value.text.c_str());
    return std::nullopt;
}

/// Caps, structures, fractions, arrays: GStreamer's own text form.
std::optional<PropertyProblem> put_serialized(GParamSpec* spec, const Value& value, GValue* to) {
    if (value.kind != Value::Kind::kText) return wrong_type(spec);
    if (!gst_value_deserialize_with_pspec(to, value.text.c_str(), spec)) return wrong_type(spec);
    return std::nullopt;
}

bool is_serialized(GParamSpec* spec) {
    const GType type = G_PARAM_SPEC_VALUE_TYPE(spec);
    return type == GST_TYPE_CAPS || type == GST_TYPE_STRUCTURE || type == GST_TYPE_FRACTION || type == GST_TYPE_ARRAY ||
           type == GST_TYPE_LIST;
}

std::string join(const std::vector<std::string>& words, const char* between) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
    return out;
}

}  // namespace

bool is_duration_property(GParamSpec* spec) {
    const GType type = fundamental(spec);
    if (type != G_TYPE_INT64 && type != G_TYPE_UINT64) return false;
    const char* blurb = g_param_spec_get_blurb(spec);
    if (!blurb) return false;
    std::string text = blurb;
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return has_word(text, "ns") || has_word(text, "nanosecond") || has_word(text, "nanoseconds") ||
           std::string_view(spec->name) == "throttle-time";
}

bool takes_json(GParamSpec* spec) {
    const char* blurb = g_param_spec_get_blurb(spec);
    return fundamental(spec) == G_TYPE_STRING && blurb && has_word(blurb, "JSON");
}

std::string describe_property(GParamSpec* spec) {
    if (is_duration_property(spec)) return "a duration such as 120ms, 45s or 1m30s";
    const auto range = range_of(spec);
    switch (fundamental(spec)) {
        case G_TYPE_BOOLEAN:
            return "true or false";
        case G_TYPE_STRING:
            return takes_json(spec) ? "a text, or a list or map that is passed as JSON"
                                    : "a text (put numbers and true/false in quotes)";
        case G_TYPE_ENUM:
            return "one of " + join(enum_nicks(spec), ", ");
        case G_TYPE_FLAGS:
            return "some of " + join(flag_nicks(spec), ", ") + ", joined by \"+\"";
        case G_TYPE_FLOAT:
        case G_TYPE_DOUBLE:
            return "a number";
        default:
            break;
    }
    if (range) return "a whole number from " + number_text(range->low) + " to " + number_text(range->high);
    if (is_serialized(spec))
        return std::string("a ") + g_type_name(G_PARAM_SPEC_VALUE_TYPE(spec)) + " in GStreamer's text form";
    return std::string("a ") + g_type_name(G_PARAM_SPEC_VALUE_TYPE(spec)) + ", which a file cannot hold";
}

std::optional<PropertyProblem> convert_property(GParamSpec* spec, const Value& value, OwnedValue& to) {
    OwnedValue fresh;
    GValue* gvalue = fresh.init(G_PARAM_SPEC_VALUE_TYPE(spec));
    std::optional<PropertyProblem> problem;
    if (is_duration_property(spec)) {
        problem = put_duration(spec, value, gvalue);
    } else {
        switch (fundamental(spec)) {
            case G_TYPE_BOOLEAN:
                problem = put_bool(spec, value, gvalue);
                break;
            case G_TYPE_STRING:
                problem = put_text(spec, value, gvalue);
                break;
            case G_TYPE_ENUM:
                problem = put_enum(spec, value, gvalue);
                break;
            case G_TYPE_FLAGS:
                problem = put_flags(spec, value, gvalue);
                break;
            default:
                problem = range_of(spec)        ? put_number(spec, value, gvalue)
                          : is_serialized(spec) ? put_serialized(spec, value, gvalue)
                                                : std::optional(wrong_type(spec));
        }
    }
    if (!problem) to = std::move(fresh);
    return problem;
}

bool param_can_fill(GParamSpec* spec, const std::vector<std::string>& json_types) {
    if (json_types.empty()) return true;
    const GType type = fundamental(spec);
    return std::all_of(json_types.begin(), json_types.end(), [&](const std::string& json) {
        if (json == "null") return true;
        if (json == "boolean") return type == G_TYPE_BOOLEAN;
        if (json == "integer") return range_of(spec) && !is_duration_property(spec);
        if (json == "number") return type == G_TYPE_FLOAT || type == G_TYPE_DOUBLE;
        if (json == "array" || json == "object") return takes_json(spec);
        return is_duration_property(spec) || type == G_TYPE_STRING || type == G_TYPE_ENUM || type == G_TYPE_FLAGS ||
               is_serialized(spec);
    });
}

std::vector<std::string> settable_properties(GObjectClass* klass) {
    guint n = 0;
    GParamSpec** specs = g_object_class_list_properties(klass, &n);
    std::vector<std::string> names;
    for (guint i = 0; i < n; i++) {
        const std::string_view name = specs[i]->name;
        if ((specs[i]->flags & G_PARAM_WRITABLE) != 0 && name != "name" && name != "parent") names.emplace_back(name);
    }
    g_free(specs);
    return names;
}

}  // namespace trunkline::graph
