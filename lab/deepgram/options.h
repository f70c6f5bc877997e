#pragma once
// Everything `lab deepgram` can be told: where it listens, how strict it is, what it says, how long it thinks, what it
// breaks. Plain data, so that a test, a command line and a YAML file fill the same struct.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "lab/speech/library.h"

namespace trunkline::lab::deepgram {

/// Milliseconds, log-normal: p95 = median × e^(1.645 sigma).
struct LogNormal {
    double median_ms = 0;
    double sigma = 0;
};

struct LatencyOptions {
    bool by_parts = false;       ///< false: `total` split 12:34:18; true: the sum of the three parts
    LogNormal total{780, 0.35};  ///< end of turn → first audio
    LogNormal stt{247, 0.11};
    LogNormal think{553, 0.77};
    LogNormal speak{313, 0.14};
    double welcome_ms = 7;     ///< after the upgrade, ±3
    double applied_ms = 160;   ///< after Settings, ±6
    double greeting_ms = 564;  ///< after SettingsApplied
    double scale = 1.0;        ///< all of the above are multiplied by it; 0 answers at once
    uint64_t seed = 1;         ///< the n-th session of two runs with one seed waits equally long
};

/// How agent audio leaves: `burst_ms` of it at a time, in frames of `frame_ms`, `factor` times faster than it plays.
struct AudioPacing {
    int frame_ms = 100;
    int burst_ms = 200;
    double factor = 5.0;  ///< below 1: slower than real time
};

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
    int drop_at_ms = -1;   ///< connection reset, no close frame
    int stall_at_ms = -1;  ///< sends nothing for `stall_ms` from here on, then catches up
    int stall_ms = 2000;
    bool garbage = false;              ///< unknown types, unknown fields, broken JSON between the real messages
    bool out_of_order = false;         ///< assistant text after its audio, AgentAudioDone before the last audio
    bool error_without_close = false;  ///< Error, then an open socket that says nothing more
};

/// `key=value` with the names above ("drop_at_ms=500", "garbage=true"). Codes: unknown-fault (names all), bad-fault.
Status set_fault(Faults& faults, const std::string& assignment);

/// A function the agent calls.
struct FunctionPlan {
    std::string name;
    std::string arguments = "{}";  ///< JSON text
    int client_side = -1;          ///< 0, 1, or -1: as Settings say (an endpoint makes it server side)
    std::string thought_signature;
    std::string server_result = "{}";  ///< what a server-side function returned
    int cancel_after_ms = -1;          ///< FunctionCallCancelled after this long
    bool force = false;                ///< call it even if Settings do not name it
};

struct Reply {
    std::vector<std::string> say;  ///< prompt names or text; "{result}" stands for the contents of function responses
    std::string thinking;          ///< AgentThinking
    std::vector<FunctionPlan> calls;  ///< before speaking
    std::string say_unanswered = "I could not find that out.";
    std::string warning;  ///< Warning code sent before the reply
    std::string error;    ///< Error code sent instead of the reply
};

struct Rule {
    std::string when;  ///< a recording's name, its text, `/regular expression/` on the text, "unintelligible" or "any"
    Reply reply;
    bool once = false;
};

struct Brain {
    std::string greeting;     ///< instead of the greeting in Settings; "-" for none at all
    std::vector<Rule> rules;  ///< the first that fits
    Reply fallback{{"I am not sure I understand."}, "", {}, "I could not find that out.", "", ""};
    std::vector<std::string> callers;  ///< what callers may say: names or text; empty = every recorded prompt
};

/// Reads YAML (or JSON). Errors name line and column. Codes: no-file, bad-brain.
Result<Brain> parse_brain(const std::string& yaml);
Result<Brain> read_brain(const std::string& path);

struct DeepgramOptions {
    std::string host = "127.0.0.1";
    int port = 8765;      ///< 0: any free one
    std::string api_key;  ///< empty: any key, but there must be one
    bool strict = true;   ///< false: violations are recorded, the session goes on
    Brain brain;
    LatencyOptions latency;
    AudioPacing pacing;
    Faults faults;
    SpeechOptions speech;
    int end_of_turn_ms = 600;             ///< silence that ends a caller's turn
    int client_timeout_ms = 10000;        ///< no client frame for this long: CLIENT_MESSAGE_TIMEOUT
    bool keep_alive_needs_audio = false;  ///< KeepAlive alone does not prevent the timeout (deepgram-js-sdk#419)
    int function_wait_ms = 10000;         ///< an unanswered function call is given up after this long
    double session_limit_s = 7200;        ///< the warning comes at 115/120 of it
    double session_speed = 1;             ///< the session clock runs this much faster
    int error_close_code = 1011;          ///< after an Error; 1005 closes without a code
    bool agent_started_speaking = false;
    bool refuse_by_warning = false;  ///< older servers refuse injections by a Warning code
    bool latency_report = true;
    size_t keep_audio_in = 0;  ///< bytes of each session's caller audio that are kept as received
    std::string record_dir;    ///< not empty: what each session heard is written there as WAV
    bool json = false;         ///< events as JSON lines instead of text
};

}  // namespace trunkline::lab::deepgram
