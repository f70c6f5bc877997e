#pragma once
// A conversation as a YAML file: what the caller does, step by step, and what must come of it.
//
//   name: two turns
//   steps:
//     - wait_for: {agent: speaks, within: 10s}
//     - say: agent-pass                         # a recording's name, or any text
//     - interrupt_after: {delay: 700ms, say: "Stop, please"}
//     - expect: {stopped_within: 500ms, clears: 1}
//     - hang_up
//
// All keys are described in lab/scenarios/README.md.
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>
#include "lab/carrier/hang_up.h"

namespace trunkline::lab {

/// Where something stands in a file; both count from 1.
struct Position {
    int line = 1;
    int column = 1;
};

struct Problem {
    Position at;
    std::string message;
};
/// "file:line:column: error: message"
std::string format_problem(const std::string& file, const Problem& problem);

/// Inclusive bounds of a count or of milliseconds.
struct Range {
    double least = 0;
    double most = std::numeric_limits<double>::infinity();
    bool holds(double value) const { return value >= least && value <= most; }
    std::string text(const char* unit = "") const;
};

enum class WaitKind { kAgentSpeaks, kAgentSilent, kHeard, kMark, kMarks, kClears, kSilence, kCallEnded };

struct Wait {
    WaitKind kind = WaitKind::kAgentSpeaks;
    int within_ms = 15000;
    int for_ms = 800;  ///< how long silence must last (kAgentSilent, kSilence)
    std::string name;  ///< recording or text (kHeard), mark (kMark)
    int count = 0;     ///< kMarks, kClears: at least so many since the call began
};

enum class CheckKind {
    kClears,          ///< clears so far
    kMarks,           ///< marks returned so far
    kAgentTurns,      ///< stretches of agent speech so far
    kAgentSpoke,      ///< ms of agent speech heard so far
    kHeard,           ///< a recording or text was heard whole and undamaged
    kHeardBeginning,  ///< the same, or a clean beginning of it
    kNotHeard,
    kStoppedWithin,  ///< ms from the last interruption to the last audible sample
    kReplyWithin,    ///< ms from the end of what was said last to the agent's first audible sample
    kViolations,     ///< protocol violations so far, ignored ones not counted
    kCallActive,
    kCallEnded,
};

struct Check {
    CheckKind kind = CheckKind::kClears;
    Position at;
    Range range;
    std::string name;
};

enum class StepKind { kSay, kWaitFor, kInterruptAfter, kPress, kPause, kHangUp, kExpect };

struct Step {
    StepKind kind = StepKind::kSay;
    Position at;
    std::string speech;  ///< kSay, kInterruptAfter: recording's name or text
    bool wait = true;    ///< kSay: go on only when it has been said
    int ms = 0;          ///< kPause, kInterruptAfter: the delay
    Wait wait_for;       ///< kWaitFor; `within_ms` also of kInterruptAfter
    std::string digits;  ///< kPress
    HangUp how = HangUp::kStopThenClose;
    std::vector<Check> checks;
};

struct Scenario {
    std::string file;
    std::string name;
    std::string description;
    std::string from;  ///< caller's number; empty: the default
    std::string to;
    int limit_ms = 120000;           ///< of the whole call
    std::vector<int> ignore;         ///< violation codes that are no failure
    std::vector<std::string> known;  ///< further recordings or texts the listener knows
    std::vector<Step> steps;

    /// Everything the caller says, and everything that is listened for.
    std::vector<std::string> spoken() const;
    std::vector<std::string> listened_for() const;
    bool listens() const { return !listened_for().empty(); }
};

/// All problems of the file at once, in its order.
using Problems = std::vector<Problem>;
tl::expected<Scenario, Problems> parse_scenario(const std::string& yaml, const std::string& file_name);
tl::expected<Scenario, Problems> read_scenario(const std::string& path);

/// For people: "wait_for agent speaks".
std::string describe(const Step& step);

}  // namespace trunkline::lab
