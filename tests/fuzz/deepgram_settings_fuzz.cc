// A settings file and the properties of the element: up to four lines of properties, the rest is the file. What is
// built can be sent, and reading the message as a settings file gives the same message.
#include "elements/deepgram/deepgram_settings.h"
#include "elements/deepgram/settings_check.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;
using namespace trunkline::deepgram;

namespace {

SettingsOptions options_of(std::string_view text) {
    SettingsOptions o;
    o.file_name = "agent.json";
    while (!text.empty() && text.front() != '{' && text.front() != '[') {
        const std::string_view line = take_line(text);
        const std::string_view name = line.substr(0, line.find('='));
        const std::string value(line.substr(std::min(line.size(), name.size() + 1)));
        if (name == "greeting") o.greeting = value;
        if (name == "prompt") o.prompt = value;
        if (name == "language") o.language = value;
        if (name == "listen") o.listen_model = value;
        if (name == "think") o.think_model = value;
        if (name == "speak") o.speak_model = value;
        if (name == "functions") o.functions = value;
        if (name == "tags") o.tags = value;
        if (name == "agent") o.agent_id = value;
        if (name == "history") o.history = value == "yes";
    }
    o.file_text = text;
    return o;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const SettingsOptions options = options_of(text_of({data, size}));
    const auto settings = Settings::build(options);
    if (!settings) {
        must(settings.error().code == "bad-settings", "bad settings are refused as such");
        must_explain(settings.error());
        return 0;
    }
    const std::string message = settings->message({}, {});
    const auto doc = Json::parse(message, {.max_bytes = 64U << 20, .max_depth = 128});
    must(doc.has_value(), "what we write is JSON");
    must((*doc)["type"].text_or("") == "Settings", "the message says what it is");
    must((*doc)["audio"]["output"]["container"].text_or("") == "none", "no container goes to a telephone");
    must(check_settings(*doc, "").has_value(), "what is sent passes the checks");
    SettingsOptions again;
    again.file_text = message;
    const auto second = Settings::build(again);
    if (message.size() < (1U << 20)) must(second && second->message({}, {}) == message, "settings are stable");
    return 0;
}
