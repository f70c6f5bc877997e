// Graphs by name, and their replacement while the service runs.
#include "engine/graph/graph_store.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "engine/graph/yaml_tree.h"

namespace trunkline::graph {
namespace {

namespace fs = std::filesystem;

/// Every graph file of the paths, sorted, so that reports are stable.
std::vector<std::string> list_files(const std::vector<std::string>& paths, Diagnostics& out) {
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        std::error_code error;
        if (!fs::is_directory(path, error)) {
            files.push_back(path);
            continue;
        }
        for (const auto& entry : fs::directory_iterator(path, error)) {
            const auto extension = entry.path().extension();
            if (extension == ".yaml" || extension == ".yml") files.push_back(entry.path().lexically_normal().string());
        }
        if (error) report(out, "file-not-found", {path, 0, 0}, "cannot read the directory: " + error.message());
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

GraphStore::GraphStore(std::vector<std::string> paths, LoadOptions load, CompileOptions compile_options)
    : paths_(std::move(paths)), load_(std::move(load)), compile_(std::move(compile_options)) {}

GraphStore::Report GraphStore::reload() {
    const std::lock_guard one_at_a_time(reload_mutex_);
    Report report_out;
    std::map<std::string, PlanPtr, std::less<>> old;
    {
        const std::lock_guard lock(mutex_);
        old = plans_;
    }
    std::map<std::string, PlanPtr, std::less<>> fresh;
    for (const std::string& file : list_files(paths_, report_out.diagnostics)) {
        LoadResult loaded = load_graph(file, load_);
        PlanResult compiled = compile(loaded.graph, compile_);
        const bool bad = !loaded.ok() || !compiled.plan;
        auto& all = report_out.diagnostics;
        all.insert(all.end(), loaded.diagnostics.begin(), loaded.diagnostics.end());
        all.insert(all.end(), compiled.diagnostics.begin(), compiled.diagnostics.end());
        if (bad) {
            // The plan this file made last time, whatever the broken file calls itself now.
            const auto before =
                std::find_if(old.begin(), old.end(), [&](const auto& p) { return p.second->file == file; });
            if (before != old.end()) fresh.insert(*before);
            (before == old.end() ? report_out.refused : report_out.kept)
                .push_back(before == old.end() ? file : before->first);
            continue;
        }
        if (loaded.graph.is_library()) continue;
        const std::string& name = compiled.plan->name;
        if (const auto other = fresh.find(name); other != fresh.end()) {
            report(all, "duplicate-name", {file, 1, 1},
                   "the graph \"" + name + "\" is also defined by " + other->second->file);
            report_out.refused.push_back(file);
            continue;
        }
        const auto before = old.find(name);
        const bool same = before != old.end() && before->second->hash == compiled.plan->hash;
        (same ? report_out.same : report_out.loaded).push_back(name);
        // Also when the hash is the same: a secret may have changed, and secrets are not part of it.
        fresh[name] = compiled.plan;
    }
    for (const auto& [name, plan] : old) {
        if (!fresh.contains(name)) report_out.removed.push_back(name);
    }
    sort_diagnostics(report_out.diagnostics);
    const std::lock_guard lock(mutex_);
    plans_ = std::move(fresh);
    return report_out;
}

PlanPtr GraphStore::find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto at = plans_.find(name);
    return at == plans_.end() ? nullptr : at->second;
}

std::vector<PlanPtr> GraphStore::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<PlanPtr> plans;
    for (const auto& [name, plan] : plans_) plans.push_back(plan);
    return plans;
}

}  // namespace trunkline::graph
