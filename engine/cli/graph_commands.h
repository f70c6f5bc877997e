#pragma once
// What `trunkline lint|plan|resolve|schema|diff` do, without the command-line parser: plain options in, text out, exit
// codes back (0 fine, 1 something is wrong with a graph, 2 wrong usage). gst_init() and the elements must be there.
#include <ostream>
#include <string>
#include <vector>

#include "engine/graph/loader.h"
#include "engine/graph/plan.h"

namespace trunkline::cli {

struct GraphCommand {
    std::string format = "text";  ///< lint: text, json, sarif; the others: text, json
    bool color = false;           ///< callers pass isatty(1) && !NO_COLOR
    graph::LoadOptions load;
    graph::CompileOptions compile;
};

/// Checks every graph (paths or names) and prints all diagnostics. Warnings alone are exit 0.
int lint(const std::vector<std::string>& graphs, const GraphCommand& command, std::ostream& out);

struct PlanCommand : GraphCommand {
    std::string graph;
    std::string carrier;  ///< only this carrier's wiring; empty = all
    bool dot = false;     ///< Graphviz text instead of the table
    bool svg = false;     ///< a picture; needs the `dot` program
};
int plan(const PlanCommand& command, std::ostream& out, std::ostream& err);
/// The merged and substituted file, secrets masked.
int resolve(const std::string& graph, const GraphCommand& command, std::ostream& out, std::ostream& err);
/// The JSON Schema of the graph's params.
int schema(const std::string& graph, const GraphCommand& command, std::ostream& out, std::ostream& err);
/// What differs in structure between two graphs: nodes, settings, links, params, limits. Exit 0 also when they differ.
int diff(const std::string& a, const std::string& b, const GraphCommand& command, std::ostream& out, std::ostream& err);

}  // namespace trunkline::cli
