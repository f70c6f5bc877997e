#include "lab/agent/message_log.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "lab/agent/json.h"

namespace trunkline::lab::agent {
namespace {

using nlohmann::ordered_json;

constexpr size_t kMaxBytes = 256U << 20;

constexpr const char* kSecrets[] = {"language_model_api_key", "headers", "credentials", "api_key", "access_token"};

bool secret(const std::string& name) {
    return std::any_of(std::begin(kSecrets), std::end(kSecrets), [&](const char* one) { return name == one; });
}

void hide(ordered_json& value, bool hidden) {
    if (value.is_string() && hidden) value = "***";
    if (value.is_array()) {
        for (auto& one : value) hide(one, hidden);
    } else if (value.is_object()) {
        for (auto& [name, inner] : value.items()) hide(inner, hidden || secret(name));
    }
}

}  // namespace

std::string without_secrets(const std::string& text) {
    const bool named = std::any_of(std::begin(kSecrets), std::end(kSecrets),
                                   [&](const char* one) { return text.find(one) != std::string::npos; });
    if (!named) return text;
    auto message = ordered_json::parse(text, nullptr, false);
    if (message.is_discarded()) return "";
    hide(message, false);
    return wire(message);
}

MessageLog::MessageLog(const std::string& dir, const std::string& name) : wanted_(!dir.empty()) {
    if (!wanted_) return;
    path_ = dir + "/" + name;
    file_.reset(std::fopen(path_.c_str(), "wbe"));
}

void MessageLog::text(double at_ms, const std::string& text) {
    if (file_) line(wire(ordered_json{{"at_ms", at_ms}, {"text", without_secrets(text)}}));
}

void MessageLog::binary(double at_ms, size_t bytes) {
    if (file_) line(wire(ordered_json{{"at_ms", at_ms}, {"binary", bytes}}));
}

void MessageLog::line(const std::string& line) {
    if (written_ + line.size() > kMaxBytes) return;
    written_ += line.size() + 1;
    std::fputs((line + "\n").c_str(), file_.get());
}

}  // namespace trunkline::lab::agent
