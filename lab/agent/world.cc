// What every session of a lab shares, made before the first call.
#include "lab/agent/brain.h"
#include "lab/agent/door.h"

namespace trunkline::lab::agent {
namespace {

void warm(SpeechLibrary& library, const Brain& brain) {
    const auto all = [&](const Reply& reply) {
        for (const std::string& line : reply.say) {
            if (line.find("{result}") == std::string::npos) (void)library.speech(line);
        }
        (void)library.speech(reply.say_unanswered);
    };
    if (const std::string greeting = greeting_of(brain); !greeting.empty()) (void)library.speech(greeting);
    for (const Rule& rule : brain.rules) all(rule.reply);
    all(brain.fallback);
}

}  // namespace

Result<World> make_world(const SpeechOptions& speech, const Brain& brain) {
    auto library = SpeechLibrary::open(speech);
    if (!library) return tl::unexpected<Error>(library.error());
    auto known = std::make_shared<KnownSpeech>();
    const std::vector<std::string> callers = brain.callers.empty() ? (*library)->names() : brain.callers;
    for (const std::string& one : callers) {
        auto recording = (*library)->speech(one);
        if (!recording) return tl::unexpected<Error>(recording.error());
        known->add(*recording);
    }
    warm(**library, brain);
    World world;
    world.library = *library;
    world.known = std::move(known);
    return world;
}

}  // namespace trunkline::lab::agent
