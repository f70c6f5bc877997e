#pragma once
// A value of the file -> a GObject property: type, range, nick, unit. Used when compiling and, for per-call values,
// when building.
#include <glib-object.h>

#include <optional>
#include <string>
#include <vector>

#include "engine/graph/graph.h"

namespace trunkline::graph {

/// A GValue that cleans up after itself.
class OwnedValue {
  public:
    OwnedValue() = default;
    OwnedValue(OwnedValue&& o) noexcept : value_(o.value_) { o.value_ = G_VALUE_INIT; }
    OwnedValue& operator=(OwnedValue&& o) noexcept {
        std::swap(value_, o.value_);
        return *this;
    }
    ~OwnedValue() {
        if (G_IS_VALUE(&value_)) g_value_unset(&value_);
    }
    GValue* init(GType type) { return g_value_init(&value_, type); }
    GValue* get() { return &value_; }
    const GValue* get() const { return &value_; }
    bool is_set() const { return G_IS_VALUE(&value_); }

  private:
    GValue value_ = G_VALUE_INIT;
};

struct PropertyProblem {
    std::string code;  ///< wrong-type, out-of-range, unknown-value, duration-needs-unit, bad-duration
    std::string message;
    std::string nearest;
};

/// Converts a constant value (not a template) for the property.
std::optional<PropertyProblem> convert_property(GParamSpec* spec, const Value& value, OwnedValue& to);
/// A time in nanoseconds: a 64-bit integer whose description names nanoseconds ("… (ns)", "in nanoseconds", "in ns,
/// …"). Such a property takes durations with a unit and nothing else.
bool is_duration_property(GParamSpec* spec);
/// What the property takes, for people: "a duration such as 120ms", "true or false", "a whole number from 0 to 10".
std::string describe_property(GParamSpec* spec);
/// Whether a param of these JSON types can fill the property ("string", "integer", …; empty = unknown, accepted).
bool param_can_fill(GParamSpec* spec, const std::vector<std::string>& json_types);
/// Names of the class's properties that a file may set.
std::vector<std::string> settable_properties(GObjectClass* klass);
/// Whether a list or map may be given and is passed as JSON text: a text property whose description says JSON.
bool takes_json(GParamSpec* spec);

}  // namespace trunkline::graph
