#pragma once
// A graph file as the fuzzer sees it: an environment, a secret that must not come out again, and imports.
#include "engine/graph/diagnostic.h"
#include "engine/graph/loader.h"
#include "tests/fuzz/properties.h"

namespace trunkline::fuzz {

constexpr const char* kSecret = "Zq9-secret-text";

inline graph::LoadResult load_fuzzed(const std::string& text) {
    graph::LoadOptions options;
    options.env = [](const std::string& name) {
        return name.size() % 2 == 0 ? std::optional<std::string>("30s") : std::nullopt;
    };
    options.secret = [](const std::string&) { return std::optional<std::string>(kSecret); };
    // Every import finds one and the same small library, or the text itself once more.
    options.read_file = [&](const std::string& path) -> Result<std::string> {
        if (path.size() % 2 == 0) return text;
        return "trunkline: 1\nprofiles:\n  deepgram: {element: deepgramagent, api-key: $secret.KEY}\n";
    };
    return graph::load_graph_text(text, "graphs/fuzz.yaml", options);
}

/// Every diagnostic has a code, a message and a place inside the text, in every format.
inline void must_have_places(const graph::Diagnostics& diagnostics, const std::string& text) {
    const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
    for (const graph::Diagnostic& d : diagnostics) {
        must_explain({d.code, d.message});
        must(d.line >= 0 && d.line <= lines + 1 && d.column >= 0, "a problem has a place in the text");
        must(d.message.find(kSecret) == std::string::npos || text.find("Zq9") != std::string::npos,
             "no message tells a secret");
    }
    (void)graph::format_text(diagnostics);
    must_be_json(graph::format_json(diagnostics));
    must_be_json(graph::format_sarif(diagnostics));
}

}  // namespace trunkline::fuzz
