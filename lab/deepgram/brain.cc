#include "lab/deepgram/brain.h"

#include <glib.h>
#include <strings.h>

namespace trunkline::lab::deepgram {

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

}  // namespace trunkline::lab::deepgram
