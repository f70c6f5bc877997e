#include "tests/integration/grid/alike.h"

#include <set>

namespace trunkline::test {
namespace {

// Facts that say how long something took, or come as often as the backend likes: no part of the story.
const std::set<std::string> kLeftOut = {"turn.latency",  "user.speech_started", "user.speech_stopped",
                                        "media.started", "media.stopped",       "emotion",
                                        "call.ringing"};
// Hume ends a call by a tool of its own, and tells.
constexpr const char* kHangUpTool = "hang_up";
// What a fact must say alike in every cell.
const std::map<std::string, std::vector<const char*>> kTold = {
    {"call.created", {"direction"}},
    {"call.answered", {"direction"}},
    {"call.ended", {"status", "reason", "who"}},
    {"transcript", {"role", "text", "final"}},
    {"agent.started", {}},
    {"agent.stopped", {"interrupted"}},
    {"bargein", {"verdict"}},
    {"dtmf", {"digit"}},
    {"tool.call", {"name"}},
    {"tool.result", {"result", "error"}},
    {"error", {"retryable"}},
    {"reconnect", {}},
};

std::string value_of(const Json& value) { return value.is_null() ? "-" : value.dump(); }

}  // namespace

Story story_of(const std::vector<Json>& facts) {
    Story story;
    for (const Json& fact : facts) {
        const std::string type = fact["type"].text_or("");
        if (kLeftOut.contains(type)) continue;
        if (type == "transcript" && !fact["final"].bool_or(true)) continue;  // as many as the backend likes
        if (type == "tool.call" && fact["name"].text_or("") == kHangUpTool) continue;
        std::string told;
        const auto fields = kTold.find(type);
        if (fields == kTold.end()) {
            told = "?";
        } else {
            for (const char* field : fields->second) told += std::string(field) + "=" + value_of(fact[field]) + " ";
        }
        story[type].push_back(told);
    }
    return story;
}

std::string difference(const Story& one, const Story& other) {
    std::set<std::string> types;
    for (const auto& [type, told] : one) types.insert(type);
    for (const auto& [type, told] : other) types.insert(type);
    for (const std::string& type : types) {
        const auto a = one.find(type), b = other.find(type);
        const std::vector<std::string> none;
        const auto& left = a == one.end() ? none : a->second;
        const auto& right = b == other.end() ? none : b->second;
        if (left == right) continue;
        std::string text = type + ": [";
        for (const auto& t : left) text += t + "; ";
        text += "] against [";
        for (const auto& t : right) text += t + "; ";
        return text + "]";
    }
    return "";
}

}  // namespace trunkline::test
