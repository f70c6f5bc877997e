#include "engine/agent/talk.h"

#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/gst/event_pad.h"

namespace trunkline::agent {

Talk::Talk(Shard* shard, CallContext* call, gst::LiveSourcePad* src, TalkOptions options, TalkHooks hooks)
    : shard_(shard),
      call_(call),
      src_(src),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      caller_(
          shard, options_.chunk,
          [this](std::span<const uint8_t> audio, int64_t ingress_ns, bool voiced) {
              session().send_audio(audio);
              if (call_) call_->turns->caller_frame(ingress_ns, monotonic_ns(), voiced);
          },
          options_.whole_chunks),
      replies_(shard, src, call ? call->turns : nullptr,
               [this](std::string_view type, std::string fields, uint64_t epoch) {
                   hooks_.fact(type, std::move(fields), epoch);
               }),
      tools_(shard, options_.tools,
             {.known = [this](std::string_view name) { return tool_known(name); },
              .answer = [this](const ToolCall& tool, std::string_view content,
                               std::string_view error) { answer_tool(tool, content, error); },
              .fact = [this](std::string_view type, std::string fields) { fact(type, std::move(fields)); }}) {}

Talk::~Talk() = default;

std::string Talk::call_id() const { return call_ ? call_->facts->call_id() : std::string(); }

void Talk::configure(AudioFormat input, AudioFormat output) {
    caller_.set_format(input);
    replies_.set_format(output);
    begin(input, output);
}

void Talk::tool_result(const std::string& id, std::string content) {
    if (tools_.result(id, std::move(content))) return;
    log_warn(component(), "the result of a tool that does not run was dropped", {{"tool_call_id", id}});
}

bool Talk::send(std::string message) {
    if (session().send_text(std::move(message))) return true;
    error_fact("not-sent", "the voice agent takes no messages now", true);
    return false;
}

void Talk::finish() {
    finishing();
    caller_.flush();
    tools_.abandon("the call ended");
    replies_.finish();
    session().close();
}

void Talk::connected(const std::string& config, const std::string& session_id) {
    log_info(component(), "the voice agent is ready", {{"call_id", call_id()}, {"session_id", session_id}});
    if (call_ && call_->backend_known) call_->backend_known(component(), config, session_id);
}

void Talk::reconnecting(int attempt, std::string_view why) {
    log_warn(component(), "the voice agent is dialled again",
             {{"call_id", call_id()}, {"attempt", attempt}, {"why", why}});
    tools_.abandon("the connection to the voice agent was lost");
    replies_.audio_done();
    fact("reconnect", gst::fields([&](JsonWriter& w) {
             w.field("message", why).field("retryable", true).field("attempt", attempt);
         }));
}

void Talk::ended(const SessionEnd& end) {
    tools_.abandon("the connection to the voice agent ended");
    replies_.audio_done();
    hooks_.ended(end);
}

void Talk::play(std::span<const uint8_t> audio) {
    const GstFlowReturn flow = replies_.audio(audio);
    if (flow >= GST_FLOW_OK || flow == GST_FLOW_FLUSHING || flow == GST_FLOW_EOS) return;
    // Nobody takes the agent's audio: there is no call to be had.
    session().close();
    ended({.failed = true,
           .code = flow == GST_FLOW_NOT_LINKED ? "not-linked" : "downstream-failed",
           .message = std::string("the agent's audio cannot go on downstream: ") + gst_flow_get_name(flow)});
}

void Talk::user_started() {
    user_speaks_ = true;
    replies_.backend_noticed();
    if (call_) call_->turns->user_speech(monotonic_ns());
    fact("user.speech_started", gst::fields([](JsonWriter& w) { w.field("source", "backend"); }));
    ask_to_interrupt();
}

void Talk::ask_to_interrupt() {
    // Somebody downstream may want to decide; where there is nobody, the caller is always right.
    // Either way the interruption comes in the next loop turn, and what the server has sent by then has to wait for it.
    if (!gst::query_user_speech(src_->pad(), monotonic_ns())) hooks_.interrupt_soon();
    session().hold();
    hooks_.resume_soon();
}

void Talk::user_done() {
    replies_.audio_done();
    if (call_) call_->turns->user_done(monotonic_ns());
    if (std::exchange(user_speaks_, false)) {
        fact("user.speech_stopped", gst::fields([](JsonWriter& w) { w.field("source", "backend"); }));
    }
}

void Talk::protect(bool on) { src_->push_event(gst::protect_event_new(on)); }

uint64_t Talk::transcript(const Said& said) {
    // For whoever wants to know which words were heard; those of a reply that was cut without the backend are not.
    if (!said.user && said.final && !replies_.backend_unaware()) {
        src_->push_event(gst::reply_text_event_new(std::string(said.text)));
    }
    return fact("transcript", gst::fields([&](JsonWriter& w) {
                    w.field("role", said.user ? "user" : "assistant").field("text", said.text);
                    w.field("final", said.final);
                    if (!said.language.empty()) w.field("language", said.language);
                    if (said.from_text) w.field("from_text", true);
                }));
}

void Talk::error_fact(std::string_view code, std::string_view message, bool retryable) {
    fact("error", gst::fields([&](JsonWriter& w) {
             w.field("code", code).field("message", message).field("retryable", retryable).field("fatal", false);
         }));
}

}  // namespace trunkline::agent
