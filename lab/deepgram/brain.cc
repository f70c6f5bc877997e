#include "lab/deepgram/brain.h"

#include <strings.h>

#include <regex>

namespace trunkline::lab::deepgram {

bool rule_fits(const std::string& when, const std::string& name, const std::string& text) {
    if (when == "any") return true;
    if (when == "unintelligible") return text == "[unintelligible]";
    if (when.size() >= 2 && when.front() == '/' && when.back() == '/') {
        try {
            const std::regex pattern(when.substr(1, when.size() - 2), std::regex::icase | std::regex::ECMAScript);
            return std::regex_search(text, pattern);
        } catch (const std::regex_error&) {
            return false;  // refused when the brain is read; here only for brains built by hand
        }
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

}  // namespace trunkline::lab::deepgram
