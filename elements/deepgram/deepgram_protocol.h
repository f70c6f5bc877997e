#pragma once
// Messages of Deepgram's Voice Agent v1, both directions: JSON text to structs and back. Pure: no sockets, no
// GStreamer. Binary frames (audio) have no framing and do not pass here. What the server adds one day, types or fields,
// is tolerated.
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/result.h"

namespace trunkline::deepgram {

enum class Role { kUser, kAssistant };
const char* to_string(Role role);  ///< "user", "assistant"

// --- server to client
// -------------------------------------------------------------------------------------------------

struct Welcome {
    std::string request_id;
};
struct SettingsApplied {};
/// PromptUpdated, ThinkUpdated, SpeakUpdated, ListenUpdated: the acknowledgement of an Update… message.
struct Updated {
    enum class Part { kPrompt, kThink, kSpeak, kListen };
    Part part = Part::kPrompt;
};
/// Final text of one utterance; there are no interim ones.
struct ConversationText {
    Role role = Role::kUser;
    std::string content;
    std::vector<std::string> languages;
};
struct UserStartedSpeaking {};
struct AgentThinking {
    std::string content;
};
struct FunctionCall {
    std::string id, name;
    std::string arguments;  ///< JSON text, as the model wrote it: not checked
    bool client_side = false;
    std::optional<std::string> thought_signature;
};
struct FunctionCallRequest {
    std::vector<FunctionCall> functions;
};
/// Drop the work of these calls and send no response. Only id and name are filled.
struct FunctionCallCancelled {
    std::vector<FunctionCall> functions;
};
/// The result of a function the server ran itself; informational.
struct FunctionCallResult {
    std::string id, name, content;
};
/// Latencies in seconds; nothing when the server did not say.
struct AgentStartedSpeaking {
    std::optional<double> total_latency, tts_latency, ttt_latency;
};
struct LatencyReport {
    std::optional<double> stt_latency, ttt_token_latency, ttt_text_latency, ttt_tool_latency, ttt_thinking_latency,
        tts_latency, total_latency;
};
/// The last audio of a reply was sent (not played).
struct AgentAudioDone {};
struct InjectionRefused {
    std::string message;
};
/// Echo of the conversation; one text or function calls.
struct History {
    std::optional<Role> role;
    std::string content;
    std::vector<FunctionCall> function_calls;
};
struct Warning {
    std::string code, description;
};
/// The server's `Error`: the end of the session.
struct ServerError {
    std::string code, description;
};
/// A type this client does not know.
struct UnknownMessage {
    std::string type;
};

using ServerMessage =
    std::variant<UnknownMessage, Welcome, SettingsApplied, Updated, ConversationText, UserStartedSpeaking,
                 AgentThinking, FunctionCallRequest, FunctionCallCancelled, FunctionCallResult, AgentStartedSpeaking,
                 LatencyReport, AgentAudioDone, InjectionRefused, History, Warning, ServerError>;

/// Reads one text frame. Errors, all of them about a frame that can be skipped: "bad-json", "no-type" (no string
/// `type`), "bad-message" (a known type without what gives it sense; the message names the field).
Result<ServerMessage> parse_server_message(std::string_view text);

// --- client to server
// ------------------------------------------------------------------------------------------------- `Settings` is
// written by deepgram_settings.h.

/// How an injected line joins what the agent says.
enum class InjectBehavior { kDefault, kQueue, kInterrupt };
/// "default", "queue", "interrupt"; nothing for other texts.
std::optional<InjectBehavior> parse_inject_behavior(std::string_view text);
const char* to_string(InjectBehavior behavior);

std::string write_keep_alive();
std::string write_update_prompt(std::string_view prompt);
/// `think`, `speak`: a JSON object (or a list of them); `listen_provider`: a JSON object. They must be JSON already.
std::string write_update_think(std::string_view think);
std::string write_update_speak(std::string_view speak);
std::string write_update_listen(std::string_view listen_provider);
std::string write_inject_user(std::string_view content);
std::string write_inject_agent(std::string_view message, InjectBehavior behavior);
/// Answers `call`: its id, name and thought signature are kept.
std::string write_function_response(const FunctionCall& call, std::string_view content);
std::string write_force_end_turn();

}  // namespace trunkline::deepgram
