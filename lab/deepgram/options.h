#pragma once
// Everything `lab deepgram` can be told: where it listens, how strict it is, what it says, how long it thinks, what it
// breaks. Plain data, so that a test, a command line and a YAML file fill the same struct.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "lab/agent/options.h"
#include "lab/speech/library.h"

namespace trunkline::lab::deepgram {

using agent::AudioPacing;
using agent::Brain;
using agent::FunctionPlan;
using agent::LatencyOptions;
using agent::LogNormal;
using agent::parse_brain;
using agent::read_brain;
using agent::Reply;
using agent::Rule;

/// Times are milliseconds since SettingsApplied; negative means never.
struct Faults {
    bool never_welcome = false;
    bool never_applied = false;
    bool audio_before_applied = false;  ///< the greeting starts before SettingsApplied
    int late_audio_ms = 0;              ///< audio of an interrupted reply that still comes after UserStartedSpeaking
    int error_at_ms = -1;
    std::string error_code = "INTERNAL_SERVER_ERROR";
    int warning_at_ms = -1;
    std::string warning_code = "SLOW_THINK_REQUEST";
    int close_at_ms = -1;
    int close_code = 1011;
    int drop_at_ms = -1;           ///< connection reset, no close frame
    bool drop_mid_speech = false;  ///< the same in the middle of the first utterance
    int slow_ms = 0;               ///< every reply is thought about so much longer
    int stall_at_ms = -1;          ///< sends nothing for `stall_ms` from here on, then catches up
    int stall_ms = 2000;
    bool garbage = false;              ///< unknown types, unknown fields, broken JSON between the real messages
    bool out_of_order = false;         ///< assistant text after its audio, AgentAudioDone before the last audio
    bool error_without_close = false;  ///< Error, then an open socket that says nothing more
};

/// `key=value` with the names above ("drop_at_ms=500", "garbage=true"). Codes: unknown-fault (names all), bad-fault.
Status set_fault(Faults& faults, const std::string& assignment);

struct DeepgramOptions : agent::AgentOptions {
    DeepgramOptions() { port = 8765; }
    Faults faults;
    int client_timeout_ms = 10000;        ///< no client frame for this long: CLIENT_MESSAGE_TIMEOUT
    bool keep_alive_needs_audio = false;  ///< KeepAlive alone does not prevent the timeout (deepgram-js-sdk#419)
    int function_wait_ms = 10000;         ///< an unanswered function call is given up after this long
    double session_limit_s = 7200;        ///< the warning comes at 115/120 of it
    double session_speed = 1;             ///< the session clock runs this much faster
    int error_close_code = 1011;          ///< after an Error; 1005 closes without a code
    bool agent_started_speaking = false;
    bool refuse_by_warning = false;  ///< older servers refuse injections by a Warning code
    bool latency_report = true;
};

}  // namespace trunkline::lab::deepgram
