// A settings file, and the same bytes as the value of every environment variable in turn.
#include "engine/config/config.h"
#include "tests/fuzz/memory_file.h"

using namespace trunkline;
using namespace trunkline::fuzz;

namespace {

void must_be_usable(const Result<Config>& config) {
    if (!config) {
        must(config.error().code == "bad-config", "a bad setting is refused as one");
        return must_explain(config.error());
    }
    must(config->shards <= 256 && config->max_calls >= 1 && config->media_wait_ms >= 100 && config->drain_ms >= 0,
         "numbers keep their ranges");
    must(!config->database.empty() && !config->graphs.empty(), "what is needed is there");
    must(config->public_url.empty() || config->public_url.starts_with("http"), "the public address is an HTTP one");
    if (const auto safe = check_config(*config); !safe) must_explain(safe.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string text(text_of({data, size}));
    const auto nothing = [](const std::string&) -> std::optional<std::string> { return std::nullopt; };
    const MemoryFile file(text);
    const auto config = load_config(file.path(), nothing);
    must_be_usable(config);
    if (!config) {
        const auto place = config.error().message.find(file.path() + ":");
        must(place == 0, "the message begins with the file");
    }
    const MemoryFile empty("");
    for (const char* name : {"TRUNKLINE_PORT", "SERVER_URL", "DATABASE_URL", "TRUNKLINE_INSECURE", "TRUNKLINE_LOG",
                             "TRUNKLINE_SHARDS", "TRUNKLINE_MEDIA_WAIT_MS"}) {
        const auto one = load_config(empty.path(), [&](const std::string& asked) -> std::optional<std::string> {
            return asked == name ? std::optional(text) : std::nullopt;
        });
        must_be_usable(one);
        if (!one) must(one.error().message.find(name) != std::string::npos, "the message names the variable");
    }
    return 0;
}
