#pragma once
// Judges a server's answer to the WebSocket upgrade.
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::lab {

/// Nothing when `head` (status line and header fields, no empty line) accepts the upgrade made with `key`; else why
/// not. `subprotocol` is the one that was offered, empty for none. `status` becomes the HTTP status, 0 if there is
/// none.
std::optional<std::string> upgrade_fault(std::string_view head, const std::string& key, const std::string& subprotocol,
                                         int& status);
inline std::optional<std::string> upgrade_fault(std::string_view head, const std::string& key, int& status) {
    return upgrade_fault(head, key, "", status);
}

}  // namespace trunkline::lab
