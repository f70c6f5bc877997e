// What a scenario waits for and expects, measured on the samples that were really played.
#include <algorithm>
#include <cstdio>

#include "lab/scenario/runner.h"

namespace trunkline::lab {
namespace {

constexpr int64_t kSamplesPerMs = 8;
constexpr int kListenPatienceMs = 3000;

std::string ms_text(double ms) {
    char text[32];
    std::snprintf(text, sizeof text, "%.0f ms", ms);
    return text;
}

}  // namespace

ScenarioRunner::Answer ScenarioRunner::judge_wait(const Wait& wanted) {
    if (wait_holds(wanted)) return pass();
    const bool hopeless =
        call_.result().ended && wanted.kind != WaitKind::kCallEnded && (seat_ == nullptr || seat_->caught_up());
    if (hopeless) return failed("the call ended before that" + state_of_call());
    if (step_ms() <= wanted.within_ms) return wait();
    return failed("it did not come within " + ms_text(wanted.within_ms) + state_of_call());
}

bool ScenarioRunner::wait_holds(const Wait& wanted) {
    const auto& s = stream();
    switch (wanted.kind) {
        case WaitKind::kAgentSpeaks:
            for (const auto& span : s.agent_speech) {
                if (span.first < turn_from_) continue;
                turn_from_ = span.first + 1;
                return true;
            }
            return false;
        case WaitKind::kAgentSilent:
            return s.last_audible + 1 >= turn_from_ && s.last_audible >= 0 &&
                   s.played - s.last_audible >= wanted.for_ms * kSamplesPerMs;
        case WaitKind::kSilence:
            return s.started && s.played - std::max(s.last_audible, step_sample_) >= wanted.for_ms * kSamplesPerMs;
        case WaitKind::kHeard:
            return heard(wanted.name, false);
        case WaitKind::kMark: {
            const MarkRecord* mark = s.mark(wanted.name);
            return mark != nullptr && mark->echoed_ms >= 0;
        }
        case WaitKind::kMarks:
            return s.marks_echoed() >= wanted.count;
        case WaitKind::kClears:
            return s.clears() >= wanted.count;
        case WaitKind::kCallEnded:
            return call_.result().ended;
    }
    return false;
}

ScenarioRunner::Answer ScenarioRunner::check(const Check& one) {
    const auto& s = stream();
    switch (one.kind) {
        case CheckKind::kClears:
            return check_count("clears", s.clears(), one.range);
        case CheckKind::kMarks:
            return check_count("returned marks", s.marks_echoed(), one.range);
        case CheckKind::kAgentTurns:
            return check_count("turns of the agent", static_cast<double>(s.agent_speech.size()), one.range);
        case CheckKind::kViolations:
            return check_count("violations", violations(), one.range);
        case CheckKind::kAgentSpoke: {
            double samples = 0;
            for (const auto& span : s.agent_speech) samples += static_cast<double>(span.last - span.first);
            return check_count("of agent speech", samples / 8.0, one.range, " ms");
        }
        case CheckKind::kHeard:
        case CheckKind::kHeardBeginning:
        case CheckKind::kNotHeard:
            return check_heard(one);
        case CheckKind::kStoppedWithin:
            return check_stopped(one.range);
        case CheckKind::kReplyWithin:
            return check_reply(one.range);
        case CheckKind::kCallActive:
            return call_.result().ended ? failed("expected the call to be active" + state_of_call())
                                        : pass("call active");
        case CheckKind::kCallEnded:
            return call_.result().ended ? pass("call ended")
                                        : failed("expected the call to have ended; it is still active");
    }
    return failed("unknown check");
}

ScenarioRunner::Answer ScenarioRunner::check_count(const char* what, double value, const Range& range,
                                                   const char* unit) const {
    char number[32];
    std::snprintf(number, sizeof number, "%.0f%s", value, unit);
    if (range.holds(value)) return pass(std::string(number) + " " + what);
    return failed("expected " + range.text(unit) + " " + what + "; there were " + number + state_of_call());
}

ScenarioRunner::Answer ScenarioRunner::check_heard(const Check& one) {
    const bool is = heard(one.name, one.kind == CheckKind::kHeardBeginning);
    const bool wanted = one.kind != CheckKind::kNotHeard;
    if (is && wanted) return pass("heard '" + one.name + "'");
    if (is) return failed("'" + one.name + "' was heard, which it should not; " + what_was_heard());
    // The listener names a turn only when it is over.
    if (seat_->listened() < step_handed_over_ && step_ms() < kListenPatienceMs) return wait();
    if (!wanted) return pass("did not hear '" + one.name + "'");
    if (!call_.result().ended && step_ms() < kListenPatienceMs) return wait();
    return failed("expected to hear '" + one.name + "'; " + what_was_heard());
}

ScenarioRunner::Answer ScenarioRunner::check_stopped(const Range& range) const {
    if (interrupted_at_ < 0) return failed("stopped_within needs an interruption before it");
    const auto& s = stream();
    for (const auto& span : s.agent_speech) {
        if (span.first > interrupted_at_ || (span.last < interrupted_at_ && !span.open && !span.cut)) continue;
        const double ms = std::max<double>(0, static_cast<double>(span.last - interrupted_at_) / 8.0);
        if (!span.open && span.last + 8000 >= interrupted_at_) {
            return range.holds(ms) ? pass("the agent stopped " + ms_text(ms) + " after the interruption")
                                   : failed("expected the agent to stop in " + range.text(" ms") +
                                            " after the interruption; it took " + ms_text(ms));
        }
        if (span.open && ms > range.most) {
            return failed("expected the agent to stop in " + range.text(" ms") +
                          " after the interruption; it was still speaking after " + ms_text(ms) + state_of_call());
        }
        if (span.open) return wait();
    }
    return failed("no agent speech was under way at the interruption" + state_of_call());
}

ScenarioRunner::Answer ScenarioRunner::check_reply(const Range& range) const {
    const auto& s = stream();
    if (s.said.empty() || s.said.back().last < 0) return failed("reply_within needs something said before it");
    const int64_t end = s.said.back().last;
    for (const auto& span : s.agent_speech) {
        if (span.first < s.said.back().first) continue;
        const double ms = static_cast<double>(span.first - end) / 8.0;
        return range.holds(std::max(ms, 0.0))
                   ? pass("the agent answered after " + ms_text(ms))
                   : failed("expected an answer in " + range.text(" ms") + "; it took " + ms_text(ms));
    }
    const double waited = static_cast<double>(s.played - end) / 8.0;
    if (waited <= range.most && !call_.result().ended) return wait();
    return failed("expected an answer in " + range.text(" ms") + "; none came in " + ms_text(waited) + state_of_call());
}

bool ScenarioRunner::heard(const std::string& speech, bool beginning_is_enough) const {
    if (seat_ == nullptr) return false;
    auto voice = script_->voices.find(speech);
    if (voice == script_->voices.end()) return false;
    for (const auto& hearing : seat_->hearings()) {
        for (const auto& match : hearing.matches) {
            if (match.name != voice->second->name) continue;
            if (match.verdict == lab::Verdict::kClean ||
                (beginning_is_enough && match.verdict == lab::Verdict::kCutShort))
                return true;
        }
    }
    return false;
}

std::string ScenarioRunner::what_was_heard() const {
    std::string out;
    for (const auto& hearing : seat_ == nullptr ? std::vector<Hearing>{} : seat_->hearings()) {
        for (const auto& match : hearing.matches) {
            out += (out.empty() ? "heard was " : ", then ") +
                   (match.name.empty() ? std::string("unknown speech") : "'" + match.name + "'");
            if (match.verdict != lab::Verdict::kClean)
                out += std::string(" (") + to_string(match.verdict) +
                       (match.reason.empty() ? "" : ": " + match.reason) + ")";
        }
    }
    return out.empty() ? "no speech was heard" : out;
}

std::string ScenarioRunner::state_of_call() const {
    const auto& call = call_.result();
    const auto& s = stream();
    std::string out;
    if (call.ended) out += "; the call ended: " + call.end_reason;
    if (!call.violations.empty())
        out += "; violation " + std::to_string(call.violations.back().code) + ": " + call.violations.back().message;
    if (!s.started) return out + "; no media stream has started";
    out +=
        "; " + std::to_string(s.media_received) + " audio messages and " + std::to_string(s.clears()) + " clears came";
    if (s.last_audible < 0) return out + ", nothing was audible";
    return out + ", the agent was last audible " + ms_text(static_cast<double>(s.played - s.last_audible) / 8.0) +
           " ago";
}

double ScenarioRunner::violations() const {
    const auto& ignore = script_->scenario.ignore;
    const auto& all = call_.result().violations;
    return static_cast<double>(std::count_if(all.begin(), all.end(), [&](const Violation& one) {
        return std::find(ignore.begin(), ignore.end(), one.code) == ignore.end();
    }));
}

}  // namespace trunkline::lab
