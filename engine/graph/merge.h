#pragma once
// The merging rule, on trees: maps merge by key, the nearer file wins, lists and scalars are replaced, null deletes.
#include "engine/graph/yaml_tree.h"

namespace trunkline::graph {

/// `base` with `nearer` laid over it. A null in `nearer` removes the key of `base`; one with nothing to remove stays.
Tree merge_trees(Tree base, const Tree& nearer);
/// The same for two whole files: in a node, `element`, `profile` and `graph` replace each other.
Tree merge_files(Tree base, const Tree& nearer);
/// Lays two imports side by side; an entry (nodes.x, profiles.x, params.x, …) that both define is an error.
void join_imports(Tree& first, const Tree& second, Diagnostics& out);

}  // namespace trunkline::graph
