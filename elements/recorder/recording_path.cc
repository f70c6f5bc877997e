#include "elements/recorder/recording_path.h"

#include <algorithm>
#include <vector>

namespace trunkline::recorder {
namespace {

constexpr size_t kMostFolders = 8, kMostName = 120;

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '+' || c == '-';
}

std::string plain(std::string_view name) {
    std::string out(name.substr(0, kMostName));
    std::replace_if(
        out.begin(), out.end(), [](char c) { return !is_plain(c); }, '_');
    if (!out.empty() && out.front() == '.') out.front() = '_';  // "..", and what `ls` would hide
    return out;
}

Result<std::string> fill(std::string_view text, const PathValues& values) {
    std::string out;
    while (!text.empty()) {
        const size_t open = text.find('{');
        out += text.substr(0, open);
        if (open == std::string_view::npos) break;
        const size_t close = text.find('}', open);
        const std::string_view name = close == std::string_view::npos ? "" : text.substr(open + 1, close - open - 1);
        if (name == "call_id") {
            out += values.call_id;
        } else if (name == "node") {
            out += values.node;
        } else if (name == "date") {
            out += values.date;
        } else {
            return fail("bad-location", "\"" + std::string(text.substr(open)) +
                                            "\" in `location` is neither {call_id}, {node} nor {date}");
        }
        text.remove_prefix(close + 1);
    }
    return out;
}

}  // namespace

Result<std::string> recording_path(std::string_view location, const PathValues& values) {
    std::string text(location);
    if (text.ends_with(".wav")) text.resize(text.size() - 4);
    if (text.find("{call_id}") == std::string::npos)
        text += text.empty() || text.ends_with('/') ? "{call_id}" : "-{call_id}";
    auto filled = fill(text, values);
    if (!filled) return filled;
    std::vector<std::string> names;
    for (std::string_view rest = *filled; !rest.empty();) {
        const size_t slash = std::min(rest.find('/'), rest.size());
        if (slash > 0) names.push_back(plain(rest.substr(0, slash)));
        rest.remove_prefix(std::min(slash + 1, rest.size()));
    }
    if (names.empty()) return fail("bad-location", "`location` names no file");
    if (names.size() > kMostFolders)
        return fail("bad-location", "`location` has more than " + std::to_string(kMostFolders - 1) + " folders");
    std::string path;
    for (const std::string& name : names) path += (path.empty() ? "" : "/") + name;
    return path + ".wav";
}

}  // namespace trunkline::recorder
