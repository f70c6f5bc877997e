#pragma once
// The client's side of the WebSocket upgrade as pure text: the request we send, and what the answer means.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/result.h"
#include "engine/net/url.h"
#include "engine/net/websocket_client.h"

namespace trunkline {

inline constexpr size_t kMaxUpgradeHeader = 16U << 10;  ///< bytes of status line and headers of an answer

/// A fresh Sec-WebSocket-Key: 16 random bytes in base64.
std::string new_websocket_key();
/// Sec-WebSocket-Accept that belongs to `key`.
std::string websocket_accept(std::string_view key);

/// The GET of an upgrade. Error "bad-header" when a header has an illegal name or value, or is one the upgrade itself
/// owns (Host, Upgrade, Connection, Sec-WebSocket-Key, -Version, -Extensions). Sec-WebSocket-Protocol may be offered.
Result<std::string> upgrade_request(const Url& url, const std::vector<std::pair<std::string, std::string>>& headers,
                                    std::string_view key);

struct UpgradeAnswer {
    enum class Verdict {
        kMore,      ///< read on
        kAccepted,  ///< 101 and all checks passed; the WebSocket begins at `consumed`
        kRefused,   ///< another status; see `refusal`
        kBroken,    ///< no answer to our request; see `problem`
    };
    Verdict verdict = Verdict::kMore;
    size_t consumed = 0;
    UpgradeRefusal refusal;
    std::string problem;
};

/// Judges what has been received so far. `offered_protocols` is the value of the Sec-WebSocket-Protocol header we sent,
/// empty if none; `ended` = the peer sends no more.
UpgradeAnswer judge_upgrade_answer(std::string_view received, bool ended, std::string_view key,
                                   std::string_view offered_protocols);

/// True when the comma-separated `list` holds `token`, compared without case.
bool header_list_has(std::string_view list, std::string_view token);

}  // namespace trunkline
