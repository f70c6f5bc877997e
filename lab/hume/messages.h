#pragma once
// Texts on the wire: what the server says, written, and what the client says besides session_settings, read.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lab/agent/calls.h"
#include "lab/hume/prosody.h"

namespace trunkline::lab::hume {

struct ChatIds {
    std::string chat;
    std::string group;
    std::string request;
};

struct UserMessage {
    std::string content;
    std::optional<Scores> prosody;
    int64_t begin_ms = 0;
    int64_t end_ms = 0;
    bool from_text = false;
    bool interim = false;
};

struct AssistantMessage {
    std::string id;
    std::string content;
    std::optional<Scores> prosody;
    bool from_text = false;
};

/// One that is not client_side is a built-in tool.
using ToolCall = agent::Call;

/// Writes the server's messages; each carries the session's custom_session_id when there is one.
class Writer {
  public:
    void custom_session_id(const std::string& id) { custom_ = id; }
    std::string chat_metadata(const ChatIds& ids) const;
    std::string user_message(const UserMessage& message) const;
    std::string assistant_message(const AssistantMessage& message) const;
    std::string assistant_prosody(const std::string& id, const Scores& scores) const;
    std::string audio_output(const std::string& id, int index, std::span<const uint8_t> wav) const;
    std::string assistant_end() const;
    /// `as_object`: the form one client mock shows instead of a number.
    std::string user_interruption(int64_t unix_ms, bool as_object) const;
    std::string tool_call(const ToolCall& call) const;
    std::string tool_response(const ToolCall& call, const std::string& content) const;
    std::string error(const std::string& code, const std::string& text, const std::string& request_id) const;

  private:
    std::string custom_;
};

/// A name for people and programs; the families are documented, the slugs are the lab's own.
std::string slug_of(const std::string& code);

/// The texts of a client message; empty where absent.
struct ClientText {
    std::string type;
    std::string data;
    std::string text;
    std::string tool_call_id;
    std::string content;
    std::string error;
    bool has_content = false;
};
ClientText read_client_text(std::string_view json);

/// Nothing when it is no base64: wrong letters, wrong length, wrong padding.
std::optional<std::string> decode_base64(const std::string& text);

}  // namespace trunkline::lab::hume
