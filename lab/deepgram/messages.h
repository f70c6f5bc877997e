#pragma once
// Texts on the wire: what the server says, written, and what the client says besides Settings, read.
#include <string>
#include <string_view>
#include <vector>

#include "lab/agent/brain.h"
#include "lab/agent/calls.h"

namespace trunkline::lab::deepgram {

using agent::speakable;

using FunctionCall = agent::Call;

/// Seconds; negative: left out.
struct Latencies {
    double stt = -1;
    double first_token = -1;
    double first_text = -1;
    double tool = -1;
    double speak = -1;
    double total = -1;
};

std::string bare_message(const char* type);  ///< {"type": type}
std::string welcome(const std::string& request_id);
std::string conversation_text(const std::string& role, const std::string& content);
std::string history_text(const std::string& role, const std::string& content);
std::string history_call(const FunctionCall& call, const std::string& response);
std::string agent_thinking(const std::string& content);
std::string function_call_request(const std::vector<FunctionCall>& calls);
std::string function_call_cancelled(const std::vector<FunctionCall>& calls);
std::string function_call_response(const FunctionCall& call, const std::string& content);
std::string agent_started_speaking(const Latencies& latencies);
std::string latency_report(const Latencies& latencies);
std::string injection_refused(const std::string& reason);
/// `type` is "Error" or "Warning".
std::string coded(const char* type, const std::string& code, const std::string& description);
std::string handshake_error(const std::string& code, const std::string& message, const std::string& request_id);

/// The texts of a client message; empty where absent. For FunctionCallResponse `text` is its content, for injections
/// and UpdatePrompt the words themselves.
struct ClientText {
    std::string type;
    std::string text;
    std::string behavior;
    std::string id;
    std::string name;
    std::string thought_signature;
    std::string listen_version;  ///< of UpdateListen
};
ClientText read_client_text(std::string_view json);

}  // namespace trunkline::lab::deepgram
