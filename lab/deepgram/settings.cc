// Walks a message along its shape, then reads what the simulator needs, tolerating whatever the walk complained about.
#include "lab/deepgram/settings.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "lab/deepgram/schema.h"

namespace trunkline::lab::deepgram {
namespace {

using nlohmann::json;
constexpr size_t kMaxProblems = 20;
constexpr size_t kMaxMessage = 1U << 20;
constexpr const char* kUnparsable = "UNPARSABLE_CLIENT_MESSAGE";
constexpr const char* kInvalid = "INVALID_SETTINGS";

void problem(Checked& checked, const char* code, const std::string& text) {
    if (checked.problems.size() < kMaxProblems) checked.problems.push_back({code, text});
}

bool is_uuid(const std::string& text) {
    if (text.size() != 36) return false;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
    }
    return true;
}

const json& member(const json& value, const char* key) {
    static const json kNothing;
    if (!value.is_object()) return kNothing;
    const auto it = value.find(key);
    return it == value.end() ? kNothing : *it;
}

std::string text_of(const json& value, const std::string& fallback = "") {
    return value.is_string() ? value.get<std::string>() : fallback;
}

/// Parses without exceptions; a discarded value when it is no JSON.
json parse(std::string_view text) {
    if (text.size() > kMaxMessage) return json(json::value_t::discarded);
    return json::parse(text.begin(), text.end(), nullptr, false);
}

class Walker {
  public:
    explicit Walker(Checked& checked) : checked_(checked) {}

    void object(const json& value, const Shape& shape, const std::string& path) {
        if (shape.choose_by) {
            choose(value, shape, path);
            return;
        }
        if (shape.fields.empty()) return;  // anything goes
        for (const auto& [key, inner] : value.items()) {
            const auto field = std::find_if(shape.fields.begin(), shape.fields.end(),
                                            [&name = key](const Field& f) { return name == f.name; });
            if (field != shape.fields.end()) {
                check(inner, *field, join(path, key));
            } else {
                unknown(key, shape, path);
            }
        }
        for (const Field& field : shape.fields) {
            if (field.required && !value.contains(field.name)) {
                problem(checked_, kUnparsable, "missing field `" + join(path, field.name) + "`");
            }
        }
    }

  private:
    static std::string join(const std::string& path, const std::string& key) {
        return path.empty() ? key : path + "." + key;
    }

    void unknown(const std::string& key, const Shape& shape, const std::string& path) {
        std::string text = "unknown field `" + join(path, key) + "`";
        if (shape.hint_field && key == shape.hint_field) text += ": " + std::string(shape.hint);
        problem(checked_, kUnparsable, text);
    }

    void choose(const json& value, const Shape& shape, const std::string& path) {
        const std::string chosen = text_of(member(value, shape.choose_by));
        const Shape* otherwise = nullptr;
        for (const auto& [name, choice] : shape.choices) {
            if (chosen == name) return hinted(value, *choice, shape, path);
            if (!*name) otherwise = choice;
        }
        if (otherwise) return object(value, *otherwise, path);
        problem(checked_, kUnparsable, "`" + join(path, shape.choose_by) + "` is not one of the known values");
    }

    void hinted(const json& value, Shape choice, const Shape& parent, const std::string& path) {
        choice.hint_field = parent.hint_field;
        choice.hint = parent.hint;
        object(value, choice, path);
    }

    void wrong(const std::string& path, const char* wanted) {
        problem(checked_, kUnparsable, "`" + path + "` must be " + wanted);
    }

    void list(const json& value, const Field& field, const std::string& path) {
        size_t i = 0;
        for (const json& element : value) {
            const std::string at = path + "[" + std::to_string(i++) + "]";
            if (!field.shape) {
                if (!element.is_string()) wrong(at, "a string");
            } else if (element.is_object()) {
                object(element, *field.shape, at);
            } else {
                wrong(at, "an object");
            }
        }
    }

    void check(const json& value, const Field& field, const std::string& path) {
        switch (field.kind) {
            case Kind::kText:
                return text(value, field, path);
            case Kind::kInteger:
                return value.is_number_integer() ? void() : wrong(path, "an integer");
            case Kind::kNumber:
                return value.is_number() ? void() : wrong(path, "a number");
            case Kind::kBool:
                return value.is_boolean() ? void() : wrong(path, "true or false");
            case Kind::kObject:
                return value.is_object() ? object(value, *field.shape, path) : wrong(path, "an object");
            case Kind::kList:
                return value.is_array() ? list(value, field, path) : wrong(path, "a list");
            case Kind::kObjectOrList:
                if (value.is_array()) return list(value, field, path);
                return value.is_object() ? object(value, *field.shape, path) : wrong(path, "an object or a list");
            case Kind::kAgent:
                if (value.is_string()) return;
                return value.is_object() ? object(value, *field.shape, path) : wrong(path, "an object or a UUID");
            case Kind::kTextOrNumber:
                return value.is_string() || value.is_number() ? void() : wrong(path, "\"max\" or a number");
            case Kind::kAny:
                return;
        }
    }

    void text(const json& value, const Field& field, const std::string& path) {
        if (!value.is_string()) return wrong(path, "a string");
        if (field.values.empty()) return;
        const auto& actual = value.get_ref<const std::string&>();
        std::string allowed;
        for (const char* one : field.values) {
            if (actual == one) return;
            allowed += std::string(allowed.empty() ? "" : ", ") + one;
        }
        problem(checked_, kUnparsable, "`" + path + "` is `" + actual.substr(0, 40) + "`, expected one of " + allowed);
    }

    Checked& checked_;
};

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
    Checked checked;
    type.clear();
    const json message = parse(text);
    if (!message.is_object()) {
        problem(checked, kUnparsable, message.is_discarded() ? "the text frame is not JSON" : "not a JSON object");
        return checked;
    }
    type = text_of(member(message, "type"));
    const Shape* shape = shape_of_message(type);
    if (!shape) {
        problem(
            checked, kUnparsable,
            type.empty() ? std::string("missing field `type`") : "unknown message type `" + type.substr(0, 40) + "`");
        return checked;
    }
    Walker(checked).object(message, *shape, "");
    return checked;
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
