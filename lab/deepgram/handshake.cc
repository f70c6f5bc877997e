#include "lab/deepgram/handshake.h"

#include <algorithm>
#include <cctype>

namespace trunkline::lab::deepgram {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
    return text;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

Authorisation judge(std::string_view scheme, std::string_view secret, const std::string& prefix, std::string_view key) {
    if (secret.empty()) return {false, "", "the credentials are empty"};
    if (equal_ignoring_case(scheme, "token")) {
        if (!key.empty() && secret != key) return {false, "", "the API key is not known"};
        return {true, prefix + "token", ""};
    }
    if (equal_ignoring_case(scheme, "bearer")) {
        if (std::count(secret.begin(), secret.end(), '.') != 2) {
            return {false, "", "Bearer needs a JSON web token; an API key goes with Token"};
        }
        return {true, prefix + "bearer", ""};
    }
    return {false, "", "the scheme must be Token or Bearer"};
}

}  // namespace

Authorisation authorise(std::string_view authorization, std::string_view protocols, std::string_view key) {
    authorization = trimmed(authorization);
    if (!authorization.empty()) {
        const size_t space = authorization.find(' ');
        if (space == std::string_view::npos) return {false, "", "the Authorization header has no scheme"};
        return judge(authorization.substr(0, space), trimmed(authorization.substr(space)), "", key);
    }
    const size_t comma = protocols.find(',');
    if (comma != std::string_view::npos) {
        return judge(trimmed(protocols.substr(0, comma)), trimmed(protocols.substr(comma + 1)), "subprotocol-", key);
    }
    return {false, "", "no credentials: send Authorization: Token <key>"};
}

}  // namespace trunkline::lab::deepgram
