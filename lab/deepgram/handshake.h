#pragma once
// Who may open a socket: the authorisation forms of the Voice Agent endpoint.
#include <string>
#include <string_view>

namespace trunkline::lab::deepgram {

struct Authorisation {
    bool granted = false;
    std::string scheme;  ///< token, bearer, subprotocol-token, subprotocol-bearer
    std::string reason;  ///< when refused, for the dg-error header; never holds the key
};

/// `authorization`: the header, or empty. `protocols`: Sec-WebSocket-Protocol, or empty. `key`: the only key that is
/// good; empty: any. `Bearer` needs something shaped like a JSON web token.
Authorisation authorise(std::string_view authorization, std::string_view protocols, std::string_view key);

}  // namespace trunkline::lab::deepgram
