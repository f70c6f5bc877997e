#pragma once
// Everything `lab deepgram` can be told: where it listens, how strict it is, what it says, how long it thinks, what it
// breaks. Plain data, so that a test, a command line and a YAML file fill the same struct.
#include <string>

#include "engine/core/result.h"
#include "lab/agent/faults.h"
#include "lab/agent/options.h"

namespace trunkline::lab::deepgram {

using agent::Brain;
using agent::FunctionPlan;
using agent::parse_brain;
using agent::read_brain;
using agent::Reply;
using agent::Rule;

/// The session begins with SettingsApplied.
struct Faults : agent::CommonFaults {
    Faults() { error_code = "INTERNAL_SERVER_ERROR"; }
    bool never_welcome = false;
    bool never_applied = false;
    bool audio_before_applied = false;  ///< the greeting starts before SettingsApplied
    int warning_at_ms = -1;
    std::string warning_code = "SLOW_THINK_REQUEST";
    bool out_of_order = false;  ///< assistant text after its audio, AgentAudioDone before the last audio
};

/// `key=value` with the names above ("drop_at_ms=500", "garbage=true"). Codes: unknown-fault (names all), bad-fault.
Status set_fault(Faults& faults, const std::string& assignment);

struct DeepgramOptions : agent::AgentOptions {
    DeepgramOptions() {
        agent = "deepgram";
        port = 8765;
    }
    Faults faults;
    int client_timeout_ms = 10000;        ///< no client frame for this long: CLIENT_MESSAGE_TIMEOUT
    bool keep_alive_needs_audio = false;  ///< KeepAlive alone does not prevent the timeout (deepgram-js-sdk#419)
    int function_wait_ms = 10000;         ///< an unanswered function call is given up after this long
    double session_limit_s = 7200;        ///< the warning comes at 115/120 of it
    bool agent_started_speaking = false;
    bool refuse_by_warning = false;  ///< older servers refuse injections by a Warning code
    bool latency_report = true;
};

}  // namespace trunkline::lab::deepgram
