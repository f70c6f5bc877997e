// Durations, as graph files write them: what is read can be written in one unit and reads back.
#include "engine/graph/duration.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;
using graph::format_duration, graph::parse_duration;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text = text_of({data, size});
    const auto ns = parse_duration(text);
    if (!ns) return 0;
    must(text.find_first_of("hmsun") != std::string_view::npos, "a duration has a unit");
    const auto whole = static_cast<uint64_t>(*ns < 0 ? -*ns : *ns);
    must(parse_duration(format_duration(whole)) == static_cast<int64_t>(whole), "what is written reads back");
    const std::string opposite = text.starts_with('-') ? std::string(text.substr(1)) : "-" + std::string(text);
    must(parse_duration(opposite) == -*ns, "a sign turns it round");
    return 0;
}
