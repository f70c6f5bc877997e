#pragma once
// Messages of Hume's EVI chat socket, both directions: JSON text to structs and back. Pure: no sockets, no GStreamer.
// `audio_output` is read by simdjson and its audio decoded on the way; the rest is rare and read by json-glib. What the
// server adds one day, types or fields, is tolerated.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "elements/hume/expressions.h"
#include "engine/core/result.h"

namespace trunkline::hume {

// --- server to client
// -------------------------------------------------------------------------------------------------

struct ChatMetadata {
    std::string chat_id, chat_group_id, request_id;
};
/// What somebody said; scores only where the voice was heard and scored.
struct UserMessage {
    std::string content, language;
    bool interim = false;    ///< a later one replaces it
    bool from_text = false;  ///< typed, not heard
    std::optional<Scores> scores;
};
struct AssistantMessage {
    std::string id;  ///< of the segment; its audio has the same
    std::string content, language;
    bool from_text = false, quick = false;
    std::optional<Scores> scores;
};
/// The expression of the assistant's voice, apart from the text.
struct AssistantProsody {
    std::string id;
    std::optional<Scores> scores;
};
/// One WAV file of a segment. The spans and views live until the next parse on this thread.
struct AudioOutput {
    std::string_view id;
    int64_t index = -1;  ///< -1 = the server did not say
    std::span<const uint8_t> wav;
};
struct AssistantEnd {};
struct UserInterruption {};
struct ToolCallRequest {
    std::string id, name;
    std::string parameters;  ///< JSON text, as the model wrote it: not checked
    std::string tool_type;   ///< "function" or "builtin"
    bool response_required = true;
};
/// The result of a built-in tool that the server ran itself; informational.
struct ToolOutcome {
    std::string id, error;
};
/// The server's `error`; the connection may go on after it.
struct ServerError {
    std::string code, slug, message;
};
/// session_settings and whatever else is only for observers.
struct Ignored {
    std::string type;
};
/// A type this client does not know.
struct UnknownMessage {
    std::string type;
};

using ServerMessage =
    std::variant<UnknownMessage, Ignored, ChatMetadata, UserMessage, AssistantMessage, AssistantProsody, AudioOutput,
                 AssistantEnd, UserInterruption, ToolCallRequest, ToolOutcome, ServerError>;

/// Reads one text frame. Errors, all of them about a frame that can be skipped: "bad-json", "no-type" (no string
/// `type`), "bad-message" (a known type without what gives it sense; the message names the field).
Result<ServerMessage> parse_server_message(std::string_view text);

// --- client to server
// -------------------------------------------------------------------------------------------------
// `session_settings` is written by hume_settings.h.

/// Into `out`, which keeps its memory from one frame to the next.
void write_audio_input(std::span<const uint8_t> pcm, std::string& out);
std::string write_user_input(std::string_view text);
std::string write_assistant_input(std::string_view text);
std::string write_pause();
std::string write_resume();
std::string write_tool_response(std::string_view id, std::string_view name, std::string_view tool_type,
                                std::string_view content);
/// `content` is what the model is told in place of a result.
std::string write_tool_error(std::string_view id, std::string_view tool_type, std::string_view error,
                             std::string_view content);
/// The prompt of a session that goes on.
std::string write_prompt(std::string_view prompt);
/// What the model shall know from now on; "" takes it away.
std::string write_context(std::string_view text);

}  // namespace trunkline::hume
