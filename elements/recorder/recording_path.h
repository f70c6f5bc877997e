#pragma once
// The name of a recording's file, from a template. A number or a param may have found its way into it: whatever it
// holds, the name stays below its directory.
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace trunkline::recorder {

struct PathValues {
    std::string call_id, node, date;  ///< date: 2026-11-30
};

/// Fills {call_id}, {node} and {date}. Folders are split by "/"; every other character that is not a letter, a digit or
/// one of "._+-" becomes "_", as does a dot at the beginning of a name. A template without {call_id} gets it at its
/// end; the file ends in .wav. Codes: bad-location.
Result<std::string> recording_path(std::string_view location, const PathValues& values);

}  // namespace trunkline::recorder
