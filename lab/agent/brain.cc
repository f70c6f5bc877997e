#include "lab/agent/brain.h"

#include <glib.h>
#include <strings.h>

#include <nlohmann/json.hpp>
#include <string_view>

namespace trunkline::lab::agent {

ListenerOptions listening(const AgentOptions& options) {
    ListenerOptions out;
    out.detector.end_silence_ms = options.end_of_turn_ms;
    out.gain = options.caller_gain > 0 ? options.caller_gain : 1;
    out.limits.max_gain_db = options.gain_tolerance_db;
    out.limits.narrow = options.narrow_band;
    return out;
}

bool rule_fits(const std::string& when, const std::string& name, const std::string& text) {
    if (when == "any") return true;
    if (when == "unintelligible") return text == "[unintelligible]";
    if (when.size() >= 2 && when.front() == '/' && when.back() == '/') {
        GRegex* pattern =
            g_regex_new(when.substr(1, when.size() - 2).c_str(), G_REGEX_CASELESS, GRegexMatchFlags(0), nullptr);
        if (!pattern) return false;  // refused when the brain is read; here only for brains built by hand
        const bool fits = g_regex_match(pattern, text.c_str(), GRegexMatchFlags(0), nullptr);
        g_regex_unref(pattern);
        return fits;
    }
    return (!name.empty() && when == name) || strcasecmp(when.c_str(), text.c_str()) == 0;
}

const Reply& Mind::answer(const std::string& name, const std::string& text) {
    for (size_t i = 0; i < brain_.rules.size(); ++i) {
        const Rule& rule = brain_.rules[i];
        if (rule.once && used_.count(i)) continue;
        if (!rule_fits(rule.when, name, text)) continue;
        used_.insert(i);
        return rule.reply;
    }
    return brain_.fallback;
}

std::string greeting_of(const Brain& brain, const std::string& otherwise) {
    const std::string& greeting = brain.greeting.empty() ? otherwise : brain.greeting;
    return greeting == "-" ? "" : greeting;
}

std::vector<std::string> lines_of(const Reply& reply, const std::vector<std::string>& contents, bool answered) {
    if (!answered) return {reply.say_unanswered};
    std::string result;
    for (const std::string& content : contents) {
        if (!content.empty()) result += (result.empty() ? "" : " ") + speakable(content);
    }
    std::vector<std::string> lines;
    for (const std::string& line : reply.say) lines.push_back(with_result(line, result));
    return lines;
}

std::string speakable(const std::string& content) {
    const auto value = nlohmann::ordered_json::parse(content, nullptr, false);
    if (value.is_discarded()) return content;
    const nlohmann::ordered_json flat = value.is_structured() ? value.flatten() : nlohmann::ordered_json{{"", value}};
    for (const auto& [key, inner] : flat.items()) {
        if (inner.is_string()) return inner.get<std::string>();
        if (inner.is_number() || inner.is_boolean()) return inner.dump();
    }
    return content;
}

std::string with_result(std::string line, const std::string& result) {
    constexpr std::string_view kPlace = "{result}";
    for (size_t at = line.find(kPlace); at != std::string::npos; at = line.find(kPlace, at + result.size())) {
        line.replace(at, kPlace.size(), result);
    }
    return line;
}

}  // namespace trunkline::lab::agent
