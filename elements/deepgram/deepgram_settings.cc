// Three layers of JSON: defaults for the sections nobody named, the file, the properties.
#include "elements/deepgram/deepgram_settings.h"

#include <algorithm>

#include "elements/deepgram/settings_check.h"

namespace trunkline::deepgram {
namespace {

constexpr std::string_view kEnglishEars =
    R"({"provider":{"type":"deepgram","version":"v2","model":"flux-general-en"}})";
constexpr std::string_view kAnyEars = R"({"provider":{"type":"deepgram","version":"v1","model":"nova-3"}})";
constexpr std::string_view kMind = R"({"provider":{"type":"open_ai","model":"gpt-4o-mini"}})";
constexpr std::string_view kVoice = R"({"provider":{"type":"deepgram","model":"aura-2-thalia-en"}})";

/// Objects merge by key, everything else is replaced. A list under an object is a list of fallbacks: what the object
/// says goes into every entry, but `provider` only into the first, else the fallbacks would all be the same.
void write_merged(JsonWriter& w, const Json& base, const Json& over, bool with_provider = true) {
    if (!over.exists()) {
        w.raw(base.dump());
    } else if (base.is_array() && over.is_object()) {
        w.begin_array();
        for (size_t i = 0; i < base.size(); ++i) write_merged(w, base.at(i), over, i == 0);
        w.end();
    } else if (base.is_object() && over.is_object()) {
        w.begin_object();
        const auto taken = [&](const std::string& key) { return with_provider || key != "provider"; };
        for (const std::string& key : base.keys()) {
            w.key(key);
            write_merged(w, base[key], taken(key) ? over[key] : Json());
        }
        for (const std::string& key : over.keys()) {
            if (!base[key].exists() && taken(key)) w.raw_field(key, over[key].dump());
        }
        w.end();
    } else {
        w.raw(over.dump());
    }
}

void write_listen(JsonWriter& w, const SettingsOptions& o, const Json& base) {
    if (o.listen_model.empty() && o.language.empty()) return;
    std::string version = base["version"].text_or("v1");
    std::string model = base["model"].text_or("");
    w.key("listen").begin_object().key("provider").begin_object();
    if (!o.listen_model.empty()) {
        model = o.listen_model;
        version = model.starts_with("flux") ? "v2" : "v1";
        w.field("type", "deepgram").field("version", version).field("model", model);
    }
    // Flux takes hints, and its English model not even those.
    if (!o.language.empty() && version != "v2") {
        w.field("language", o.language);
    } else if (!o.language.empty() && !model.ends_with("-en")) {
        w.key("language_hints").begin_array().value(o.language).end();
    }
    w.end().end();
}

void write_think(JsonWriter& w, const SettingsOptions& o) {
    w.key("think").begin_object();
    if (!o.think_provider.empty() || !o.think_model.empty()) {
        w.key("provider").begin_object();
        if (!o.think_provider.empty()) w.field("type", o.think_provider);
        if (!o.think_model.empty()) w.field("model", o.think_model);
        w.end();
    }
    if (!o.prompt.empty()) w.field("prompt", o.prompt);
    if (!o.functions.empty()) w.raw_field("functions", o.functions);
    w.end();
}

void write_tags(JsonWriter& w, std::string_view tags) {
    w.key("tags").begin_array();
    while (!tags.empty()) {
        const size_t comma = std::min(tags.find(','), tags.size());
        std::string_view tag = tags.substr(0, comma);
        while (tag.starts_with(' ')) tag.remove_prefix(1);
        while (tag.ends_with(' ')) tag.remove_suffix(1);
        if (!tag.empty()) w.value(tag);
        tags.remove_prefix(std::min(comma + 1, tags.size()));
    }
    w.end();
}

/// The properties as a document of the same shape as `base`, which they are laid over.
std::string overlay(const SettingsOptions& o, const Json& base) {
    JsonWriter w;
    w.begin_object();
    if (!o.tags.empty()) write_tags(w, o.tags);
    if (o.experimental) w.field("experimental", *o.experimental);
    if (o.mip_opt_out) w.field("mip_opt_out", *o.mip_opt_out);
    if (o.history) w.key("flags").begin_object().field("history", *o.history).end();
    if (!o.agent_id.empty()) {
        w.field("agent", o.agent_id);
    } else {
        w.key("agent").begin_object();
        if (!o.greeting.empty()) w.field("greeting", o.greeting);
        write_listen(w, o, base["agent"]["listen"]["provider"]);
        write_think(w, o);
        if (!o.speak_model.empty()) {
            w.key("speak").begin_object().key("provider").begin_object();
            w.field("type", "deepgram").field("model", o.speak_model).end().end();
        }
        w.end();
    }
    return w.end().take();
}

/// The file, with sections nobody wrote filled in; a section that is there stays as it is.
std::string underlay(const SettingsOptions& o, const Json& file) {
    JsonWriter w;
    w.begin_object();
    for (const std::string& key : file.keys()) {
        if (key != "agent") w.raw_field(key, file[key].dump());
    }
    const Json agent = file["agent"];
    if (agent.is_string()) {
        w.raw_field("agent", agent.dump());
    } else {
        const bool english = o.language.empty() || o.language.starts_with("en");
        w.key("agent").begin_object();
        for (const std::string& key : agent.keys()) w.raw_field(key, agent[key].dump());
        if (!agent["listen"].exists())
            w.raw_field("listen", english && o.listen_model.empty() ? kEnglishEars : kAnyEars);
        if (!agent["think"].exists()) w.raw_field("think", kMind);
        if (!agent["speak"].exists()) w.raw_field("speak", kVoice);
        w.end();
    }
    return w.end().take();
}

Status check_properties(const SettingsOptions& o) {
    if (!o.functions.empty()) {
        auto list = Json::parse(o.functions);
        if (!list) return fail("bad-settings", "property functions is not JSON: " + list.error().message);
        if (!list->is_array()) return fail("bad-settings", "property functions must be a JSON list of functions");
    }
    if (o.agent_id.empty()) return {};
    if (!is_uuid(o.agent_id)) return fail("bad-settings", "agent-id \"" + o.agent_id + "\" is not a UUID");
    const std::pair<const char*, const std::string*> excluded[] = {
        {"greeting", &o.greeting},         {"prompt", &o.prompt},           {"language", &o.language},
        {"listen-model", &o.listen_model}, {"think-model", &o.think_model}, {"think-provider", &o.think_provider},
        {"speak-model", &o.speak_model},   {"functions", &o.functions}};
    for (const auto& [name, value] : excluded) {
        if (!value->empty()) {
            return fail("bad-settings", std::string("property ") + name +
                                            " cannot be set with the UUID of a stored agent, which decides it");
        }
    }
    return {};
}

void write_audio(JsonWriter& w, const AudioFormat& input, const AudioFormat& output) {
    w.key("audio").begin_object();
    w.key("input").begin_object().field("encoding", input.name()).field("sample_rate", input.rate).end();
    // A WAV header inside a telephone call is a click, so no container, whatever the file says.
    w.key("output").begin_object().field("encoding", output.name()).field("sample_rate", output.rate);
    w.field("container", "none").end().end();
}

void write_past(JsonWriter& w, const Past& past) {
    w.begin_object().field("type", "History");
    if (const auto* text = std::get_if<ConversationText>(&past)) {
        w.field("role", to_string(text->role)).field("content", text->content);
    } else {
        const auto& done = std::get<PastCall>(past);
        w.key("function_calls").begin_array().begin_object();
        w.field("id", done.call.id).field("name", done.call.name).field("client_side", done.call.client_side);
        w.field("arguments", done.call.arguments).field("response", done.response);
        if (done.call.thought_signature) w.field("thought_signature", *done.call.thought_signature);
        w.end().end();
    }
    w.end();
}

}  // namespace

Result<Settings> Settings::build(const SettingsOptions& options) {
    SettingsOptions o = options;
    const std::string where = o.file_text.empty() ? "settings" : "settings file " + o.file_name;
    auto file = Json::parse(o.file_text.empty() ? std::string_view("{}") : std::string_view(o.file_text));
    if (!file) return fail("bad-settings", where + " is not JSON: " + file.error().message);
    if (!file->is_object()) return fail("bad-settings", where + " must hold one JSON object");
    const Json agent = (*file)["agent"];
    if (agent.exists() && !agent.is_object() && !agent.is_string()) {
        return fail("bad-settings", where + ": agent: must be an object, or the UUID of a stored agent");
    }
    if (o.agent_id.empty()) o.agent_id = agent.text_or("");
    if (auto ok = check_properties(o); !ok) return tl::unexpected(ok.error());

    auto base = Json::parse(underlay(o, *file));
    if (!base) return fail("bad-settings", where + ": " + base.error().message);
    auto over = Json::parse(overlay(o, *base));
    if (!over) return fail("bad-settings", where + ": " + over.error().message);
    JsonWriter merged;
    write_merged(merged, *base, *over);
    auto doc = Json::parse(merged.text());
    if (!doc) return fail("bad-settings", where + ": " + doc.error().message);
    auto functions = check_settings(*doc, where);
    if (!functions) return tl::unexpected(functions.error());

    Settings settings;
    settings.doc_ = std::move(*doc);
    settings.functions_ = std::move(*functions);
    return settings;
}

std::string Settings::message(const AudioFormat& input, const AudioFormat& output, std::span<const Past> past) const {
    JsonWriter w;
    w.begin_object().field("type", "Settings");
    for (const std::string& key : doc_.keys()) {
        if (key != "type" && key != "audio" && key != "agent") w.raw_field(key, doc_[key].dump());
    }
    write_audio(w, input, output);
    const Json agent = doc_["agent"];
    if (past.empty() || !agent.is_object()) {
        w.raw_field("agent", agent.dump());
        return w.end().take();
    }
    w.key("agent").begin_object();
    for (const std::string& key : agent.keys()) {
        // Who is in the middle of a talk is not greeted again.
        if (key != "greeting" && key != "context") w.raw_field(key, agent[key].dump());
    }
    w.key("context").begin_object().key("messages").begin_array();
    const Json before = agent["context"]["messages"];
    for (size_t i = 0; i < before.size(); ++i) w.raw(before.at(i).dump());
    for (const Past& entry : past) write_past(w, entry);
    w.end().end().end();
    return w.end().take();
}

bool Settings::stored_agent() const { return doc_["agent"].is_string(); }

bool Settings::may_be_asked(std::string_view function) const {
    return stored_agent() || std::find(functions_.begin(), functions_.end(), function) != functions_.end();
}

}  // namespace trunkline::deepgram
