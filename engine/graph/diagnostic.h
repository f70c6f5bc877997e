#pragma once
// What is wrong with a graph file, for people, programs and code hosts: file:line:column, a stable code, the nearest
// word.
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/graph.h"

namespace trunkline::graph {

enum class Severity { kError, kWarning, kNote };

struct Diagnostic {
    Severity severity = Severity::kError;
    std::string code;  ///< stable, kebab-case: "unknown-property"
    std::string file;
    int line = 0;  ///< 1-based; 0 = the file as a whole
    int column = 0;
    std::string message;
    std::string nearest;  ///< what was probably meant; empty = nothing is near
};
using Diagnostics = std::vector<Diagnostic>;

bool has_errors(const Diagnostics& diagnostics);
/// Orders by file, line, column, code and drops repeats.
void sort_diagnostics(Diagnostics& diagnostics);
/// `graph.yaml:4:7: error[unknown-property]: … (did you mean "x"?)`, one line each; ANSI colours only when asked.
std::string format_text(const Diagnostics& diagnostics, bool color = false);
/// A JSON array of {severity, code, file, line, column, message, nearest}.
std::string format_json(const Diagnostics& diagnostics);
/// A SARIF 2.1.0 log with one run.
std::string format_sarif(const Diagnostics& diagnostics);
/// The candidate closest to `word` by edit distance, if one is close enough to be a slip of the finger; else empty.
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace trunkline::graph
