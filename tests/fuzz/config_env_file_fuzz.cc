// A .env file. What it holds never wins over the environment, and a value stays in its line.
#include "engine/graph/loader.h"
#include "tests/fuzz/memory_file.h"

using namespace trunkline;
using namespace trunkline::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text = text_of({data, size});
    const MemoryFile file(text);
    const auto lookup = graph::with_env_file(file.path(), [](const std::string& name) -> std::optional<std::string> {
        return name == "SET" ? std::optional<std::string>("by the environment") : std::nullopt;
    });
    must(lookup("SET") == "by the environment", "the environment wins");
    must(!lookup("a name that\nno line can have"), "a name is in one line");
    for (std::string_view rest = text; !rest.empty();) {
        const std::string_view line = take_line(rest);
        const std::string name(line.substr(0, line.find('=')));
        const auto value = lookup(name);
        if (!value || name == "SET") continue;
        must(value->size() <= size && value->find('\n') == std::string::npos, "a value is part of one line");
        must(text.find(*value) != std::string_view::npos, "a value stands in the file");
    }
    return 0;
}
