#pragma once
// Reads a call-graph file: YAML text -> imports, extends, profiles -> merged -> substituted -> Graph. Every problem of
// every file involved is reported in one run; nothing throws. Files are hostile: size and nesting are bounded.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "engine/graph/diagnostic.h"
#include "engine/graph/graph.h"

namespace trunkline::graph {

using Lookup = std::function<std::optional<std::string>(const std::string& name)>;

struct LoadOptions {
    Lookup env;     ///< `$env.X`; unset = the process environment
    Lookup secret;  ///< `$secret.X`; unset = a file X in $TRUNKLINE_SECRETS_DIR, else `env`
    std::vector<std::string>
        search;                   ///< directories in which a bare name ("support") is looked up; default ./graphs, .
    size_t max_bytes = 1U << 20;  ///< per file
    int max_depth = 32;           ///< nesting of maps and lists
    size_t max_files = 32;        ///< files read through imports and extends
    bool placeholders = false;    ///< a missing env or secret stands for "some value" instead of being an error
    /// Reads a file; unset = the file system. Tests and fuzzers hand in their own.
    std::function<Result<std::string>(const std::string& path)> read_file;
};

struct LoadResult {
    Graph graph;  ///< what could be understood; only complete when there is no error
    Diagnostics diagnostics;
    bool ok() const { return !has_errors(diagnostics); }
};

/// Loads "path/to/graph.yaml" or a name found in `options.search` as <name>.yaml.
LoadResult load_graph(const std::string& path_or_name, const LoadOptions& options = {});
/// Loads from memory; `file` is the name used in messages and the base of relative imports.
LoadResult load_graph_text(const std::string& text, const std::string& file, const LoadOptions& options = {});

/// Lookup of NAME=value lines (a .env file: comments, `export`, quotes) falling behind `first`.
Lookup with_env_file(const std::string& path, Lookup first);

}  // namespace trunkline::graph
