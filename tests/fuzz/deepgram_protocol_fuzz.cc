// A text frame of the voice agent's server. What is read is bounded, and what is answered to it is JSON.
#include "elements/deepgram/deepgram_protocol.h"
#include "elements/deepgram/deepgram_settings.h"
#include "elements/deepgram/session_rules.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;
using namespace trunkline::deepgram;

namespace {

struct Answer {
    void operator()(const FunctionCallRequest& request) const {
        must(request.functions.size() <= 128, "the list of functions is bounded");
        for (const FunctionCall& call : request.functions) {
            must(!call.id.empty(), "a function call can be answered");
            must_be_json(write_function_response(call, call.arguments));
            resume(PastCall{call, call.arguments});
        }
    }
    void operator()(const ConversationText& said) const {
        must(said.languages.size() <= 16, "the list of languages is bounded");
        must_be_json(write_inject_user(said.content));
        must_be_json(write_inject_agent(said.content, InjectBehavior::kQueue));
        must_be_json(write_update_prompt(said.content));
        resume(said);
    }
    void operator()(const AgentStartedSpeaking& latency) const {
        for (const auto& value : {latency.total_latency, latency.tts_latency, latency.ttt_latency})
            must(!value || (*value == *value && *value - *value == 0), "a latency is a finite number");
    }
    void operator()(const UnknownMessage& unknown) const {
        must(unknown.type != "Welcome" && unknown.type != "Error", "known types are known");
    }
    void operator()(const ServerError& error) const { (void)error_may_pass(error.code); }
    template <class T>
    void operator()(const T&) const {}

    /// A session that takes the place of a lost one tells what was said.
    static void resume(const Past& past) {
        static const auto settings = Settings::build({});
        must(settings.has_value(), "the defaults are settings");
        must_be_json(settings->message({}, {}, {&past, 1}));
    }
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
