#include "engine/net/http_head.h"

#include <glib.h>

#include <algorithm>

namespace trunkline {
namespace {

constexpr size_t kLongestLength = 18;  // digits that fit into 64 bits with a sign

bool same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && g_ascii_strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool is_readable(std::string_view header) {
    if (header.front() == ' ' || header.front() == '\t') return false;
    const size_t colon = header.find(':');
    if (colon == std::string_view::npos) return true;  // libsoup passes over it
    const std::string_view name = header.substr(0, colon), value = trim(header.substr(colon + 1));
    if (same(name, "Content-Length")) {
        return !value.empty() && value.size() <= kLongestLength &&
               std::all_of(value.begin(), value.end(), [](char c) { return g_ascii_isdigit(c) != 0; });
    }
    return !same(name, "Transfer-Encoding") || same(value, "chunked");
}

}  // namespace

HeadState judge_head(std::string_view bytes) {
    bytes.remove_prefix(
        std::min(bytes.find_first_not_of("\r\n"), bytes.size()));  // empty lines before a request are skipped
    bool readable = true;
    for (bool request_line = true;; request_line = false) {
        const size_t end = bytes.find('\n');
        if (end == std::string_view::npos) return HeadState::kIncomplete;
        std::string_view line = bytes.substr(0, end);
        bytes.remove_prefix(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) return readable ? HeadState::kWhole : HeadState::kUnreadable;
        if (!request_line) readable = readable && is_readable(line);
    }
}

}  // namespace trunkline
