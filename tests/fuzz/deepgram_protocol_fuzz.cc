// What the voice agent or a settings file may hold: first byte 'S' = a settings file, else a text frame of the server.
// Beyond not crashing: whatever is written from it must be JSON again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "elements/deepgram/deepgram_protocol.h"
#include "elements/deepgram/deepgram_settings.h"

using namespace trunkline;
using namespace trunkline::deepgram;

namespace {

void must_be_json(std::string_view text) {
    if (!Json::parse(text, {.max_bytes = 64U << 20, .max_depth = 128})) std::abort();
}

void server_message(std::string_view text) {
    auto message = parse_server_message(text);
    if (!message) return;
    if (const auto* request = std::get_if<FunctionCallRequest>(&*message)) {
        for (const FunctionCall& call : request->functions) must_be_json(write_function_response(call, call.arguments));
    } else if (const auto* said = std::get_if<ConversationText>(&*message)) {
        must_be_json(write_inject_user(said->content));
        const auto settings = Settings::build({});
        const Past past = *said;
        must_be_json(settings->message({}, {}, {&past, 1}));
    }
}

void settings_file(std::string_view text) {
    auto settings = Settings::build({.file_name = "f", .file_text = std::string(text), .prompt = "p"});
    if (settings) must_be_json(settings->message({}, {}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (text.starts_with('S')) {
        settings_file(text.substr(1));
    } else {
        server_message(text);
    }
    return 0;
}
