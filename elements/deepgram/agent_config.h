#pragma once
// The properties of deepgramagent as plain values, and what is made of them when the element gets READY.
#include <cstdint>
#include <optional>
#include <string>

#include "elements/deepgram/deepgram_session.h"
#include "elements/deepgram/deepgram_settings.h"
#include "engine/agent/tool_calls.h"
#include "engine/core/result.h"

namespace trunkline::deepgram {

struct AgentConfig {
    enum class Output : int { kAuto, kMulaw, kLinear16 };

    std::string url = "wss://agent.deepgram.com/v1/agent/converse";
    std::string api_key, settings, greeting, prompt, language, listen_model, think_provider, think_model, speak_model;
    std::string functions, agent_id, tags, tool_url, tool_secret;
    uint64_t tool_timeout = 5'000'000'000;  ///< ns, as all durations here
    uint64_t keep_alive = 8'000'000'000;
    uint64_t connect_timeout = 10'000'000'000;
    uint64_t chunk = 20'000'000;
    Output output_format = Output::kAuto;
    int output_rate = 0;  ///< Hz; 0 = what fits
    std::optional<bool> mip_opt_out, history, experimental;
};

/// Where a setting came from, for `calls.backend_config_id`: the stored agent, the settings file, or "".
std::string config_name(const AgentConfig& config);

/// Reads the settings file and merges. Errors: "bad-settings", "no-settings-file".
Result<Settings> settings_of(const AgentConfig& config);

/// Fills in the key from DEEPGRAM_API_KEY. Errors: "no-api-key", "bad-api-key", "bad-url".
Result<SessionOptions> session_options_of(const AgentConfig& config);

agent::ToolOptions tool_options_of(const AgentConfig& config, std::string call_id);

}  // namespace trunkline::deepgram
