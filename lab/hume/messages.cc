#include "lab/hume/messages.h"

#include <glib.h>

#include <map>
#include <nlohmann/json.hpp>

#include "lab/agent/json.h"

namespace trunkline::lab::hume {
namespace {

using agent::member;
using agent::text_of;
using agent::wire;
using nlohmann::ordered_json;

ordered_json typed(const char* type, const std::string& custom) {
    ordered_json message{{"type", type}};
    if (!custom.empty()) message["custom_session_id"] = custom;
    return message;
}

ordered_json models(const std::optional<Scores>& scores) {
    ordered_json out = ordered_json::object();
    if (!scores) return out;
    ordered_json named = ordered_json::object();
    for (size_t i = 0; i < kExpressionCount; ++i) named[std::string(expression_names()[i])] = (*scores)[i];
    out["prosody"]["scores"] = std::move(named);
    return out;
}

}  // namespace

std::string Writer::chat_metadata(const ChatIds& ids) const {
    auto m = typed("chat_metadata", custom_);
    m["chat_id"] = ids.chat;
    m["chat_group_id"] = ids.group;
    m["request_id"] = ids.request;
    return wire(m);
}

std::string Writer::user_message(const UserMessage& message) const {
    auto m = typed("user_message", custom_);
    m["message"] = {{"role", "user"}, {"content", message.content}};
    m["models"] = models(message.prosody);
    m["time"] = {{"begin", message.begin_ms}, {"end", message.end_ms}};
    m["from_text"] = message.from_text;
    m["interim"] = message.interim;
    return wire(m);
}

std::string Writer::assistant_message(const AssistantMessage& message) const {
    auto m = typed("assistant_message", custom_);
    m["id"] = message.id;
    m["message"] = {{"role", "assistant"}, {"content", message.content}};
    m["models"] = models(message.prosody);
    m["from_text"] = message.from_text;
    m["is_quick_response"] = false;
    return wire(m);
}

std::string Writer::assistant_prosody(const std::string& id, const Scores& scores) const {
    auto m = typed("assistant_prosody", custom_);
    m["id"] = id;
    m["models"] = models(scores);
    return wire(m);
}

std::string Writer::audio_output(const std::string& id, int index, std::span<const uint8_t> wav) const {
    auto m = typed("audio_output", custom_);
    m["id"] = id;
    m["index"] = index;
    char* text = g_base64_encode(wav.data(), wav.size());
    m["data"] = text;
    g_free(text);
    return wire(m);
}

std::string Writer::assistant_end() const { return wire(typed("assistant_end", custom_)); }

std::string Writer::user_interruption(int64_t unix_ms, bool as_object) const {
    auto m = typed("user_interruption", custom_);
    if (as_object) {
        m["time"] = {{"begin", unix_ms}, {"end", unix_ms}};
    } else {
        m["time"] = unix_ms;
    }
    return wire(m);
}

std::string Writer::tool_call(const ToolCall& call) const {
    auto m = typed("tool_call", custom_);
    m["tool_call_id"] = call.id;
    m["name"] = call.name;
    m["parameters"] = call.arguments;
    m["tool_type"] = call.client_side ? "function" : "builtin";
    m["response_required"] = call.client_side;
    return wire(m);
}

std::string Writer::tool_response(const ToolCall& call, const std::string& content) const {
    auto m = typed("tool_response", custom_);
    m["tool_call_id"] = call.id;
    m["content"] = content;
    m["tool_name"] = call.name;
    m["tool_type"] = call.client_side ? "function" : "builtin";
    return wire(m);
}

std::string Writer::error(const std::string& code, const std::string& text, const std::string& request_id) const {
    auto m = typed("error", custom_);
    m["code"] = code;
    m["slug"] = slug_of(code);
    m["message"] = text;
    m["request_id"] = request_id;
    return wire(m);
}

std::string slug_of(const std::string& code) {
    static const std::map<std::string, std::string> kSlugs = {
        {"E0100", "payload_not_json"}, {"E0101", "payload_invalid"},      {"E0102", "format_not_supported"},
        {"E0200", "media_unknown"},    {"E0201", "media_not_base64"},     {"E0202", "media_without_audio"},
        {"E0203", "media_too_long"},   {"E0300", "out_of_credits"},       {"E0700", "too_many_chats"},
        {"E0716", "inactivity"},       {"E0717", "max_duration_reached"}, {"E0723", "whole_file"},
    };
    const auto it = kSlugs.find(code);
    return it == kSlugs.end() ? "other" : it->second;
}

ClientText read_client_text(std::string_view text) {
    ClientText out;
    const auto message = ordered_json::parse(text.begin(), text.end(), nullptr, false);
    out.type = text_of(member(message, "type"));
    out.data = text_of(member(message, "data"));
    out.text = text_of(member(message, "text"));
    out.tool_call_id = text_of(member(message, "tool_call_id"));
    out.content = text_of(member(message, "content"));
    out.error = text_of(member(message, "error"));
    out.has_content = member(message, "content").is_string();
    return out;
}

std::optional<std::string> decode_base64(const std::string& text) {
    const size_t padding = text.size() - std::min(text.find('='), text.size());
    if (text.size() % 4 != 0 || padding > 2) return std::nullopt;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool letter = g_ascii_isalnum(c) || c == '+' || c == '/';
        if (i < text.size() - padding ? !letter : c != '=') return std::nullopt;
    }
    if (text.empty()) return "";
    gsize size = 0;
    guchar* bytes = g_base64_decode(text.c_str(), &size);
    std::string out(reinterpret_cast<const char*>(bytes), size);
    g_free(bytes);
    return out;
}

}  // namespace trunkline::lab::hume
