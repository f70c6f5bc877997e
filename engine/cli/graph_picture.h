#pragma once
// A plan as a picture: Graphviz text, or SVG through the `dot` program.
#include <string>
#include <string_view>

#include "engine/core/result.h"
#include "engine/graph/plan.h"

namespace trunkline::cli {

std::string plan_dot(const graph::Plan& plan, std::string_view carrier);
/// Error "no-graphviz" when the program is not installed.
Result<std::string> dot_to_svg(const std::string& dot);

}  // namespace trunkline::cli
