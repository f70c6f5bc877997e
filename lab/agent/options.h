#pragma once
// What every simulated voice agent is told: what it says, how long it thinks, how fast its audio leaves. Plain data, so
// that a test, a command line and a YAML file fill the same structs.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "lab/speech/library.h"
#include "lab/speech/listener.h"

namespace trunkline::lab::agent {

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
    double welcome_ms = 7;     ///< after the upgrade, ±3 (what the server says first)
    double applied_ms = 160;   ///< after Settings, ±6
    double greeting_ms = 564;  ///< after the settings are taken
    double scale = 1.0;        ///< all of the above are multiplied by it; 0 answers at once
    uint64_t seed = 1;         ///< the n-th session of two runs with one seed waits equally long
};

/// How agent audio leaves: `burst_ms` of it at a time, in frames of `frame_ms`, `factor` times faster than it plays.
struct AudioPacing {
    int frame_ms = 100;
    int burst_ms = 200;
    double factor = 5.0;  ///< below 1: slower than real time
};

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
    std::string warning;   ///< Warning code sent before the reply
    std::string error;     ///< Error code sent instead of the reply
    bool hang_up = false;  ///< the agent ends the call when all is said
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

/// What every simulated voice agent can be told. Each has its own defaults and more of its own.
struct AgentOptions {
    std::string agent;  ///< "deepgram", "hume": what it plays, in the names of its files and for people
    std::string host = "127.0.0.1";
    int port = 0;                 ///< 0: any free one
    std::string api_key;          ///< empty: any key, but there must be one
    bool strict = true;           ///< false: violations are recorded, the session goes on
    int error_close_code = 1011;  ///< after an error; 1005 closes without a code
    double session_speed = 1;     ///< the clock of the session's limits runs this much faster
    Brain brain;
    LatencyOptions latency;
    AudioPacing pacing;
    SpeechOptions speech;
    int end_of_turn_ms = 600;      ///< silence that ends a caller's turn
    double caller_gain = 1;        ///< the client amplifies the caller so much; what comes is divided by it
    bool narrow_band = false;      ///< the client has resampled the caller: compared below 3.3 kHz
    double gain_tolerance_db = 1;  ///< speech further from its recording's level is unintelligible
    std::string record_dir;        ///< not empty: what each session heard is written there as WAV
    std::string messages_dir;      ///< not empty: what each session received is written there as JSON lines
    size_t keep_audio_in = 0;      ///< bytes of each session's caller audio that are kept as received
    bool json = false;             ///< events as JSON lines instead of text
};

ListenerOptions listening(const AgentOptions& options);

/// Reads YAML (or JSON). Errors name line and column. Codes: no-file, bad-brain.
Result<Brain> parse_brain(const std::string& yaml);
Result<Brain> read_brain(const std::string& path);

}  // namespace trunkline::lab::agent
