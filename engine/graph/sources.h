#pragma once
// The files behind a graph: reads them (bounded), follows `extends` and `import`, finds cycles, and merges.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/graph/loader.h"
#include "engine/graph/yaml_tree.h"

namespace trunkline::graph {

class Sources {
  public:
    Sources(const LoadOptions& options, Diagnostics& out) : options_(options), out_(out) {}

    /// The merged tree of `file`; an empty map after errors.
    Tree load(const std::string& file);
    Tree load_text(const std::string& text, const std::string& file);
    /// Every file read, in order.
    const std::vector<std::string>& files() const { return files_; }

  private:
    Tree follow(Tree own, const std::string& file);
    Tree load_imports(const Tree& list, const std::string& file);
    /// The merged tree of a file named in another file.
    Tree load_named(const Tree& name, const std::string& from, const char* key);
    void check_top_level(const Tree& tree, const std::string& file);

    const LoadOptions& options_;
    Diagnostics& out_;
    std::vector<std::string> files_;
    std::vector<std::string> chain_;      // files being followed, outermost first
    std::map<std::string, Tree> merged_;  // each file is parsed and merged once
};

/// Turns a name or path into a path; reports when there is no such file.
std::string find_graph_file(const std::string& path_or_name, const LoadOptions& options, Diagnostics& out);
/// A file of at most `max_bytes`. Errors: "file-not-found", "file-too-large".
Result<std::string> read_bounded_file(const std::string& path, size_t max_bytes);

}  // namespace trunkline::graph
