#include "elements/hume/hume_settings.h"

#include <glib.h>

#include <algorithm>

namespace trunkline::hume {
namespace {

std::string escaped(const std::string& text) {
    // Keys and values are people's texts: everything but unreserved characters is encoded, brackets too.
    char* made = g_uri_escape_bytes(reinterpret_cast<const guint8*>(text.data()), text.size(), nullptr);
    std::string out = made;
    g_free(made);
    return out;
}

void append(std::string& query, const std::string& name, const std::string& value) {
    if (!query.empty()) query += '&';
    query += escaped(name) + '=' + escaped(value);
}

std::string scalar_text(const Json& value) { return value.is_string() ? value.text_or("") : value.dump(); }

Result<Json> object_of(const std::string& text, const char* property) {
    auto parsed = Json::parse(text);
    if (!parsed)
        return fail("bad-settings", std::string("property ") + property + " is not JSON: " + parsed.error().message);
    if (!parsed->is_object())
        return fail("bad-settings", std::string("property ") + property + " must be a JSON object");
    return parsed;
}

/// One function as people write it (parameters as an object) in Hume's shape (parameters as text).
Status write_tool(JsonWriter& w, const Json& function, const std::string& place, std::vector<std::string>& names) {
    const std::string name = function["name"].text_or("");
    if (name.empty()) return fail("bad-settings", place + ".name: is missing");
    if (std::find(names.begin(), names.end(), name) != names.end()) {
        return fail("bad-settings", place + ".name: `" + name + "` is there twice");
    }
    if (function["endpoint"].exists()) {
        return fail("bad-settings", place + ".endpoint: Hume calls no functions itself; leave it out and set tool-url");
    }
    const Json parameters = function["parameters"];
    if (parameters.exists() && !parameters.is_object() && !parameters.is_string()) {
        return fail("bad-settings", place + ".parameters: must be a JSON Schema object");
    }
    w.begin_object().field("type", "function").field("name", name);
    w.field("parameters", parameters.is_string()   ? parameters.text_or("")
                          : parameters.is_object() ? parameters.dump()
                                                   : R"({"type":"object","properties":{}})");
    for (const char* key : {"description", "fallback_content"}) {
        if (function[key].is_string()) w.field(key, function[key].text_or(""));
    }
    w.end();
    names.push_back(name);
    return {};
}

Result<std::string> tools_of(const Json& list, const std::string& where, std::vector<std::string>& names) {
    if (!list.is_array()) return fail("bad-settings", where + " must be a list of functions");
    JsonWriter w;
    w.begin_array();
    for (size_t i = 0; i < list.size(); ++i) {
        if (auto ok = write_tool(w, list.at(i), where + "[" + std::to_string(i) + "]", names); !ok) {
            return tl::unexpected(ok.error());
        }
    }
    return w.end().take();
}

}  // namespace

void append_bracketed(std::string& query, const std::string& name, const Json& value) {
    if (value.is_object()) {
        for (const std::string& key : value.keys()) append_bracketed(query, name + "[" + key + "]", value[key]);
    } else if (value.is_array()) {
        for (size_t i = 0; i < value.size(); ++i)
            append_bracketed(query, name + "[" + std::to_string(i) + "]", value.at(i));
    } else if (value.exists() && !value.is_null()) {
        append(query, name, scalar_text(value));
    }
}

Result<Settings> Settings::build(const SettingsOptions& options) {
    Settings s;
    s.options_ = options;
    const std::string where = options.file_text.empty() ? "settings" : "settings file " + options.file_name;
    auto file = Json::parse(options.file_text.empty() ? std::string_view("{}") : std::string_view(options.file_text));
    if (!file) return fail("bad-settings", where + " is not JSON: " + file.error().message);
    if (!file->is_object()) return fail("bad-settings", where + " must hold one JSON object");
    if ((*file)["type"].exists() && (*file)["type"].text_or("") != "session_settings") {
        return fail("bad-settings", where + ": type: must be \"session_settings\", or be left out");
    }
    s.file_ = std::move(*file);

    if (!options.functions.empty()) {
        auto list = Json::parse(options.functions);
        if (!list) return fail("bad-settings", "property functions is not JSON: " + list.error().message);
        auto tools = tools_of(*list, "property functions", s.functions_);
        if (!tools) return tl::unexpected(tools.error());
        s.tools_ = std::move(*tools);
    } else if (const Json list = s.file_["tools"]; list.exists()) {
        auto tools = tools_of(list, where + ": tools", s.functions_);
        if (!tools) return tl::unexpected(tools.error());
        s.tools_ = std::move(*tools);
    }

    JsonWriter variables;
    variables.begin_object();
    const Json in_file = s.file_["variables"];
    Json own;
    if (!options.variables.empty()) {
        auto parsed = object_of(options.variables, "variables");
        if (!parsed) return tl::unexpected(parsed.error());
        own = std::move(*parsed);
    }
    for (const bool from_file : {true, false}) {
        const Json& from = from_file ? in_file : own;
        for (const std::string& key : from.keys()) {
            const Json value = from[key];
            if (value.is_object() || value.is_array()) {
                return fail("bad-settings", "variables: `" + key + "` must be a text, a number or true or false");
            }
            if (!from_file || !own[key].exists()) variables.raw_field(key, value.dump());
        }
    }
    s.variables_ = variables.end().take();
    if (s.variables_ == "{}") s.variables_.clear();
    return s;
}

std::string Settings::address(std::string_view url, std::string_view key, std::string_view group) const {
    std::string query;
    if (!key.empty()) append(query, "api_key", std::string(key));
    if (!options_.config_id.empty()) append(query, "config_id", options_.config_id);
    if (!options_.config_version.empty()) append(query, "config_version", options_.config_version);
    const std::string resumed = group.empty() ? options_.resumed_chat_group_id : std::string(group);
    if (!resumed.empty()) append(query, "resumed_chat_group_id", resumed);
    append(query, "verbose_transcription", options_.verbose_transcription ? "true" : "false");
    // What the model is greeted with; the prompt and the tools are too long for an address and go with the message.
    JsonWriter w;
    w.begin_object();
    if (!options_.custom_session_id.empty()) w.field("custom_session_id", options_.custom_session_id);
    const std::string voice = options_.voice_id.empty() ? file_["voice_id"].text_or("") : options_.voice_id;
    if (!voice.empty()) w.field("voice_id", voice);
    if (!variables_.empty()) w.raw_field("variables", variables_);
    const auto settings = Json::parse(w.end().take());
    if (settings) {
        for (const std::string& name : settings->keys()) {
            std::string more;
            append_bracketed(more, "session_settings[" + name + "]", (*settings)[name]);
            if (more.empty() || more.size() > kMaxQueryValue || query.size() + more.size() > kMaxQuery) continue;
            query += "&" + more;
        }
    }
    std::string address(url);
    address += address.find('?') == std::string::npos ? '?' : '&';
    return address + query;
}

std::string Settings::message(int rate) const {
    static constexpr std::string_view kOwn[] = {"type",    "audio",    "system_prompt", "tools",
                                                "context", "voice_id", "variables",     "custom_session_id"};
    JsonWriter w;
    w.begin_object().field("type", "session_settings");
    w.key("audio").begin_object().field("encoding", "linear16").field("sample_rate", rate).field("channels", 1).end();
    const auto text = [&](const char* key, const std::string& own) {
        const std::string value = own.empty() ? file_[key].text_or("") : own;
        if (!value.empty()) w.field(key, value);
    };
    text("system_prompt", options_.prompt);
    text("voice_id", options_.voice_id);
    text("custom_session_id", options_.custom_session_id);
    if (!tools_.empty()) w.raw_field("tools", tools_);
    if (!variables_.empty()) w.raw_field("variables", variables_);
    if (!options_.context.empty()) {
        w.key("context").begin_object().field("text", options_.context).field("type", "persistent").end();
    } else if (file_["context"].exists()) {
        w.raw_field("context", file_["context"].dump());
    }
    for (const std::string& key : file_.keys()) {
        if (std::find(std::begin(kOwn), std::end(kOwn), key) == std::end(kOwn)) w.raw_field(key, file_[key].dump());
    }
    return w.end().take();
}

bool Settings::may_be_asked(std::string_view function) const {
    // A configuration that lies at Hume may have tools of its own.
    return functions_.empty() || !options_.config_id.empty() ||
           std::find(functions_.begin(), functions_.end(), function) != functions_.end();
}

}  // namespace trunkline::hume
