#pragma once
// What the server would refuse a `Settings` message for, found before it is sent, with the place named.
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/json.h"
#include "engine/core/result.h"

namespace trunkline::deepgram {

/// Checks a merged document. `where` begins every error message ("settings file agent.json"). Error "bad-settings".
/// Returns the names of the functions that the client has to answer.
Result<std::vector<std::string>> check_settings(const Json& doc, std::string_view where);

/// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view text);

}  // namespace trunkline::deepgram
