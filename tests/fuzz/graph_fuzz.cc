// A graph file as anybody could write it, up to the resolved form: every problem has a place inside the text, and no
// secret's text appears in what people see.
#include "tests/fuzz/graph_text.h"

using namespace trunkline;
using namespace trunkline::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string text(text_of({data, size}));
    const graph::LoadResult result = load_fuzzed(text);
    must_have_places(result.diagnostics, text);
    must_be_json(result.graph.canonical_json);
    must(result.graph.canonical_json.find(kSecret) == std::string::npos || text.find("Zq9") != std::string::npos,
         "the resolved form tells no secret");
    must(result.graph.sources.size() <= 33, "the number of files is bounded");
    return 0;
}
