#pragma once
// Who may open a socket, and what the address says about the chat.
#include <string>

#include "lab/agent/door.h"
#include "lab/hume/options.h"
#include "lab/hume/settings.h"

namespace trunkline::lab::hume {

struct Authorisation {
    bool granted = false;
    std::string scheme;  ///< query-api-key, query-access-token, header-api-key, header-bearer
    std::string reason;  ///< when refused; never holds a secret
};
Authorisation authorise(const Query& query, const agent::Request& request, const HumeOptions& options);

struct ChatQuery {
    std::string config_id;
    std::string config_version;
    std::string resumed_group;
    std::string voice_id;
    bool verbose = false;             ///< interim transcripts
    std::string settings;             ///< a session_settings message, or ""
    std::vector<std::string> advice;  ///< legal, but asking for trouble
    std::string error;                ///< a parameter that cannot be taken (E0101)
};
ChatQuery read_query(const Query& query, const std::string& raw_query);

/// The body of a refused handshake.
std::string refusal_body(unsigned status, const std::string& text);

}  // namespace trunkline::lab::hume
