// HttpRequest and HttpResponse: header lookup, form decoding and the two answers everybody makes.
#include <glib.h>

#include <algorithm>

#include "engine/core/json.h"
#include "engine/net/http_routes.h"
#include "engine/net/http_server.h"

namespace trunkline {
namespace {

int hex_digit(char c) { return g_ascii_xdigit_value(c); }

bool is(std::string_view header, std::string_view name) {
    return header.size() == name.size() && g_ascii_strncasecmp(header.data(), name.data(), name.size()) == 0;
}

const char* status_title(int status) {
    switch (status) {
        case 400:
            return "Bad request";
        case 404:
            return "Not found";
        case 405:
            return "Method not allowed";
        case 413:
            return "Body too large";
        case 426:
            return "Upgrade required";
        default:
            return "Error";
    }
}

}  // namespace

std::string percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
            c = static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        out.push_back(c);
    }
    return out;
}

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
    auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& pair) { return is(pair.first, name); });
    if (found == headers.end()) return std::nullopt;
    return std::string_view(found->second);
}

size_t HttpRequest::count(std::string_view name) const {
    return static_cast<size_t>(
        std::count_if(headers.begin(), headers.end(), [&](const auto& pair) { return is(pair.first, name); }));
}

std::vector<std::pair<std::string, std::string>> HttpRequest::parse_form(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> pairs;
    while (!text.empty()) {
        std::string_view pair = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), pair.size() + 1));
        if (pair.empty()) continue;
        size_t equals = pair.find('=');
        std::string_view value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
        pairs.emplace_back(percent_decode(pair.substr(0, equals), true), percent_decode(value, true));
    }
    return pairs;
}

HttpResponse HttpResponse::json(int status, std::string body) {
    HttpResponse response;
    response.status = status;
    response.content_type = "application/json";
    response.body = std::move(body);
    return response;
}

HttpResponse HttpResponse::problem(int status, std::string_view title, std::string_view detail,
                                   std::string_view field) {
    JsonWriter writer;
    writer.begin_object().field("type", "about:blank");
    writer.field("title", title.empty() ? std::string_view(status_title(status)) : title).field("status", status);
    if (!detail.empty()) writer.field("detail", detail);
    if (!field.empty()) writer.field("field", field);
    writer.end();
    HttpResponse response;
    response.status = status;
    response.content_type = "application/problem+json";
    response.body = writer.take();
    return response;
}

}  // namespace trunkline
