// A graph file as anybody could write it. Beyond not crashing: every diagnostic has a place inside the text, every
// format can be written, and no secret's text appears in what people see.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/core/json.h"
#include "engine/graph/diagnostic.h"
#include "engine/graph/loader.h"

using namespace trunkline;
using namespace trunkline::graph;

namespace {

constexpr const char* kSecret = "Zq9-secret-text";

void must_be_json(const std::string& text) {
    if (!Json::parse(text, {.max_bytes = 64U << 20, .max_depth = 128})) std::abort();
}

void check_places(const Diagnostics& diagnostics, const std::string& text) {
    const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
    for (const Diagnostic& d : diagnostics) {
        if (d.code.empty() || d.message.empty() || d.line < 0 || d.line > lines + 1 || d.column < 0) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    LoadOptions options;
    options.env = [](const std::string& name) {
        return name.size() % 2 == 0 ? std::optional<std::string>("30s") : std::nullopt;
    };
    options.secret = [](const std::string&) { return std::optional<std::string>(kSecret); };
    // Every import finds one and the same small library, or the text itself once more.
    options.read_file = [&](const std::string& path) -> Result<std::string> {
        if (path.size() % 2 == 0) return text;
        return "trunkline: 1\nprofiles:\n  deepgram: {element: deepgramagent, api-key: $secret.KEY}\n";
    };
    const LoadResult result = load_graph_text(text, "graphs/fuzz.yaml", options);
    check_places(result.diagnostics, text);
    format_text(result.diagnostics);
    must_be_json(format_json(result.diagnostics));
    must_be_json(format_sarif(result.diagnostics));
    must_be_json(result.graph.canonical_json);
    if (text.find("Zq9") == std::string::npos && result.graph.canonical_json.find(kSecret) != std::string::npos)
        std::abort();
    return 0;
}
