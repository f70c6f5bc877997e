// Reads what the simulator needs from Settings, tolerating whatever the check of their shape complained about.
#include "lab/deepgram/settings.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "lab/agent/json.h"
#include "lab/deepgram/schema.h"

namespace trunkline::lab::deepgram {
namespace {

using agent::member;
using agent::text_of;
using nlohmann::json;
constexpr size_t kMaxMessage = 1U << 20;
constexpr const char* kUnparsable = "UNPARSABLE_CLIENT_MESSAGE";
constexpr const char* kInvalid = "INVALID_SETTINGS";

void problem(Checked& checked, const char* code, const std::string& text) { checked.problem(code, text); }

bool is_uuid(const std::string& text) {
    if (text.size() != 36) return false;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
    }
    return true;
}

/// Parses without exceptions; a discarded value when it is no JSON.
json parse(std::string_view text) {
    if (text.size() > kMaxMessage) return json(json::value_t::discarded);
    return json::parse(text.begin(), text.end(), nullptr, false);
}

void read_functions(const json& think, std::vector<FunctionDef>& out) {
    const json& block = think.is_array() && !think.empty() ? think[0] : think;
    const json& functions = member(block, "functions");
    if (!functions.is_array()) return;
    for (const json& function : functions) {
        out.push_back({text_of(member(function, "name")), member(function, "endpoint").is_object()});
    }
}

void read_format(const json& value, const char* side, AudioFormat& format, Settings& out, Checked& checked) {
    format.encoding = text_of(member(value, "encoding"), "linear16");
    const bool companded = format.encoding == "mulaw" || format.encoding == "alaw";
    const json& rate = member(value, "sample_rate");
    format.sample_rate = companded ? 8000 : 24000;
    if (rate.is_number_integer()) {
        const auto wanted = rate.get<int64_t>();
        if (wanted < 8000 || wanted > 48000) {
            problem(checked, kInvalid, std::string("audio.") + side + ".sample_rate must be 8000 to 48000");
        } else {
            format.sample_rate = static_cast<int>(wanted);
        }
    }
    if (!value.is_object() || !member(value, "encoding").is_string() || !rate.is_number_integer()) {
        out.advice.push_back(std::string("audio.") + side + ": always send encoding and sample_rate");
    }
    format.container = text_of(member(value, "container"), "none");
}

void check_served(const Settings& out, Checked& checked) {
    const auto is = [](const std::string& value, std::initializer_list<const char*> any) {
        return std::any_of(any.begin(), any.end(), [&](const char* one) { return value == one; });
    };
    if (!is(out.output.encoding, {"linear16", "mulaw", "alaw"}) || !is(out.output.container, {"none", "wav"})) {
        problem(checked, kInvalid, "audio.output: this server speaks linear16, mulaw and alaw, container none or wav");
    }
    if (is(out.output.encoding, {"mulaw", "alaw"}) && out.output.sample_rate != 8000 &&
        out.output.sample_rate != 16000) {
        problem(checked, kInvalid, "audio.output: mulaw and alaw need sample_rate 8000 or 16000");
    }
    if (!is(out.input.encoding, {"linear16", "linear32", "mulaw", "alaw"})) {
        problem(checked, kInvalid, "audio.input.encoding: this server hears linear16, linear32, mulaw and alaw");
    }
    if (out.speak_version == "v2" && out.output.container != "none") {
        problem(checked, kInvalid, "audio.output.container must be none for agent.speak version v2");
    }
}

void check_range(const json& provider, const char* key, double low, double high, Checked& checked) {
    const json& value = member(provider, key);
    if (value.is_number() && (value.get<double>() < low || value.get<double>() > high)) {
        problem(checked, kInvalid, std::string("agent.listen.provider.") + key + " is out of range");
    }
}

void read_agent(const json& agent, Settings& out, Checked& checked) {
    if (agent.is_string()) {
        out.agent_id = agent.get<std::string>();
        if (!is_uuid(out.agent_id)) problem(checked, "INVALID_AGENT_ID", "agent is neither an object nor a UUID");
        return;
    }
    out.greeting = text_of(member(agent, "greeting"));
    const json& listen = member(member(agent, "listen"), "provider");
    out.listen_version = text_of(member(listen, "version"), "v1");
    out.listen_model = text_of(member(listen, "model"));
    check_range(listen, "eot_threshold", 0.5, 0.9, checked);
    check_range(listen, "eager_eot_threshold", 0.3, 0.9, checked);
    const json& think = member(agent, "think");
    out.prompt = text_of(member(think.is_array() && !think.empty() ? think[0] : think, "prompt"));
    read_functions(think, out.functions);
    const json& speak = member(agent, "speak");
    out.speak_version =
        text_of(member(member(speak.is_array() && !speak.empty() ? speak[0] : speak, "provider"), "version"), "v1");
    const json& messages = member(member(agent, "context"), "messages");
    if (!messages.is_array()) return;
    for (const json& m : messages) {
        if (member(m, "role").is_string()) out.context.emplace_back(text_of(m["role"]), text_of(member(m, "content")));
    }
}

}  // namespace

Checked check_shape(std::string_view text, std::string& type) {
    if (text.size() > kMaxMessage) text = {};
    return agent::check_message(text, shape_of_message, {kUnparsable, kUnparsable}, type);
}

Settings read_settings(std::string_view text, Checked& checked) {
    Settings out;
    const json message = parse(text);
    const json& audio = member(message, "audio");
    read_format(member(audio, "input"), "input", out.input, out, checked);
    read_format(member(audio, "output"), "output", out.output, out, checked);
    const json& history = member(member(message, "flags"), "history");
    if (history.is_boolean()) out.history = history.get<bool>();
    read_agent(member(message, "agent"), out, checked);
    check_served(out, checked);
    if (out.output.encoding != "linear16" && out.output.container == "wav") {
        out.advice.push_back("audio.output.container wav puts a header into telephone audio: it clicks");
    }
    return out;
}

std::vector<FunctionDef> read_think_functions(std::string_view text) {
    std::vector<FunctionDef> out;
    const json message = parse(text);
    read_functions(member(message, "think"), out);
    return out;
}

}  // namespace trunkline::lab::deepgram
