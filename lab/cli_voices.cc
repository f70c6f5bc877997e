// `trunkline-lab voices`, and how the lab writes on a terminal.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "engine/core/json.h"
#include "lab/cli.h"

namespace trunkline::lab {

Paper::Paper() : terminal_(isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr) {}

std::string Paper::dyed(const char* code, const std::string& text) const {
    return terminal_ ? std::string("\033[") + code + "m" + text + "\033[0m" : text;
}

int run_voices(const SpeechOptions& options, const std::string& match, bool json) {
    auto library = SpeechLibrary::open(options);
    if (!library) {
        std::fprintf(stderr, "trunkline-lab: %s\n", library.error().message.c_str());
        return 2;
    }
    Paper paper;
    for (const auto& name : (*library)->names()) {
        const std::string text = (*library)->text_of(name);
        if (name.find(match) == std::string::npos && text.find(match) == std::string::npos) continue;
        if (json) {
            JsonWriter w;
            w.begin_object().field("name", name).field("text", text).end();
            std::printf("%s\n", w.text().c_str());
        } else {
            std::printf("%s  %s\n", paper.strong(name).c_str(), text.c_str());
        }
    }
    return 0;
}

}  // namespace trunkline::lab
