#pragma once
// JSON Schema, draft 7, for the params of a graph. The only file pair that knows the validator library.
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "engine/graph/yaml_tree.h"

namespace trunkline::graph {

/// Checks one param's schema as written: keywords known, their values of the right kind, patterns bounded, the default
/// fitting. Problems go to `out` with their places.
void check_param_schema(const Tree& schema, const std::string& param, Diagnostics& out);

struct SchemaProblem {
    std::string field;  ///< "greeting", "address.street"; empty = the whole
    std::string message;
};
/// Validates a JSON text. Bounded: at most 256 KiB and 32 levels.
std::vector<SchemaProblem> validate_json(const std::string& schema_json, const std::string& value_json);

}  // namespace trunkline::graph
