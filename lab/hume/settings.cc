#include "lab/hume/settings.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "lab/agent/json.h"

namespace trunkline::lab::hume {
namespace {

using agent::member;
using agent::text_of;
using nlohmann::json;

std::string variable(const json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number_integer()) return value.dump() + ".0";
    return value.dump();
}

void read_audio(const json& audio, Settings& out, agent::Checked& checked) {
    if (!audio.is_object()) return;
    AudioFormat format;
    const json& rate = member(audio, "sample_rate");
    const json& channels = member(audio, "channels");
    if (!rate.is_number_integer() || !channels.is_number_integer()) return;  // the shape check has said so
    if (rate.get<int64_t>() < 8000 || rate.get<int64_t>() > 192000) {
        return checked.problem("E0102", "audio.sample_rate must be 8000 to 192000");
    }
    if (channels.get<int64_t>() < 1 || channels.get<int64_t>() > 2) {
        return checked.problem("E0102", "audio.channels must be 1 or 2");
    }
    format.sample_rate = rate.get<int>();
    format.channels = channels.get<int>();
    out.audio = format;
    out.details["audio"] = "linear16/" + std::to_string(format.sample_rate) + "/" + std::to_string(format.channels);
}

std::vector<std::string> names(const json& list) {
    std::vector<std::string> out;
    if (!list.is_array()) return out;
    for (const json& one : list) out.push_back(text_of(member(one, "name")));
    return out;
}

/// "session_settings[audio][encoding]" → {"audio", "encoding"}; nothing when it is another key.
std::vector<std::string> path_of(const std::string& key) {
    static const std::string kName = "session_settings[";
    std::vector<std::string> path;
    if (key.compare(0, kName.size(), kName) != 0) return path;
    for (size_t at = kName.size() - 1; at < key.size() && key[at] == '[';) {
        const size_t end = key.find(']', at);
        if (end == std::string::npos) return {};
        path.push_back(key.substr(at + 1, end - at - 1));
        at = end + 1;
    }
    return path;
}

bool is_index(const std::string& text) {
    return !text.empty() && text.size() <= 3 &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

/// The text of a query as the kind that its place asks for.
json leaf(const std::vector<std::string>& path, const std::string& value) {
    const auto is = [&](std::initializer_list<const char*> one) {
        return std::equal(path.begin(), path.end(), one.begin(), one.end());
    };
    json parsed = json::parse(value, nullptr, false);
    if ((is({"audio", "sample_rate"}) || is({"audio", "channels"})) && parsed.is_number()) return parsed;
    // One client writes whole members as JSON text.
    if (path.size() == 1 && parsed.is_structured()) return parsed;
    return value;
}

void put(json& root, const std::vector<std::string>& path, const json& value) {
    json* at = &root;
    for (const std::string& key : path) {
        if (key.empty() || is_index(key)) {
            if (!at->is_array()) *at = json::array();
            const size_t index = key.empty() ? at->size() : std::stoul(key);
            while (at->size() <= index) at->push_back(nullptr);
            at = &(*at)[index];
        } else {
            if (!at->is_object()) *at = json::object();
            at = &(*at)[key];
        }
    }
    if (at->is_null()) {
        *at = value;
    } else {  // a repeated key is a list
        if (!at->is_array()) *at = json::array({*at});
        at->push_back(value);
    }
}

}  // namespace

std::string variable_text(std::string_view json_value) {
    const json value = json::parse(json_value.begin(), json_value.end(), nullptr, false);
    return value.is_discarded() ? std::string(json_value) : variable(value);
}

Settings read_settings(std::string_view text, agent::Checked& checked) {
    Settings out;
    const json message = json::parse(text.begin(), text.end(), nullptr, false);
    read_audio(member(message, "audio"), out, checked);
    if (member(message, "custom_session_id").is_string()) out.custom_session_id = text_of(message["custom_session_id"]);
    for (const char* key : {"system_prompt", "voice_id", "custom_session_id"}) {
        if (member(message, key).is_string()) out.details[key] = text_of(message[key]);
    }
    const json& context = member(message, "context");
    if (message.is_object() && message.contains("context")) {
        const std::string kind = text_of(member(context, "type"));
        out.details["context"] = text_of(member(context, "text"));
        out.details["context.type"] = context.is_null() ? "" : kind.empty() ? "temporary" : kind;
    }
    const json& variables = member(message, "variables");
    if (variables.is_object()) {
        for (const auto& [name, value] : variables.items()) {
            if (value.is_structured() || value.is_null()) {
                checked.problem("E0101", "`variables." + name.substr(0, 40) + "` must be a text, a number or a bool");
            } else {
                out.details["variables." + name] = variable(value);
            }
        }
    }
    if (member(message, "tools").is_array()) {
        out.tools = names(member(message, "tools"));
        std::string& all = out.details["tools"];
        for (const std::string& name : *out.tools) all += (all.empty() ? "" : " ") + name;
    }
    return out;
}

std::string settings_of_query(const Query& query) {
    json root;
    for (const auto& [key, value] : query) {
        if (key == "session_settings") {
            json whole = json::parse(value, nullptr, false);
            if (whole.is_object()) root = std::move(whole);
            continue;
        }
        const auto path = path_of(key);
        if (!path.empty()) put(root, path, leaf(path, value));
    }
    if (!root.is_object()) return "";
    root["type"] = "session_settings";
    return agent::wire(root);
}

}  // namespace trunkline::lab::hume
