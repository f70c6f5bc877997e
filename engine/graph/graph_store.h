#pragma once
// The graphs of a directory, compiled, by name. reload() takes good files over and keeps the old plan of a bad one, so
// a slip of the pen never stops a running service. Any thread.
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/loader.h"
#include "engine/graph/plan.h"

namespace trunkline::graph {

class GraphStore {
  public:
    struct Report {
        Diagnostics diagnostics;
        std::vector<std::string> loaded;   ///< new or changed
        std::vector<std::string> same;     ///< hash as before
        std::vector<std::string> kept;     ///< the file is bad, the old plan stays
        std::vector<std::string> removed;  ///< the file is gone
        std::vector<std::string> refused;  ///< the file is bad and there is no older plan
        bool ok() const { return !has_errors(diagnostics); }
    };

    /// `paths`: directories (every *.yaml in them; files without nodes are libraries and skipped) and single files.
    GraphStore(std::vector<std::string> paths, LoadOptions load, CompileOptions compile = {});

    Report reload();
    /// nullptr when there is no such graph.
    PlanPtr find(std::string_view name) const;
    std::vector<PlanPtr> all() const;

  private:
    std::vector<std::string> paths_;
    LoadOptions load_;
    CompileOptions compile_;
    mutable std::mutex mutex_;  // guards plans_
    std::mutex reload_mutex_;   // one reload at a time
    std::map<std::string, PlanPtr, std::less<>> plans_;
};

}  // namespace trunkline::graph
