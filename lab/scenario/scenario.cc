// What follows from a scenario's steps without running them.
#include "lab/scenario/scenario.h"

#include <cmath>
#include <cstdio>

namespace trunkline::lab {
namespace {

std::string seconds(int ms) {
    char text[32];
    std::snprintf(text, sizeof text, ms < 1000 ? "%.0f ms" : "%.1f s", ms < 1000 ? ms : ms / 1000.0);
    return text;
}

std::string describe(const Wait& wait) {
    switch (wait.kind) {
        case WaitKind::kAgentSpeaks:
            return "the agent to speak";
        case WaitKind::kAgentSilent:
            return "the agent to have spoken and be silent for " + seconds(wait.for_ms);
        case WaitKind::kHeard:
            return "'" + wait.name + "' to be heard";
        case WaitKind::kMark:
            return "mark '" + wait.name + "'";
        case WaitKind::kMarks:
            return std::to_string(wait.count) + " marks";
        case WaitKind::kClears:
            return std::to_string(wait.count) + " clears";
        case WaitKind::kSilence:
            return "silence for " + seconds(wait.for_ms);
        case WaitKind::kCallEnded:
            return "the call to end";
    }
    return "?";
}

const char* name_of(CheckKind kind) {
    switch (kind) {
        case CheckKind::kClears:
            return "clears";
        case CheckKind::kMarks:
            return "marks";
        case CheckKind::kAgentTurns:
            return "agent_turns";
        case CheckKind::kAgentSpoke:
            return "agent_spoke";
        case CheckKind::kHeard:
            return "heard";
        case CheckKind::kHeardBeginning:
            return "heard_beginning";
        case CheckKind::kNotHeard:
            return "not_heard";
        case CheckKind::kStoppedWithin:
            return "stopped_within";
        case CheckKind::kReplyWithin:
            return "reply_within";
        case CheckKind::kViolations:
            return "violations";
        case CheckKind::kCallActive:
            return "call active";
        case CheckKind::kCallEnded:
            return "call ended";
    }
    return "?";
}

}  // namespace

std::string Range::text(const char* unit) const {
    auto number = [unit](double value) {
        char text[48];
        std::snprintf(text, sizeof text, "%.0f%s", value, unit);
        return std::string(text);
    };
    if (least == most) return "exactly " + number(least);
    if (std::isinf(most)) return "at least " + number(least);
    if (least <= 0) return "at most " + number(most);
    return number(least) + " to " + number(most);
}

std::vector<std::string> Scenario::spoken() const {
    std::vector<std::string> out;
    for (const auto& step : steps)
        if (!step.speech.empty()) out.push_back(step.speech);
    return out;
}

std::vector<std::string> Scenario::listened_for() const {
    std::vector<std::string> out;
    for (const auto& step : steps) {
        if (step.kind == StepKind::kWaitFor && step.wait_for.kind == WaitKind::kHeard)
            out.push_back(step.wait_for.name);
        for (const auto& check : step.checks)
            if (!check.name.empty()) out.push_back(check.name);
    }
    if (!out.empty()) out.insert(out.end(), known.begin(), known.end());
    return out;
}

std::string describe(const Step& step) {
    switch (step.kind) {
        case StepKind::kSay:
            return "say '" + step.speech + "'";
        case StepKind::kWaitFor:
            return "wait for " + describe(step.wait_for);
        case StepKind::kInterruptAfter:
            return "interrupt after " + seconds(step.ms) + " with '" + step.speech + "'";
        case StepKind::kPress:
            return "press " + step.digits;
        case StepKind::kPause:
            return "pause " + seconds(step.ms);
        case StepKind::kHangUp:
            return "hang up";
        case StepKind::kExpect:
            break;
    }
    std::string out = "expect";
    for (const auto& check : step.checks) out += std::string(out == "expect" ? " " : ", ") + name_of(check.kind);
    return out;
}

}  // namespace trunkline::lab
