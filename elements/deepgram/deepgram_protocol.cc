// One small reader per message type, found by name in a table.
#include "elements/deepgram/deepgram_protocol.h"

#include <algorithm>
#include <array>

#include "engine/agent/message.h"
#include "engine/core/json.h"

namespace trunkline::deepgram {
namespace {

using agent::message;

constexpr JsonLimits kLimits{.max_bytes = 4U << 20, .max_depth = 64};
/// More functions in one request than any model asks for; what is above is not looked at.
constexpr size_t kMaxFunctions = 128;

std::optional<double> seconds(const Json& value) {
    if (!value.is_number()) return std::nullopt;
    return value.number_or(0);
}

std::optional<Role> role_of(const Json& value) {
    const std::string text = value.text_or("");
    if (text == "user") return Role::kUser;
    if (text == "assistant") return Role::kAssistant;
    return std::nullopt;
}

FunctionCall function_call(const Json& item) {
    FunctionCall call;
    call.id = item["id"].text_or("");
    call.name = item["name"].text_or("");
    // Documented as a string that holds JSON; an object is taken as what was meant.
    const Json arguments = item["arguments"];
    call.arguments = arguments.is_string() ? arguments.text_or("") : arguments.exists() ? arguments.dump() : "";
    call.client_side = item["client_side"].bool_or(false);
    call.thought_signature = item["thought_signature"].text();
    return call;
}

Result<std::vector<FunctionCall>> function_calls(const Json& list, std::string_view type) {
    if (!list.is_array()) return fail("bad-message", std::string(type) + " without the list `functions`");
    std::vector<FunctionCall> calls;
    const size_t count = std::min(list.size(), kMaxFunctions);
    for (size_t i = 0; i < count; ++i) {
        FunctionCall call = function_call(list.at(i));
        if (call.id.empty()) {
            return fail("bad-message", std::string(type) + ": functions[" + std::to_string(i) + "] has no id");
        }
        calls.push_back(std::move(call));
    }
    return calls;
}

template <class T>
Result<ServerMessage> bare(const Json&) {
    return T{};
}
template <Updated::Part part>
Result<ServerMessage> updated(const Json&) {
    return Updated{part};
}

Result<ServerMessage> welcome(const Json& m) { return Welcome{m["request_id"].text_or("")}; }

Result<ServerMessage> conversation_text(const Json& m) {
    const auto role = role_of(m["role"]);
    if (!role) return fail("bad-message", "ConversationText: role is neither user nor assistant");
    if (!m["content"].is_string()) return fail("bad-message", "ConversationText without the text `content`");
    ConversationText text{*role, m["content"].text_or(""), {}};
    const Json languages = m["languages"];
    for (size_t i = 0; i < std::min<size_t>(languages.size(), 16); ++i) {
        if (auto language = languages.at(i).text()) text.languages.push_back(std::move(*language));
    }
    return text;
}

Result<ServerMessage> agent_thinking(const Json& m) { return AgentThinking{m["content"].text_or("")}; }

Result<ServerMessage> function_call_request(const Json& m) {
    auto calls = function_calls(m["functions"], "FunctionCallRequest");
    if (!calls) return tl::unexpected(calls.error());
    return FunctionCallRequest{std::move(*calls)};
}

Result<ServerMessage> function_call_cancelled(const Json& m) {
    auto calls = function_calls(m["functions"], "FunctionCallCancelled");
    if (!calls) return tl::unexpected(calls.error());
    return FunctionCallCancelled{std::move(*calls)};
}

Result<ServerMessage> function_call_response(const Json& m) {
    return FunctionCallResult{m["id"].text_or(""), m["name"].text_or(""), m["content"].text_or("")};
}

Result<ServerMessage> agent_started_speaking(const Json& m) {
    return AgentStartedSpeaking{seconds(m["total_latency"]), seconds(m["tts_latency"]), seconds(m["ttt_latency"])};
}

Result<ServerMessage> latency_report(const Json& m) {
    return LatencyReport{seconds(m["stt_latency"]),          seconds(m["ttt_token_latency"]),
                         seconds(m["ttt_text_latency"]),     seconds(m["ttt_tool_latency"]),
                         seconds(m["ttt_thinking_latency"]), seconds(m["tts_latency"]),
                         seconds(m["total_latency"])};
}

Result<ServerMessage> injection_refused(const Json& m) { return InjectionRefused{m["message"].text_or("")}; }

Result<ServerMessage> history(const Json& m) {
    History h{role_of(m["role"]), m["content"].text_or(""), {}};
    const Json calls = m["function_calls"];
    for (size_t i = 0; i < std::min(calls.size(), kMaxFunctions); ++i) {
        h.function_calls.push_back(function_call(calls.at(i)));
    }
    return h;
}

Result<ServerMessage> warning(const Json& m) { return Warning{m["code"].text_or(""), m["description"].text_or("")}; }
Result<ServerMessage> error(const Json& m) { return ServerError{m["code"].text_or(""), m["description"].text_or("")}; }

constexpr std::array<agent::Reader<ServerMessage>, 19> kReaders{{
    {"Welcome", welcome},
    {"SettingsApplied", bare<SettingsApplied>},
    {"PromptUpdated", updated<Updated::Part::kPrompt>},
    {"ThinkUpdated", updated<Updated::Part::kThink>},
    {"SpeakUpdated", updated<Updated::Part::kSpeak>},
    {"ListenUpdated", updated<Updated::Part::kListen>},
    {"ConversationText", conversation_text},
    {"UserStartedSpeaking", bare<UserStartedSpeaking>},
    {"AgentThinking", agent_thinking},
    {"FunctionCallRequest", function_call_request},
    {"FunctionCallCancelled", function_call_cancelled},
    {"FunctionCallResponse", function_call_response},
    {"AgentStartedSpeaking", agent_started_speaking},
    {"LatencyReport", latency_report},
    {"AgentAudioDone", bare<AgentAudioDone>},
    {"InjectionRefused", injection_refused},
    {"History", history},
    {"Warning", warning},
    {"Error", error},
}};

}  // namespace

const char* to_string(Role role) { return role == Role::kUser ? "user" : "assistant"; }

Result<ServerMessage> parse_server_message(std::string_view text) {
    return agent::parse_message<UnknownMessage>(text, kLimits, kReaders);
}

std::optional<InjectBehavior> parse_inject_behavior(std::string_view text) {
    for (const auto behavior : {InjectBehavior::kDefault, InjectBehavior::kQueue, InjectBehavior::kInterrupt}) {
        if (text == to_string(behavior)) return behavior;
    }
    return std::nullopt;
}

const char* to_string(InjectBehavior behavior) {
    switch (behavior) {
        case InjectBehavior::kDefault:
            return "default";
        case InjectBehavior::kQueue:
            return "queue";
        case InjectBehavior::kInterrupt:
            break;
    }
    return "interrupt";
}

std::string write_keep_alive() { return message("KeepAlive").end().take(); }

std::string write_update_prompt(std::string_view prompt) {
    return message("UpdatePrompt").field("prompt", prompt).end().take();
}

std::string write_update_think(std::string_view think) {
    return message("UpdateThink").raw_field("think", think).end().take();
}

std::string write_update_speak(std::string_view speak) {
    return message("UpdateSpeak").raw_field("speak", speak).end().take();
}

std::string write_update_listen(std::string_view listen_provider) {
    JsonWriter w = message("UpdateListen");
    w.key("listen").begin_object().raw_field("provider", listen_provider).end();
    return w.end().take();
}

std::string write_inject_user(std::string_view content) {
    return message("InjectUserMessage").field("content", content).end().take();
}

std::string write_inject_agent(std::string_view text, InjectBehavior behavior) {
    JsonWriter w = message("InjectAgentMessage");
    w.field("message", text);
    if (behavior != InjectBehavior::kDefault) w.field("behavior", to_string(behavior));
    return w.end().take();
}

std::string write_function_response(const FunctionCall& call, std::string_view content) {
    JsonWriter w = message("FunctionCallResponse");
    w.field("id", call.id).field("name", call.name).field("content", content);
    if (call.thought_signature) w.field("thought_signature", *call.thought_signature);
    return w.end().take();
}

std::string write_force_end_turn() { return message("ForceEndTurn").end().take(); }

}  // namespace trunkline::deepgram
