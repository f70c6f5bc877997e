#pragma once
// The `Settings` message: its schema checked field by field, and what the simulator needs from it.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/agent/shape.h"

namespace trunkline::lab::deepgram {

using agent::Checked;

struct AudioFormat {
    std::string encoding = "linear16";
    int sample_rate = 24000;
    std::string container = "none";
};

struct FunctionDef {
    std::string name;
    bool server_side = false;  ///< it has an endpoint
};

struct Settings {
    AudioFormat input;
    AudioFormat output;
    bool history = true;
    std::string agent_id;  ///< when `agent` is the UUID of a stored configuration
    std::string greeting;
    std::string prompt;
    std::string listen_version = "v1";
    std::string listen_model;
    std::string speak_version = "v1";
    std::vector<FunctionDef> functions;
    std::vector<std::pair<std::string, std::string>> context;  ///< role and content of restored turns
    std::vector<std::string> advice;  ///< legal, but asking for trouble: defaults relied on, a container on telephony
};

/// Checks the shape of one client message (any type) against the schema: unknown and missing fields, types,
/// enumerations. `type` receives its "type" ("" when the text is no JSON object).
Checked check_shape(std::string_view json, std::string& type);

/// Reads a Settings message as far as it can and adds what has the right shape but cannot be served
/// (INVALID_SETTINGS, INVALID_AGENT_ID).
Settings read_settings(std::string_view json, Checked& checked);
/// Names of functions in an UpdateThink message.
std::vector<FunctionDef> read_think_functions(std::string_view json);

}  // namespace trunkline::lab::deepgram
