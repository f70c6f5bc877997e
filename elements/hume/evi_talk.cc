// One function per message that means something; the rest is informational.
#include "elements/hume/evi_talk.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "elements/hume/wav.h"
#include "engine/agent/config.h"
#include "engine/core/log.h"
#include "engine/gst/event_pad.h"

namespace trunkline::hume {
namespace {

constexpr size_t kSegments = 16;
constexpr size_t kBuiltin = 32;

Settings named(Settings settings, const CallContext* call) {
    if (call) settings.set_custom_session_id(call->facts->call_id());
    return settings;
}

double rounded(double share) { return std::round(share * 1e4) / 1e4; }

}  // namespace

EviTalk::EviTalk(Shard* shard, CallContext* call, gst::LiveSourcePad* src, const EviConfig& config,
                 SessionOptions session, Settings settings, agent::TalkHooks hooks)
    : agent::Talk(shard, call, src,
                  {.backend = "hume",
                   .chunk = agent::milliseconds(config.chunk),
                   .whole_chunks = true,
                   .tools = tool_options_of(config, call ? call->facts->call_id() : std::string())},
                  std::move(hooks)),
      settings_(named(std::move(settings), call)),
      config_id_(settings_.config_id()),
      reorder_timeout_(agent::milliseconds(config.reorder_timeout)),
      order_([this](std::span<const uint8_t> file) { play_wav(file); }),
      session_(shard, std::move(session), settings_, this) {}

EviTalk::~EviTalk() { shard()->cancel(order_timer_); }

void EviTalk::begin(agent::AudioFormat input, agent::AudioFormat output) {
    output_ = output;
    session_.configure(input);
}

void EviTalk::say(std::string_view text, bool now) {
    if (now) hooks().interrupt_soon();
    send(write_assistant_input(text));
}

void EviTalk::answer_tool(const agent::ToolCall& call, std::string_view content, std::string_view error) {
    if (!call.tag) return;  // nobody waits for it
    session_.send_text(error.empty() ? write_tool_response(call.id, call.name, *call.tag, content)
                                     : write_tool_error(call.id, *call.tag, error, content));
}

void EviTalk::finishing() {
    shard()->cancel(std::exchange(order_timer_, 0));
    if (std::exchange(finished_, true)) return;
    if (order_.skipped() + order_.late() + order_.reordered() > 0) {
        log_info(component(), "audio came out of order",
                 {{"call_id", call_id()},
                  {"reordered", order_.reordered()},
                  {"skipped", order_.skipped()},
                  {"dropped", order_.late()}});
    }
}

void EviTalk::on_ready(const ChatMetadata& chat) {
    log_info(component(), "the chat has begun",
             {{"call_id", call_id()}, {"chat_id", chat.chat_id}, {"chat_group_id", chat.chat_group_id}});
    // Both ids: the chat is one connection, the group is what is resumed.
    connected(config_id_, chat.chat_group_id.empty() ? chat.chat_id : chat.chat_group_id + "/" + chat.chat_id);
}

void EviTalk::on_message(const ServerMessage& message) {
    std::visit([this](const auto& m) { on(m); }, message);
}

void EviTalk::on_reconnect(int attempt, std::string_view why) {
    order_.drop_known();  // the new connection counts anew
    watch_order();
    end_waits_ = false;
    reconnecting(attempt, why);
}

void EviTalk::interrupt() {
    order_.drop_known();
    watch_order();
    end_waits_ = false;
    agent::Talk::interrupt();
}

// --- the caller
// -------------------------------------------------------------------------------------------------------

void EviTalk::on(const UserInterruption&) {
    if (user_speaks()) {
        ask_to_interrupt();
    } else {
        user_started();
    }
}

void EviTalk::on(const UserMessage& said) {
    // EVI may have sent all of its reply before it hears the caller, and then tells no interruption: what the caller
    // says is the sign that what still plays is over.
    if (!said.from_text && !user_speaks()) {
        user_started();
    } else if (!replies().idle()) {
        ask_to_interrupt();
    }
    if (!said.interim) user_done();
    const uint64_t seq = transcript({.user = true,
                                     .text = said.content,
                                     .final = !said.interim,
                                     .from_text = said.from_text,
                                     .language = said.language});
    if (!said.interim && said.scores) emotion(true, *said.scores, seq);
}

// --- the assistant
// ----------------------------------------------------------------------------------------------------

EviTalk::Segment& EviTalk::segment(std::string_view id) {
    const auto at = std::find_if(segments_.begin(), segments_.end(), [&](const Segment& s) { return s.id == id; });
    if (at != segments_.end() && !id.empty()) return *at;
    if (segments_.size() >= kSegments) segments_.pop_front();
    segments_.push_back({std::string(id), 0, std::nullopt});
    return segments_.back();
}

void EviTalk::on(const AssistantMessage& said) {
    if (order_.dropped(said.id)) {
        log_debug(component(), "text of an interrupted reply", {{"id", said.id}});
        return;
    }
    order_.announce(said.id);
    if (call()) call()->turns->agent_text();
    Segment& s = segment(said.id);
    s.seq = transcript({.text = said.content, .from_text = said.from_text, .language = said.language});
    if (said.scores) s.scores = said.scores;
    if (s.scores) emotion(false, *s.scores, s.seq);
}

void EviTalk::on(const AssistantProsody& heard) {
    if (!heard.scores || order_.dropped(heard.id)) return;
    Segment& s = segment(heard.id);
    const bool told = s.scores.has_value();
    s.scores = heard.scores;
    if (!told && s.seq != 0) emotion(false, *heard.scores, s.seq);
}

void EviTalk::on(const AudioOutput& audio) {
    order_.take(audio.id, audio.index, audio.wav);
    watch_order();
}

void EviTalk::watch_order() {
    if (!order_.waiting()) {
        shard()->cancel(std::exchange(order_timer_, 0));
        if (std::exchange(end_waits_, false)) replies().audio_done();
    } else if (order_timer_ == 0) {
        order_timer_ = shard()->after(reorder_timeout_, [this] {
            order_timer_ = 0;
            order_.skip();
            watch_order();
        });
    }
}

void EviTalk::play_wav(std::span<const uint8_t> file) {
    const auto wav = read_wav(file);
    if (!wav) {
        session_.skip_message(wav.error().message);
        return;
    }
    const agent::AudioFormat format{agent::AudioFormat::Encoding::kLinear16, wav->rate};
    if (format != output_) {
        log_info(component(), "the agent's audio has another rate than expected", {{"rate", wav->rate}});
        output_ = format;
        replies().set_format(format);
        hooks().output_changed(format);
    }
    replies().open_gate();  // what is stale was dropped by its id
    if (wav->channels == 1) {
        play(wav->samples);
    } else {
        play(first_channel(*wav));
    }
}

void EviTalk::on(const AssistantEnd&) {
    if (order_.waiting()) {
        end_waits_ = true;
    } else {
        replies().audio_done();
    }
}

// --- tools and errors
// -------------------------------------------------------------------------------------------------

void EviTalk::on(const ToolCallRequest& request) {
    if (request.tool_type == "builtin") {
        if (builtin_.size() >= kBuiltin) builtin_.erase(builtin_.begin());
        builtin_.push_back(request.id);
        fact("tool.call", gst::fields([&](JsonWriter& w) {
                 w.field("tool_call_id", request.id).field("name", request.name);
                 w.field("arguments", request.parameters);
             }));
        return;
    }
    tools().start({request.id, request.name, request.parameters,
                   request.response_required ? std::optional(request.tool_type) : std::nullopt});
}

void EviTalk::on(const ToolOutcome& outcome) {
    if (std::erase(builtin_, outcome.id) == 0) {
        tools().cancel(outcome.id);  // somebody else has answered it
        return;
    }
    log_debug(component(), "a tool of Hume's own has run", {{"tool_call_id", outcome.id}, {"error", outcome.error}});
}

void EviTalk::on(const ServerError& error) {
    const std::string message = session_.shown(error.message);
    log_warn(component(), "the voice agent reports an error",
             {{"call_id", call_id()}, {"code", error.code}, {"slug", error.slug}, {"message", message}});
    error_fact(error.code, message, true);
}

void EviTalk::emotion(bool user, const Scores& scores, uint64_t said_seq) {
    const Mood mood = mood_of(scores);
    fact("emotion", gst::fields([&](JsonWriter& w) {
             w.field("role", user ? "user" : "assistant").key("scores").begin_object();
             for (size_t i = 0; i < kExpressions; ++i) w.field(kExpressionTable[i].name, scores[i]);
             w.end().key("top").begin_array();
             for (const size_t i : top_three(scores)) {
                 w.begin_object().field("name", kExpressionTable[i].name).field("score", scores[i]).end();
             }
             w.end().field("sentiment", to_string(mood.sentiment)).field("confidence", rounded(mood.confidence));
             if (said_seq != 0) w.field("said_seq", said_seq);
         }));
}

}  // namespace trunkline::hume
