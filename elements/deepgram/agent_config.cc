// Reads the settings file and the environment once per call, before anything runs.
#include "elements/deepgram/agent_config.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "engine/core/log.h"

namespace trunkline::deepgram {
namespace {

constexpr size_t kMaxFile = 1U << 20;

std::chrono::milliseconds milliseconds(uint64_t ns) { return std::chrono::milliseconds(ns / 1'000'000); }

std::string trimmed(std::string text) {
    const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && space(text.back())) text.pop_back();
    text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), space));
    return text;
}

Result<std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return fail("no-settings-file", "settings file " + path + " cannot be read: " + std::strerror(errno) +
                                            "; name an existing file in the property settings");
    }
    std::string text(kMaxFile + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(file.gcount()));
    if (text.size() > kMaxFile) return fail("bad-settings", "settings file " + path + " is longer than 1 MiB");
    return text;
}

bool on_loopback(std::string_view url) {
    std::string_view host = url.substr(std::min(url.find("://") + 3, url.size()));
    return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
}

}  // namespace

std::string config_name(const AgentConfig& config) {
    if (!config.agent_id.empty()) return config.agent_id;
    return config.settings.starts_with('{') ? "" : config.settings;
}

Result<Settings> settings_of(const AgentConfig& c) {
    SettingsOptions o;
    if (c.settings.starts_with('{')) {
        o.file_name = "(inline)";
        o.file_text = c.settings;
    } else if (!c.settings.empty()) {
        auto text = read_file(c.settings);
        if (!text) return tl::unexpected(text.error());
        o.file_name = c.settings;
        o.file_text = text->empty() ? " " : std::move(*text);  // an empty file is an error, not no file
    }
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
    const bool plain = c.url.starts_with("ws://");
    if (!plain && !c.url.starts_with("wss://")) {
        return fail("bad-url", "property url must begin with wss:// or ws://, it is \"" + c.url + "\"");
    }
    SessionOptions o;
    o.url = c.url;
    const char* environment = std::getenv("DEEPGRAM_API_KEY");
    o.api_key = trimmed(!c.api_key.empty() ? c.api_key : environment ? environment : "");
    if (o.api_key.empty() && !plain) {
        return fail("no-api-key", "deepgramagent has no API key: set the property api-key or DEEPGRAM_API_KEY");
    }
    if (std::any_of(o.api_key.begin(), o.api_key.end(), [](unsigned char ch) { return ch <= ' ' || ch >= 0x7F; })) {
        return fail("bad-api-key", "the API key holds characters that no key has: check api-key or DEEPGRAM_API_KEY");
    }
    if (plain && !on_loopback(c.url) && !o.api_key.empty()) {
        log_warn("deepgram", "the API key and the call go over the network in clear: use wss://");
    }
    o.connect_timeout = milliseconds(c.connect_timeout);
    o.keep_alive = milliseconds(c.keep_alive);
    return o;
}

agent::ToolOptions tool_options_of(const AgentConfig& c, std::string call_id) {
    return {.component = "deepgram",
            .url = c.tool_url,
            .secret = c.tool_secret,
            .call_id = std::move(call_id),
            .timeout = milliseconds(c.tool_timeout)};
}

}  // namespace trunkline::deepgram
