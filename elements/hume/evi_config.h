#pragma once
// The properties of humeevi as plain values, and what is made of them when the element gets READY.
#include <cstdint>
#include <optional>
#include <string>

#include "elements/hume/hume_session.h"
#include "elements/hume/hume_settings.h"
#include "engine/agent/tool_calls.h"
#include "engine/core/result.h"

namespace trunkline::hume {

struct EviConfig {
    std::string url = "wss://api.hume.ai/v0/evi/chat";
    std::string api_key, config_id, config_version, settings, greeting, prompt, voice_id, variables, context;
    std::string functions, resumed_chat_group_id, tool_url, tool_secret;
    uint64_t tool_timeout = 5'000'000'000;  ///< ns, as all durations here
    uint64_t connect_timeout = 10'000'000'000;
    uint64_t chunk = 20'000'000;
    uint64_t reorder_timeout = 200'000'000;
    std::optional<bool> verbose_transcription, binary_audio;
    int input_rate = 16'000, output_rate = 48'000;  ///< Hz
};

/// Reads the settings file and merges; fills in the configuration from HUME_CONFIG_ID. Errors: "bad-settings",
/// "no-settings-file".
Result<Settings> settings_of(const EviConfig& config);

/// Fills in the key from HUME_AI_API_KEY or HUME_API_KEY. Errors: "no-api-key", "bad-api-key", "bad-url".
Result<SessionOptions> session_options_of(const EviConfig& config);

agent::ToolOptions tool_options_of(const EviConfig& config, std::string call_id);

}  // namespace trunkline::hume
