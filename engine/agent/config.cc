#include "engine/agent/config.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "engine/core/log.h"

namespace trunkline::agent {
namespace {

constexpr size_t kMaxFile = 1U << 20;

std::string trimmed(std::string text) {
    const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && space(text.back())) text.pop_back();
    text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), space));
    return text;
}

bool on_loopback(std::string_view url) {
    const std::string_view host = url.substr(std::min(url.find("://") + 3, url.size()));
    return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
}

}  // namespace

Result<std::string> settings_text(const std::string& property) {
    if (property.empty() || property.starts_with('{')) return property;
    std::ifstream file(property, std::ios::binary);
    if (!file) {
        return fail("no-settings-file", "settings file " + property + " cannot be read: " + std::strerror(errno) +
                                            "; name an existing file in the property settings");
    }
    std::string text(kMaxFile + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(file.gcount()));
    if (text.size() > kMaxFile) return fail("bad-settings", "settings file " + property + " is longer than 1 MiB");
    return text.empty() ? " " : text;  // an empty file is an error, not no file
}

Status check_url(std::string_view url) {
    if (url.starts_with("ws://") || url.starts_with("wss://")) return {};
    return fail("bad-url", "property url must begin with wss:// or ws://, it is \"" + std::string(url) + "\"");
}

Result<std::string> api_key(const char* element, const std::string& property,
                            std::initializer_list<const char*> variables, std::string_view url) {
    const bool plain = url.starts_with("ws://");
    std::string key = trimmed(property);
    std::string names;
    for (const char* variable : variables) {
        const char* value = std::getenv(variable);
        if (key.empty() && value) key = trimmed(value);
        names += (names.empty() ? "" : " or ") + std::string(variable);
    }
    if (key.empty() && !plain) {
        return fail("no-api-key", std::string(element) + " has no API key: set the property api-key or " + names);
    }
    if (std::any_of(key.begin(), key.end(), [](unsigned char ch) { return ch <= ' ' || ch >= 0x7F; })) {
        return fail("bad-api-key", "the API key holds characters that no key has: check api-key or " + names);
    }
    if (plain && !on_loopback(url) && !key.empty()) {
        log_warn(element, "the API key and the call go over the network in clear: use wss://");
    }
    return key;
}

}  // namespace trunkline::agent
