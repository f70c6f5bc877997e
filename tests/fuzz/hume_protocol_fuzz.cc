// A text frame of Hume's server. What is read is bounded, and what is answered to it is JSON.
#include <cmath>

#include "elements/hume/hume_protocol.h"
#include "elements/hume/hume_settings.h"
#include "elements/hume/session_rules.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;
using namespace trunkline::hume;

namespace {

void check(const std::optional<Scores>& scores) {
    if (!scores) return;
    for (const double score : *scores) must(score >= 0 && score <= 1, "a score is 0 to 1");
    const Mood mood = mood_of(*scores);
    must(mood.confidence >= 0 && mood.confidence <= 1, "a share is 0 to 1");
    must(mood.net >= -1 && mood.net <= 1, "the net is a share too");
    const auto top = top_three(*scores);
    must((*scores)[top[0]] >= (*scores)[top[1]] && (*scores)[top[1]] >= (*scores)[top[2]], "highest first");
}

struct Answer {
    void operator()(const UserMessage& said) const {
        check(said.scores);
        must_be_json(write_user_input(said.content));
        must_be_json(write_assistant_input(said.content));
        must_be_json(write_prompt(said.content));
        must_be_json(write_context(said.content));
    }
    void operator()(const AssistantMessage& said) const {
        must(said.id.size() <= 128, "an id is bounded");
        check(said.scores);
    }
    void operator()(const AssistantProsody& heard) const { check(heard.scores); }
    void operator()(const AudioOutput& audio) const {
        must(audio.id.size() <= 128, "an id is bounded");
        must(audio.index >= -1, "an index is none or from 0");
    }
    void operator()(const ToolCallRequest& call) const {
        must(!call.id.empty(), "a tool call can be answered");
        must_be_json(write_tool_response(call.id, call.name, call.tool_type, call.parameters));
        must_be_json(write_tool_error(call.id, call.tool_type, call.parameters, call.parameters));
    }
    void operator()(const ChatMetadata& chat) const {
        must(!chat.chat_id.empty(), "a chat has an id");
        static const auto settings = Settings::build({});
        const std::string address = settings->address("wss://h/p", "k", chat.chat_group_id);
        must(address.find_first_of(" \r\n\"<>") == std::string::npos, "an id cannot break out of the address");
    }
    void operator()(const ServerError& error) const { (void)kind_of_error(error.code); }
    void operator()(const UnknownMessage& unknown) const {
        must(unknown.type != "audio_output" && unknown.type != "error", "known types are known");
    }
    template <class T>
    void operator()(const T&) const {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto message = parse_server_message(text_of({data, size}));
    if (message) {
        std::visit(Answer{}, *message);
    } else {
        must_explain(message.error());
    }
    return 0;
}
