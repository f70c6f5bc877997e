// One function per message that means something; the rest is informational.
#include "elements/deepgram/talk.h"

#include "engine/core/log.h"

namespace trunkline::deepgram {

Talk::Talk(Shard* shard, CallContext* call, gst::LiveSourcePad* src, const AgentConfig& config, SessionOptions session,
           Settings settings, agent::TalkHooks hooks)
    : agent::Talk(shard, call, src,
                  {.backend = "deepgram",
                   .chunk = std::chrono::milliseconds(config.chunk / 1'000'000),
                   .tools = tool_options_of(config, call ? call->facts->call_id() : std::string())},
                  std::move(hooks)),
      settings_(std::move(settings)),
      config_name_(config_name(config)),
      session_(shard, std::move(session), this),
      injector_(shard, {.send = [this](std::string message) { return session_.send_text(std::move(message)); },
                        .gave_up = [this](const std::string& why) { error_fact("injection-refused", why, false); }}) {}

void Talk::answer_tool(const agent::ToolCall& call, std::string_view content, std::string_view) {
    const FunctionCall asked{call.id, call.name, call.arguments, true, call.tag};
    session_.send_text(write_function_response(asked, content));
    session_.remember({asked, std::string(content)});
}

void Talk::on_message(const ServerMessage& message) {
    std::visit([this](const auto& m) { on(m); }, message);
}

void Talk::on(const ConversationText& said) {
    const bool user = said.role == Role::kUser;
    if (user) {
        user_done();
    } else if (call()) {
        call()->turns->agent_text();
    }
    replies().open_gate();
    transcript({.user = user,
                .text = said.content,
                .language = said.languages.empty() ? std::string_view() : said.languages.front()});
}

void Talk::on(const FunctionCallRequest& request) {
    replies().open_gate();
    for (const FunctionCall& call : request.functions) {
        if (call.client_side) tools().start({call.id, call.name, call.arguments, call.thought_signature});
    }
}

void Talk::on(const FunctionCallCancelled& cancelled) {
    for (const FunctionCall& call : cancelled.functions) tools().cancel(call.id);
}

void Talk::on(const AgentAudioDone&) {
    replies().audio_done();
    injector_.on_agent_silent();
}

void Talk::on(const Warning& warning) {
    log_warn(component(), "the voice agent warns",
             {{"call_id", call_id()}, {"code", warning.code}, {"description", warning.description}});
    error_fact(warning.code, warning.description, true);
    if (warning.code.starts_with("INJECT_AGENT_MESSAGE_DURING")) injector_.on_refused(warning.description);
}

}  // namespace trunkline::deepgram
