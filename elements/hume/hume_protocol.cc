// One small reader per message type, found by name in a table.
#include "elements/hume/hume_protocol.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "engine/agent/message.h"
#include "engine/core/base64.h"
#include "engine/core/json.h"

namespace trunkline::hume {
namespace {

using agent::message;

namespace ondemand = simdjson::ondemand;

constexpr JsonLimits kLimits{.max_bytes = 4U << 20, .max_depth = 64};
constexpr size_t kMaxId = 128;
/// Of a message that is no audio. Its texts become facts, and a fact waits in memory until it is stored.
constexpr size_t kMaxText = 256U << 10;
/// What a thread keeps of its scratch memory after a frame that was larger than any usual one.
constexpr size_t kKeep = 1U << 20;

/// Per thread, so that a session costs no parser of its own.
struct Scratch {
    ondemand::parser parser;
    std::vector<char> text;
    std::vector<uint8_t> audio;
    std::string id;

    simdjson::padded_string_view load(std::string_view source) {
        const size_t need = source.size() + simdjson::SIMDJSON_PADDING;
        if (text.size() < need || text.size() > std::max(need, kKeep))
            text = std::vector<char>(std::max<size_t>(need, 4096));
        std::memcpy(text.data(), source.data(), source.size());
        std::memset(text.data() + source.size(), ' ', simdjson::SIMDJSON_PADDING);
        return simdjson::padded_string_view(text.data(), source.size(), text.size());
    }
};

Scratch& scratch() {
    static thread_local Scratch one;
    return one;
}

bool is_audio_output(std::string_view text) {
    // The type stands near the beginning or behind the audio; both ends are cheap to look at.
    constexpr std::string_view kType = "\"audio_output\"";
    return text.substr(0, 512).find(kType) != std::string_view::npos ||
           text.substr(text.size() - std::min<size_t>(text.size(), 512)).find(kType) != std::string_view::npos;
}

/// Nothing when the frame is some other message after all.
std::optional<Result<ServerMessage>> audio_output(std::string_view text) {
    Scratch& s = scratch();
    ondemand::document doc;
    ondemand::object root;
    const auto broken = [] {
        return Result<ServerMessage>(fail("bad-json", "message of the voice agent is not JSON"));
    };
    if (s.parser.iterate(s.load(text)).get(doc) != simdjson::SUCCESS ||
        doc.get_object().get(root) != simdjson::SUCCESS) {
        return broken();
    }
    std::string_view type, id, data;
    if (root["type"].get(type) != simdjson::SUCCESS) return std::nullopt;
    if (type != "audio_output") return std::nullopt;
    AudioOutput audio;
    if (root["id"].get(id) == simdjson::SUCCESS)
        s.id = id.substr(0, kMaxId);
    else
        s.id.clear();
    if (!doc.is_alive()) return broken();
    int64_t index = -1;
    if (root["index"].get_int64().get(index) == simdjson::SUCCESS && index >= 0) audio.index = index;
    if (!doc.is_alive()) return broken();
    if (root["data"].get(data) != simdjson::SUCCESS) {
        return Result<ServerMessage>(fail("bad-message", "audio_output without the text `data`"));
    }
    const size_t bound = base64_decoded_bound(data.size());
    if (s.audio.size() < bound || s.audio.size() > std::max(bound, kKeep)) s.audio = std::vector<uint8_t>(bound);
    const auto size = base64_decode(data, s.audio.data());
    if (!size) return Result<ServerMessage>(fail("bad-message", "audio_output: data is not base64"));
    audio.id = s.id;
    audio.wav = {s.audio.data(), *size};
    return Result<ServerMessage>(ServerMessage(audio));
}

/// models.prosody.scores; nothing when there is not one known score. Scores that are missing are 0.
std::optional<Scores> scores_of(const Json& message) {
    const Json given = message["models"]["prosody"]["scores"];
    if (!given.is_object()) return std::nullopt;
    Scores scores{};
    bool any = false;
    for (size_t i = 0; i < kExpressions; ++i) {
        const Json value = given[kExpressionTable[i].name];
        if (!value.is_number()) continue;
        const double score = value.number_or(0);
        if (!std::isfinite(score)) continue;
        scores[i] = std::clamp(score, 0.0, 1.0);
        any = true;
    }
    return any ? std::optional(scores) : std::nullopt;
}

Result<ServerMessage> chat_metadata(const Json& m) {
    ChatMetadata chat{m["chat_id"].text_or(""), m["chat_group_id"].text_or(""), m["request_id"].text_or("")};
    if (chat.chat_id.empty()) return fail("bad-message", "chat_metadata without the text `chat_id`");
    return chat;
}

Result<ServerMessage> user_message(const Json& m) {
    const Json content = m["message"]["content"];
    if (!content.is_string()) return fail("bad-message", "user_message without the text `message.content`");
    UserMessage said;
    said.content = content.text_or("");
    said.language = m["language"].text_or("");
    said.interim = m["interim"].bool_or(false);
    said.from_text = m["from_text"].bool_or(false);
    said.scores = scores_of(m);
    return said;
}

Result<ServerMessage> assistant_message(const Json& m) {
    AssistantMessage said;
    said.id = m["id"].text_or("").substr(0, kMaxId);
    said.content = m["message"]["content"].text_or("");
    said.language = m["language"].text_or("");
    said.from_text = m["from_text"].bool_or(false);
    said.quick = m["is_quick_response"].bool_or(false);
    said.scores = scores_of(m);
    return said;
}

Result<ServerMessage> assistant_prosody(const Json& m) {
    return AssistantProsody{m["id"].text_or("").substr(0, kMaxId), scores_of(m)};
}

Result<ServerMessage> tool_call(const Json& m) {
    ToolCallRequest call;
    call.id = m["tool_call_id"].text_or("");
    call.name = m["name"].text_or("");
    if (call.id.empty() || call.id.size() > kMaxId)
        return fail("bad-message", "tool_call without a text `tool_call_id` of at most 128 bytes");
    // Documented as a string that holds JSON; an object is taken as what was meant.
    const Json parameters = m["parameters"];
    call.parameters = parameters.is_string() ? parameters.text_or("") : parameters.exists() ? parameters.dump() : "";
    call.tool_type = m["tool_type"].text_or("function");
    call.response_required = m["response_required"].bool_or(true);
    return call;
}

Result<ServerMessage> tool_outcome(const Json& m) {
    return ToolOutcome{m["tool_call_id"].text_or(""), m["error"].text_or("")};
}

Result<ServerMessage> error(const Json& m) {
    return ServerError{m["code"].text_or(""), m["slug"].text_or(""), m["message"].text_or("")};
}

template <class T>
Result<ServerMessage> bare(const Json&) {
    return T{};
}
Result<ServerMessage> ignored(const Json& m) { return Ignored{m["type"].text_or("")}; }
Result<ServerMessage> audio_in_a_strange_shape(const Json&) {
    return fail("bad-message", "audio_output without the text `data`");
}

constexpr std::array<agent::Reader<ServerMessage>, 12> kReaders{{
    {"chat_metadata", chat_metadata},
    {"user_message", user_message},
    {"assistant_message", assistant_message},
    {"assistant_prosody", assistant_prosody},
    {"audio_output", audio_in_a_strange_shape},
    {"assistant_end", bare<AssistantEnd>},
    {"user_interruption", bare<UserInterruption>},  // `time` comes as a number or an object; ours is when it came
    {"tool_call", tool_call},
    {"tool_response", tool_outcome},
    {"tool_error", tool_outcome},
    {"session_settings", ignored},
    {"error", error},
}};

}  // namespace

Result<ServerMessage> parse_server_message(std::string_view text) {
    if (is_audio_output(text)) {
        if (auto audio = audio_output(text)) return *std::move(audio);
    }
    if (text.size() > kMaxText) return fail("too-large", "message of the voice agent is larger than 256 KiB");
    return agent::parse_message<UnknownMessage>(text, kLimits, kReaders);
}

void write_audio_input(std::span<const uint8_t> pcm, std::string& out) {
    constexpr std::string_view kHead = R"({"type":"audio_input","data":")";
    constexpr std::string_view kTail = "\"}";
    const size_t encoded = base64_encoded_size(pcm.size());
    out.resize(kHead.size() + encoded + kTail.size());
    std::memcpy(out.data(), kHead.data(), kHead.size());
    base64_encode(pcm, out.data() + kHead.size());
    std::memcpy(out.data() + kHead.size() + encoded, kTail.data(), kTail.size());
}

std::string write_user_input(std::string_view text) { return message("user_input").field("text", text).end().take(); }

std::string write_assistant_input(std::string_view text) {
    return message("assistant_input").field("text", text).end().take();
}

std::string write_pause() { return message("pause_assistant_message").end().take(); }
std::string write_resume() { return message("resume_assistant_message").end().take(); }

std::string write_tool_response(std::string_view id, std::string_view name, std::string_view tool_type,
                                std::string_view content) {
    JsonWriter w = message("tool_response");
    w.field("tool_call_id", id).field("content", content);
    if (!name.empty()) w.field("tool_name", name);
    if (!tool_type.empty()) w.field("tool_type", tool_type);
    return w.end().take();
}

std::string write_tool_error(std::string_view id, std::string_view tool_type, std::string_view error,
                             std::string_view content) {
    JsonWriter w = message("tool_error");
    w.field("tool_call_id", id).field("error", error).field("content", content).field("level", "warn");
    if (!tool_type.empty()) w.field("tool_type", tool_type);
    return w.end().take();
}

std::string write_prompt(std::string_view prompt) {
    return message("session_settings").field("system_prompt", prompt).end().take();
}

std::string write_context(std::string_view text) {
    JsonWriter w = message("session_settings");
    if (text.empty()) {
        w.key("context").null();
    } else {
        w.key("context").begin_object().field("text", text).field("type", "persistent").end();
    }
    return w.end().take();
}

}  // namespace trunkline::hume
