#pragma once
// The merged tree -> Graph, strictly: every key known, every value of the right kind, profiles laid under their nodes.
#include "engine/graph/loader.h"
#include "engine/graph/substitute.h"
#include "engine/graph/yaml_tree.h"

namespace trunkline::graph {

/// Fills `graph` with what can be understood; problems go to the scope's diagnostics.
void read_graph(const Tree& root, const SubstitutionScope& scope, Graph& graph);

/// Reads the `links` section (reader_links.cc).
void read_links(const Tree& links, Graph& graph, Diagnostics& out);
/// Reads `nodes`, or the profiles of a library (reader_nodes.cc).
void read_nodes(const Tree& root, const SubstitutionScope& scope, Graph& graph);

/// A name of a node, link, param or profile: a lower-case letter, then letters, digits, "-" and "_"; at most 63.
bool is_good_name(std::string_view name);
void report_bad_name(Diagnostics& out, const char* what, const std::string& name, const SourceMark& mark);

/// The resolved form as JSON, keys sorted, secrets as "$secret.NAME" (canonical.cc).
std::string canonical_json(const Graph& graph);

}  // namespace trunkline::graph
