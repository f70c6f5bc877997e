#include "lab/agent/door.h"

#include <libsoup/soup.h>

namespace trunkline::lab::agent {
namespace {

std::string decoded(const std::string& text) {
    std::string spaced = text;
    for (char& c : spaced) {
        if (c == '+') c = ' ';
    }
    char* plain = g_uri_unescape_string(spaced.c_str(), nullptr);
    std::string out = plain ? plain : spaced;
    g_free(plain);
    return out;
}

}  // namespace

std::string Request::header(const char* name) const {
    const char* value = soup_message_headers_get_list(soup_server_message_get_request_headers(message_), name);
    return value ? value : "";
}

std::string Request::raw_query() const {
    const char* query = g_uri_get_query(soup_server_message_get_uri(message_));
    return query ? query : "";
}

Query Request::query() const {
    Query out;
    constexpr int kMaxParts = 512;
    gchar** parts = g_strsplit(raw_query().c_str(), "&", kMaxParts);
    for (gchar** part = parts; *part; ++part) {
        const std::string text = *part;
        const size_t equals = text.find('=');
        if (text.empty()) continue;
        out.emplace_back(decoded(text.substr(0, equals)),
                         equals == std::string::npos ? "" : decoded(text.substr(equals + 1)));
    }
    g_strfreev(parts);
    return out;
}

}  // namespace trunkline::lab::agent
