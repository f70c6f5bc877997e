#include "lab/deepgram/messages.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lab/agent/json.h"

namespace trunkline::lab::deepgram {
namespace {

using agent::member;
using agent::text_of;
using agent::wire;
using nlohmann::ordered_json;

ordered_json typed(const char* type) { return ordered_json{{"type", type}}; }

void add_seconds(ordered_json& message, const char* key, double seconds) {
    if (seconds >= 0) message[key] = seconds;
}

ordered_json call_list(const std::vector<FunctionCall>& calls, bool whole) {
    ordered_json list = ordered_json::array();
    for (const FunctionCall& call : calls) {
        ordered_json one = {{"id", call.id}, {"name", call.name}};
        if (whole) {
            one["arguments"] = call.arguments;
            one["client_side"] = call.client_side;
            if (!call.thought_signature.empty()) one["thought_signature"] = call.thought_signature;
        }
        list.push_back(std::move(one));
    }
    return list;
}

}  // namespace

std::string bare_message(const char* type) { return wire(typed(type)); }

std::string welcome(const std::string& request_id) {
    auto m = typed("Welcome");
    m["request_id"] = request_id;
    return wire(m);
}

std::string conversation_text(const std::string& role, const std::string& content) {
    auto m = typed("ConversationText");
    m["role"] = role;
    m["content"] = content;
    return wire(m);
}

std::string history_text(const std::string& role, const std::string& content) {
    auto m = typed("History");
    m["role"] = role;
    m["content"] = content;
    return wire(m);
}

std::string history_call(const FunctionCall& call, const std::string& response) {
    auto m = typed("History");
    auto list = call_list({call}, true);
    list[0]["response"] = response;
    m["function_calls"] = std::move(list);
    return wire(m);
}

std::string agent_thinking(const std::string& content) {
    auto m = typed("AgentThinking");
    m["content"] = content;
    return wire(m);
}

std::string function_call_request(const std::vector<FunctionCall>& calls) {
    auto m = typed("FunctionCallRequest");
    m["functions"] = call_list(calls, true);
    return wire(m);
}

std::string function_call_cancelled(const std::vector<FunctionCall>& calls) {
    auto m = typed("FunctionCallCancelled");
    m["functions"] = call_list(calls, false);
    return wire(m);
}

std::string function_call_response(const FunctionCall& call, const std::string& content) {
    auto m = typed("FunctionCallResponse");
    m["id"] = call.id;
    m["name"] = call.name;
    m["content"] = content;
    return wire(m);
}

std::string agent_started_speaking(const Latencies& l) {
    auto m = typed("AgentStartedSpeaking");
    m["total_latency"] = std::max(0.0, l.total);
    m["tts_latency"] = std::max(0.0, l.speak);
    m["ttt_latency"] = std::max(0.0, l.first_text);
    return wire(m);
}

std::string latency_report(const Latencies& l) {
    auto m = typed("LatencyReport");
    add_seconds(m, "stt_latency", l.stt);
    add_seconds(m, "ttt_token_latency", l.first_token);
    add_seconds(m, "ttt_text_latency", l.first_text);
    add_seconds(m, "ttt_tool_latency", l.tool);
    add_seconds(m, "tts_latency", l.speak);
    add_seconds(m, "total_latency", l.total);
    return wire(m);
}

std::string injection_refused(const std::string& reason) {
    auto m = typed("InjectionRefused");
    m["message"] = reason;
    return wire(m);
}

std::string coded(const char* type, const std::string& code, const std::string& description) {
    auto m = typed(type);
    m["code"] = code;
    m["description"] = description;
    return wire(m);
}

std::string handshake_error(const std::string& code, const std::string& message, const std::string& request_id) {
    return wire(ordered_json{{"err_code", code}, {"err_msg", message}, {"request_id", request_id}});
}

ClientText read_client_text(std::string_view text) {
    ClientText out;
    const auto message = ordered_json::parse(text.begin(), text.end(), nullptr, false);
    out.type = text_of(member(message, "type"));
    for (const char* key : {"prompt", "message", "content"}) {
        if (out.text.empty()) out.text = text_of(member(message, key));
    }
    out.behavior = text_of(member(message, "behavior"));
    out.id = text_of(member(message, "id"));
    out.name = text_of(member(message, "name"));
    out.thought_signature = text_of(member(message, "thought_signature"));
    out.listen_version = text_of(member(member(member(message, "listen"), "provider"), "version"));
    return out;
}

}  // namespace trunkline::lab::deepgram
