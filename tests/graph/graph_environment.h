#pragma once
// What graph tests agree on: an environment, where files lie, GStreamer started once with the engine's elements.
#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include "engine/graph/loader.h"
#include "engine/graph/plan.h"

namespace trunkline::graph {

inline std::string source_dir() {
    const char* dir = std::getenv("TRUNKLINE_SOURCE_DIR");
    return dir ? dir : ".";
}

/// An environment that holds just these names.
inline LoadOptions test_options() {
    static const std::map<std::string, std::string> kEnv = {{"HOOK_URL", "https://hooks.example/calls"}};
    static const std::map<std::string, std::string> kSecrets = {{"API_KEY", "s3cret-api-key"},
                                                                {"HOOK_SECRET", "s3cret-hook"},
                                                                {"DEEPGRAM_API_KEY", "s3cret-deepgram"},
                                                                {"HUME_API_KEY", "s3cret-hume"}};
    const auto look = [](const std::map<std::string, std::string>& in) {
        return [&in](const std::string& name) -> std::optional<std::string> {
            const auto at = in.find(name);
            return at == in.end() ? std::nullopt : std::optional(at->second);
        };
    };
    LoadOptions options;
    options.env = look(kEnv);
    options.secret = look(kSecrets);
    return options;
}

/// Loads and compiles a text; the diagnostics of both.
inline PlanResult plan_text(const std::string& text, const LoadOptions& options = test_options()) {
    LoadResult loaded = load_graph_text(text, "graphs/test.yaml", options);
    PlanResult result = compile(loaded.graph);
    result.diagnostics.insert(result.diagnostics.begin(), loaded.diagnostics.begin(), loaded.diagnostics.end());
    if (has_errors(result.diagnostics)) result.plan = nullptr;
    return result;
}

/// "from.pad -> to.pad [caps]" of every link with that name.
inline std::string links_text(const Wiring& wiring, const std::string& link) {
    std::string text;
    for (const PlanLink& l : wiring.links) {
        if (l.name != link) continue;
        text += wiring.nodes[static_cast<size_t>(l.from)].name + "." + l.from_pad + " -> " +
                wiring.nodes[static_cast<size_t>(l.to)].name + "." + l.to_pad + " [" + l.caps + "]\n";
    }
    return text;
}

}  // namespace trunkline::graph
