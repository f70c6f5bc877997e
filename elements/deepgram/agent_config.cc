// Reads the settings file and the environment once per call, before anything runs.
#include "elements/deepgram/agent_config.h"

#include "engine/agent/config.h"

namespace trunkline::deepgram {

std::string config_name(const AgentConfig& config) {
    if (!config.agent_id.empty()) return config.agent_id;
    return config.settings.starts_with('{') ? "" : config.settings;
}

Result<Settings> settings_of(const AgentConfig& c) {
    SettingsOptions o;
    auto text = agent::settings_text(c.settings);
    if (!text) return tl::unexpected(text.error());
    o.file_name = c.settings.starts_with('{') ? "(inline)" : c.settings;
    o.file_text = std::move(*text);
    o.agent_id = c.agent_id;
    o.greeting = c.greeting;
    o.prompt = c.prompt;
    o.language = c.language;
    o.listen_model = c.listen_model;
    o.think_provider = c.think_provider;
    o.think_model = c.think_model;
    o.speak_model = c.speak_model;
    o.functions = c.functions;
    o.tags = c.tags;
    o.mip_opt_out = c.mip_opt_out;
    o.history = c.history;
    o.experimental = c.experimental;
    return Settings::build(o);
}

Result<SessionOptions> session_options_of(const AgentConfig& c) {
    if (const auto ok = agent::check_url(c.url); !ok) return tl::unexpected(ok.error());
    auto key = agent::api_key("deepgramagent", c.api_key, {"DEEPGRAM_API_KEY"}, c.url);
    if (!key) return tl::unexpected(key.error());
    SessionOptions o;
    o.url = c.url;
    o.api_key = std::move(*key);
    o.connect_timeout = agent::milliseconds(c.connect_timeout);
    o.keep_alive = agent::milliseconds(c.keep_alive);
    return o;
}

agent::ToolOptions tool_options_of(const AgentConfig& c, std::string call_id) {
    return {.component = "deepgram",
            .url = c.tool_url,
            .secret = c.tool_secret,
            .call_id = std::move(call_id),
            .timeout = agent::milliseconds(c.tool_timeout)};
}

}  // namespace trunkline::deepgram
