// RFC 6455 section 4.1: what a client must check before it believes that it has a WebSocket.
#include "lab/carrier/ws_upgrade.h"

#include <glib.h>

#include <charconv>
#include <map>

#include "lab/carrier/ws_frames.h"

namespace trunkline::lab {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = g_ascii_tolower(c);
    return out;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::optional<std::string> upgrade_fault(std::string_view head, const std::string& key, const std::string& subprotocol,
                                         int& status) {
    size_t end = head.find("\r\n");
    std::string_view first = head.substr(0, end);
    if (first.substr(0, 9) != "HTTP/1.1 " || first.size() < 12) return "the answer is not HTTP/1.1";
    std::from_chars(first.data() + 9, first.data() + 12, status);
    if (status != 101) return "the upgrade was answered with '" + std::string(first.substr(9)) + "' instead of 101";

    std::map<std::string, std::string> fields;
    while (end != std::string_view::npos) {
        head.remove_prefix(end + 2);
        end = head.find("\r\n");
        std::string_view line = head.substr(0, end);
        size_t colon = line.find(':');
        if (colon == std::string_view::npos) return "a header field without a colon";
        fields[lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
    }
    if (lower(fields["upgrade"]) != "websocket") return "the 101 does not say 'Upgrade: websocket'";
    if (lower(fields["connection"]).find("upgrade") == std::string::npos)
        return "the 101 does not say 'Connection: Upgrade'";
    if (fields["sec-websocket-accept"] != ws_accept_for(key))
        return "Sec-WebSocket-Accept does not belong to the key sent";
    if (!fields["sec-websocket-extensions"].empty()) return "the server selected an extension though none was offered";
    const std::string& selected = fields["sec-websocket-protocol"];
    if (!selected.empty() && selected != subprotocol) return "the server selected a subprotocol that was not offered";
    return std::nullopt;
}

}  // namespace trunkline::lab
