#pragma once
// The text messages of the media socket: writes what the carrier sends, judges what the server sends.
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "engine/core/json.h"
#include "lab/vonage/options.h"

namespace trunkline::lab::vonage {

/// websocket:connected with the endpoint's headers flattened into its top level. A header named like one of the
/// carrier's own fields is left out.
std::string connected_message(const std::string& content_type, const Json& headers, const FormFields& extra);
std::string dtmf_message(char digit, int duration_ms, DtmfForm form);
std::string cleared_message();
std::string notify_message(std::string_view payload);
std::string media_update_message(bool active, const std::string& content_type);
std::string unknown_message();

struct ServerText {
    bool clear = false;   ///< else a notify
    std::string payload;  ///< JSON object
};
/// The error says what is wrong with it.
tl::expected<ServerText, std::string> read_server_text(std::string_view text);
/// What a notify is called in results: its payload's id, name or mark when that is a text, else the whole payload.
std::string notify_name(std::string_view payload);

}  // namespace trunkline::lab::vonage
