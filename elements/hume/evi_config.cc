// Reads the settings file and the environment once per call, before anything runs.
#include "elements/hume/evi_config.h"

#include <cstdlib>

#include "engine/agent/config.h"

namespace trunkline::hume {

Result<Settings> settings_of(const EviConfig& c) {
    auto text = agent::settings_text(c.settings);
    if (!text) return tl::unexpected(text.error());
    SettingsOptions o;
    o.file_name = c.settings.starts_with('{') ? "(inline)" : c.settings;
    o.file_text = std::move(*text);
    o.prompt = c.prompt;
    o.voice_id = c.voice_id;
    o.functions = c.functions;
    o.variables = c.variables;
    o.context = c.context;
    o.config_id = c.config_id;
    if (const char* environment = std::getenv("HUME_CONFIG_ID"); o.config_id.empty() && environment) {
        o.config_id = environment;
    }
    o.config_version = c.config_version;
    o.resumed_chat_group_id = c.resumed_chat_group_id;
    o.verbose_transcription = c.verbose_transcription.value_or(true);
    return Settings::build(o);
}

Result<SessionOptions> session_options_of(const EviConfig& c) {
    if (const auto ok = agent::check_url(c.url); !ok) return tl::unexpected(ok.error());
    auto key = agent::api_key("humeevi", c.api_key, {"HUME_AI_API_KEY", "HUME_API_KEY"}, c.url);
    if (!key) return tl::unexpected(key.error());
    SessionOptions o;
    o.url = c.url;
    o.api_key = std::move(*key);
    o.greeting = c.greeting;
    o.connect_timeout = agent::milliseconds(c.connect_timeout);
    o.binary_audio = c.binary_audio.value_or(false);
    return o;
}

agent::ToolOptions tool_options_of(const EviConfig& c, std::string call_id) {
    return {.component = "hume",
            .url = c.tool_url,
            .secret = c.tool_secret,
            .call_id = std::move(call_id),
            .timeout = agent::milliseconds(c.tool_timeout)};
}

}  // namespace trunkline::hume
