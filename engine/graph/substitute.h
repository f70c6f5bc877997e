#pragma once
// One substitution: a scalar of the file becomes a Value. `$env` and `$secret` are replaced here, `$param` and `$call`
// become template parts for the builder.
#include <string>

#include "engine/graph/loader.h"
#include "engine/graph/yaml_tree.h"

namespace trunkline::graph {

struct SubstitutionScope {
    Lookup env;
    Lookup secret;
    bool placeholders = false;
    Diagnostics* out = nullptr;
};

/// What may be named in a place: everything in a node's settings, only the environment elsewhere.
enum class Allow { kAll, kEnv };

/// Reads a setting. Lists and maps become JSON text (with `$env` replaced inside).
Value read_value(const Tree& tree, const SubstitutionScope& scope, Allow allow);
/// JSON text of a tree without any substitution: keys in file order.
std::string tree_to_json(const Tree& tree);
/// A plain scalar by the YAML 1.2 core schema: null, bool, integer, number, else text.
Value plain_value(const Tree& tree);

}  // namespace trunkline::graph
