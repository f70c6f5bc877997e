#include "lab/hume/handshake.h"

#include <glib.h>

#include <nlohmann/json.hpp>

#include "lab/agent/json.h"

namespace trunkline::lab::hume {
namespace {

constexpr size_t kMaxPromptInQuery = 1000;

std::string value_of(const Query& query, const char* name) {
    for (const auto& [key, value] : query) {
        if (key == name) return value;
    }
    return "";
}

Authorisation judge(const char* scheme, const std::string& secret, const std::string& good, const char* what) {
    if (!good.empty() && secret != good) return {false, "", std::string("the ") + what + " is not known"};
    return {true, scheme, ""};
}

}  // namespace

Authorisation authorise(const Query& query, const agent::Request& request, const HumeOptions& options) {
    if (const auto key = value_of(query, "api_key"); !key.empty()) {
        return judge("query-api-key", key, options.api_key, "API key");
    }
    if (const auto token = value_of(query, "access_token"); !token.empty()) {
        return judge("query-access-token", token, options.access_token, "access token");
    }
    if (options.auth_in_header) {
        if (const auto key = request.header("X-Hume-Api-Key"); !key.empty()) {
            return judge("header-api-key", key, options.api_key, "API key");
        }
        const std::string bearer = request.header("Authorization");
        if (g_ascii_strncasecmp(bearer.c_str(), "Bearer ", 7) == 0 && bearer.size() > 7) {
            return judge("header-bearer", bearer.substr(7), options.access_token, "access token");
        }
    }
    return {false, "", "no credentials: put api_key=<key> or access_token=<token> into the query"};
}

ChatQuery read_query(const Query& query, const std::string& raw_query) {
    ChatQuery out;
    out.config_id = value_of(query, "config_id");
    out.config_version = value_of(query, "config_version");
    out.resumed_group = value_of(query, "resumed_chat_group_id");
    out.voice_id = value_of(query, "voice_id");
    const std::string verbose = value_of(query, "verbose_transcription");
    out.verbose = verbose == "true" || verbose == "1";
    for (const auto& [name, id] : {std::pair{"config_id", &out.config_id},
                                   {"resumed_chat_group_id", &out.resumed_group},
                                   {"voice_id", &out.voice_id}}) {
        if (!id->empty() && !g_uuid_string_is_valid(id->c_str())) out.error = std::string(name) + " must be a UUID";
    }
    out.settings = settings_of_query(query);
    if (raw_query.find_first_of("[]{}\" ") != std::string::npos) {
        out.advice.emplace_back("brackets, braces, quotes and spaces of the query must be percent-encoded");
    }
    for (const auto& [key, value] : query) {
        if (key == "session_settings[system_prompt]" && value.size() > kMaxPromptInQuery) {
            out.advice.emplace_back("a system_prompt of " + std::to_string(value.size()) +
                                    " bytes may be cut in the address: send it in a message");
        }
    }
    return out;
}

std::string refusal_body(unsigned status, const std::string& text) {
    return agent::wire(nlohmann::ordered_json{{"status", status}, {"message", text}});
}

}  // namespace trunkline::lab::hume
