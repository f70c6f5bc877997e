#pragma once
// The `session_settings` message, as a message and as the query of the socket's address.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/agent/door.h"
#include "lab/agent/shape.h"

namespace trunkline::lab::hume {

using agent::Query;

/// The shape of the client message `type`; null when there is no such message.
const agent::Shape* shape_of_message(const std::string& type);
/// Checks one client message: E0100 when it is no JSON, E0101 for unknown and missing fields and wrong types.
agent::Checked check_message(std::string_view json, std::string& type);

struct AudioFormat {
    int sample_rate = 0;
    int channels = 1;
};

/// What the simulator needs of one session_settings message; absent members leave things as they are.
struct Settings {
    std::optional<AudioFormat> audio;
    std::optional<std::string> custom_session_id;
    std::map<std::string, std::string> details;     ///< for the record: system_prompt, voice_id, variables.<name> …
    std::optional<std::vector<std::string>> tools;  ///< names
};

/// Reads what it can and adds what has the right shape but cannot be served (E0102).
Settings read_settings(std::string_view json, agent::Checked& checked);

/// `session_settings[audio][encoding]=linear16` … as the text of a session_settings message; "" when there is none.
/// Also takes `session_settings[variables]` and `session_settings` itself as JSON text, indexes (`[tools][0][name]`)
/// and repeated keys.
std::string settings_of_query(const Query& query);

/// Values of variables are kept as text: 30 becomes "30.0", true "true".
std::string variable_text(std::string_view json_value);

}  // namespace trunkline::lab::hume
