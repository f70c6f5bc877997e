// One function per message that means something; the rest is informational.
#include "elements/deepgram/talk.h"

#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/gst/event_pad.h"

namespace trunkline::deepgram {
namespace {

constexpr std::string_view kComponent = "deepgram";

std::string call_id_of(const CallContext* call) { return call ? call->facts->call_id() : std::string(); }

}  // namespace

Talk::Talk(Shard* shard, CallContext* call, gst::LiveSourcePad* src, const AgentConfig& config, SessionOptions session,
           const Settings& settings, TalkHooks hooks)
    : call_(call),
      src_(src),
      hooks_(std::move(hooks)),
      config_name_(config_name(config)),
      session_(shard, std::move(session), this),
      caller_(shard, std::chrono::milliseconds(config.chunk / 1'000'000),
              [this](std::span<const uint8_t> audio, int64_t ingress_ns, bool voiced) {
                  session_.send_audio(audio);
                  if (call_) call_->turns->caller_frame(ingress_ns, monotonic_ns(), voiced);
              }),
      replies_(shard, src, call ? call->turns : nullptr,
               [this](std::string_view type, std::string fields, uint64_t epoch) {
                   hooks_.fact(type, std::move(fields), epoch);
               }),
      tools_(shard, tool_options_of(config, call_id_of(call)),
             {.known = [settings](std::string_view name) { return settings.may_be_asked(name); },
              .send = [this](std::string message) { session_.send_text(std::move(message)); },
              .done = [this](PastCall done) { session_.remember(std::move(done)); },
              .fact = [this](std::string_view type, std::string fields) { hooks_.fact(type, std::move(fields), 0); }}),
      injector_(shard, {.send = [this](std::string message) { return session_.send_text(std::move(message)); },
                        .gave_up = [this](const std::string& why) { error_fact("injection-refused", why, false); }}) {}

void Talk::configure(const Settings& settings, AudioFormat input, AudioFormat output) {
    caller_.set_format(input);
    replies_.set_format(output);
    session_.configure(settings, input, output);
}

void Talk::inject_user(std::string_view text) {
    if (!session_.send_text(write_inject_user(text)))
        error_fact("not-sent", "the voice agent takes no messages now", true);
}

void Talk::tool_result(const std::string& id, std::string content) {
    if (tools_.result(id, std::move(content))) return;
    log_warn(kComponent, "the result of a tool that does not run was dropped", {{"tool_call_id", id}});
}

void Talk::finish() {
    caller_.flush();
    tools_.abandon("the call ended");
    replies_.finish();
    session_.close();
}

void Talk::on_ready(const std::string& request_id) {
    log_info(kComponent, "the voice agent is ready", {{"call_id", call_id_of(call_)}, {"request_id", request_id}});
    if (call_ && call_->backend_known) call_->backend_known("deepgram", config_name_, request_id);
}

void Talk::on_message(const ServerMessage& message) {
    std::visit([this](const auto& m) { on(m); }, message);
}

void Talk::on_audio(std::span<const uint8_t> audio) {
    const GstFlowReturn flow = replies_.audio(audio);
    if (flow >= GST_FLOW_OK || flow == GST_FLOW_FLUSHING || flow == GST_FLOW_EOS) return;
    // Nobody takes the agent's audio: there is no call to be had.
    session_.close();
    on_end({.failed = true,
            .code = flow == GST_FLOW_NOT_LINKED ? "not-linked" : "downstream-failed",
            .message = std::string("the agent's audio cannot go on downstream: ") + gst_flow_get_name(flow)});
}

void Talk::on_reconnect(int attempt, std::string_view why) {
    log_warn(kComponent, "the voice agent is dialled again",
             {{"call_id", call_id_of(call_)}, {"attempt", attempt}, {"why", why}});
    tools_.abandon("the connection to the voice agent was lost");
    replies_.audio_done();
    hooks_.fact("reconnect", gst::fields([&](JsonWriter& w) {
                    w.field("message", why).field("retryable", true).field("attempt", attempt);
                }),
                0);
}

void Talk::on_end(const SessionEnd& end) {
    tools_.abandon("the connection to the voice agent ended");
    replies_.audio_done();
    hooks_.ended(end);
}

void Talk::on(const ConversationText& said) {
    replies_.open_gate();
    const bool user = said.role == Role::kUser;
    if (user) {
        replies_.audio_done();
        if (call_) call_->turns->user_done(monotonic_ns());
        if (std::exchange(user_speaks_, false)) {
            hooks_.fact("user.speech_stopped", gst::fields([](JsonWriter& w) { w.field("source", "backend"); }), 0);
        }
    } else if (call_) {
        call_->turns->agent_text();
    }
    hooks_.fact("transcript", gst::fields([&](JsonWriter& w) {
                    w.field("role", to_string(said.role)).field("text", said.content).field("final", true);
                    if (!said.languages.empty()) w.field("language", said.languages.front());
                }),
                0);
}

void Talk::on(const UserStartedSpeaking&) {
    const int64_t now = monotonic_ns();
    user_speaks_ = true;
    if (call_) call_->turns->user_speech(now);
    hooks_.fact("user.speech_started", gst::fields([](JsonWriter& w) { w.field("source", "backend"); }), 0);
    // Somebody downstream may want to decide; where there is nobody, the caller is always right.
    // Either way the interruption comes in the next loop turn, and what the server has sent by then has to wait for it.
    if (!gst::query_user_speech(src_->pad(), now)) hooks_.interrupt_soon();
    session_.hold();
    hooks_.resume_soon();
}

void Talk::on(const FunctionCallRequest& request) {
    replies_.open_gate();
    tools_.request(request);
}

void Talk::on(const AgentAudioDone&) {
    replies_.audio_done();
    injector_.on_agent_silent();
}

void Talk::on(const Warning& warning) {
    log_warn(kComponent, "the voice agent warns",
             {{"call_id", call_id_of(call_)}, {"code", warning.code}, {"description", warning.description}});
    error_fact(warning.code, warning.description, true);
    if (warning.code.starts_with("INJECT_AGENT_MESSAGE_DURING")) injector_.on_refused(warning.description);
}

void Talk::error_fact(std::string_view code, std::string_view message, bool retryable) {
    hooks_.fact("error", gst::fields([&](JsonWriter& w) {
                    w.field("code", code).field("message", message).field("retryable", retryable).field("fatal", false);
                }),
                0);
}

}  // namespace trunkline::deepgram
