#pragma once
// What graph tests agree on: an environment, where files lie, GStreamer started once with the engine's elements.
#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include "engine/graph/loader.h"

namespace trunkline::graph {

inline std::string source_dir() {
    const char* dir = std::getenv("TRUNKLINE_SOURCE_DIR");
    return dir ? dir : ".";
}

/// An environment that holds just these names.
inline LoadOptions test_options() {
    static const std::map<std::string, std::string> kEnv = {{"HOOK_URL", "https://hooks.example/calls"}};
    static const std::map<std::string, std::string> kSecrets = {
        {"API_KEY", "s3cret-api-key"}, {"HOOK_SECRET", "s3cret-hook"}, {"DEEPGRAM_API_KEY", "s3cret-deepgram"}};
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

}  // namespace trunkline::graph
