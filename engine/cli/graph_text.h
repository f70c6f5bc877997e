#pragma once
// Plans, resolved files and differences as text.
#include <ostream>
#include <string>
#include <string_view>

#include "engine/graph/plan.h"

namespace trunkline::cli {

/// Tables of nodes and links of every wiring (of `carrier` only, unless empty), and the sums.
void print_plan(const graph::Plan& plan, std::string_view carrier, std::ostream& out);
std::string plan_json(const graph::Plan& plan, std::string_view carrier);
/// The resolved form as a YAML file that loads again.
std::string resolved_yaml(const std::string& canonical_json);
/// JSON text, indented.
std::string indented(const std::string& json);
/// What differs between two resolved forms; empty text (or "[]") when nothing does.
std::string difference_text(const std::string& canonical_a, const std::string& canonical_b);
std::string difference_json(const std::string& canonical_a, const std::string& canonical_b);

}  // namespace trunkline::cli
