// Brain files:
//   greeting: hello-world
//   callers: [agent-pass, "I would like to change my booking."]
//   rules:
//     - when: agent-pass
//       say: vm-goodbye
//     - when: /booking/
//       think: looking it up
//       call: {name: lookup, arguments: {id: "7"}}
//       say: "You have {result}."
//     - {when: auth-thankyou, say: vm-goodbye, hang_up: true}
//   default: {say: please-try-again}
#include <glib.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "lab/agent/options.h"

namespace trunkline::lab::agent {
namespace {

/// Thrown inside this file only.
struct Bad {
    std::string message;
};

[[noreturn]] void bad(const YAML::Node& node, const std::string& what) {
    const YAML::Mark mark = node.Mark();
    throw Bad{"line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1) + ": " + what};
}

void only(const YAML::Node& map, std::initializer_list<const char*> keys, const char* where) {
    if (!map.IsMap()) bad(map, std::string(where) + " must be a map");
    for (const auto& entry : map) {
        const auto key = entry.first.as<std::string>();
        if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
        std::string known;
        for (const char* k : keys) known += std::string(known.empty() ? "" : ", ") + k;
        bad(entry.first, "unknown key '" + key + "' in " + where + "; known are " + known);
    }
}

std::vector<std::string> texts(const YAML::Node& node) {
    if (node.IsScalar()) return {node.as<std::string>()};
    if (!node.IsSequence()) bad(node, "expected text or a list of texts");
    std::vector<std::string> out;
    for (const auto& one : node) out.push_back(one.as<std::string>());
    return out;
}

nlohmann::json to_json(const YAML::Node& node) {
    if (node.IsMap()) {
        auto out = nlohmann::json::object();
        for (const auto& entry : node) out[entry.first.as<std::string>()] = to_json(entry.second);
        return out;
    }
    if (node.IsSequence()) {
        auto out = nlohmann::json::array();
        for (const auto& one : node) out.push_back(to_json(one));
        return out;
    }
    if (!node.IsDefined() || node.IsNull()) return nullptr;
    const auto text = node.as<std::string>();
    if (node.Tag() == "!") return text;  // quoted
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    return parsed.is_discarded() ? nlohmann::json(text) : parsed;
}

std::string json_text(const YAML::Node& node) {
    return node.IsScalar() ? node.as<std::string>() : to_json(node).dump();
}

FunctionPlan function(const YAML::Node& node) {
    only(node, {"name", "arguments", "client_side", "thought_signature", "server_result", "cancel_after_ms", "force"},
         "call");
    FunctionPlan out;
    if (!node["name"]) bad(node, "a call needs a name");
    out.name = node["name"].as<std::string>();
    if (node["arguments"]) out.arguments = json_text(node["arguments"]);
    if (node["client_side"]) out.client_side = node["client_side"].as<bool>() ? 1 : 0;
    if (node["thought_signature"]) out.thought_signature = node["thought_signature"].as<std::string>();
    if (node["server_result"]) out.server_result = json_text(node["server_result"]);
    if (node["cancel_after_ms"]) out.cancel_after_ms = node["cancel_after_ms"].as<int>();
    if (node["force"]) out.force = node["force"].as<bool>();
    return out;
}

Reply reply(const YAML::Node& node, bool in_rule) {
    if (in_rule) {
        only(node, {"when", "once", "say", "think", "call", "unanswered", "warning", "error", "hang_up"}, "a rule");
    } else {
        only(node, {"say", "think", "call", "unanswered", "warning", "error", "hang_up"}, "default");
    }
    Reply out;
    if (node["say"]) out.say = texts(node["say"]);
    if (node["think"]) out.thinking = node["think"].as<std::string>();
    if (const auto call = node["call"]) {
        if (call.IsMap()) {
            out.calls.push_back(function(call));
        } else {
            for (const auto& one : call) out.calls.push_back(function(one));
        }
    }
    if (node["unanswered"]) out.say_unanswered = node["unanswered"].as<std::string>();
    if (node["warning"]) out.warning = node["warning"].as<std::string>();
    if (node["error"]) out.error = node["error"].as<std::string>();
    if (node["hang_up"]) out.hang_up = node["hang_up"].as<bool>();
    return out;
}

Rule rule(const YAML::Node& node) {
    if (!node.IsMap() || !node["when"]) bad(node, "a rule needs `when`");
    Rule out;
    out.when = node["when"].as<std::string>();
    if (out.when.size() >= 2 && out.when.front() == '/' && out.when.back() == '/') {
        GError* error = nullptr;
        GRegex* check =
            g_regex_new(out.when.substr(1, out.when.size() - 2).c_str(), G_REGEX_CASELESS, GRegexMatchFlags(0), &error);
        if (!check) {
            const std::string why = error->message;
            g_error_free(error);
            bad(node["when"], "not a regular expression: " + why);
        }
        g_regex_unref(check);
    }
    if (node["once"]) out.once = node["once"].as<bool>();
    out.reply = reply(node, true);
    return out;
}

Brain brain(const YAML::Node& root) {
    Brain out;
    if (!root.IsDefined() || root.IsNull()) return out;
    only(root, {"greeting", "callers", "rules", "default"}, "the brain");
    if (root["greeting"]) out.greeting = root["greeting"].as<std::string>();
    if (root["callers"]) out.callers = texts(root["callers"]);
    if (const auto rules = root["rules"]) {
        if (!rules.IsSequence()) bad(rules, "rules must be a list");
        for (const auto& one : rules) out.rules.push_back(rule(one));
    }
    if (root["default"]) out.fallback = reply(root["default"], false);
    return out;
}

}  // namespace

Result<Brain> parse_brain(const std::string& yaml) {
    try {
        return brain(YAML::Load(yaml));
    } catch (const Bad& error) {
        return fail("bad-brain", error.message);
    } catch (const YAML::Exception& error) {
        return fail("bad-brain", "line " + std::to_string(error.mark.line + 1) + ", column " +
                                     std::to_string(error.mark.column + 1) + ": " + error.msg);
    }
}

Result<Brain> read_brain(const std::string& path) {
    std::ifstream file(path);
    if (!file) return fail("no-file", path + ": cannot be read");
    auto parsed = parse_brain(std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()));
    if (!parsed) return fail(parsed.error().code, path + ": " + parsed.error().message);
    return parsed;
}

}  // namespace trunkline::lab::agent
