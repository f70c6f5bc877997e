// The steps of a scenario, one after the other.
#include "lab/scenario/runner.h"

#include <algorithm>
#include <cstdio>

namespace trunkline::lab {
namespace {

constexpr int kHeartbeatMs = 25;
constexpr int64_t kSamplesPerMs = 8;

std::string ms_text(double ms) {
    char text[32];
    std::snprintf(text, sizeof text, ms < 1000 ? "%.0f ms" : "%.2f s", ms < 1000 ? ms : ms / 1000);
    return text;
}

}  // namespace

Result<std::shared_ptr<Script>> load_script(Scenario scenario, SpeechLibrary& library) {
    auto script = std::make_shared<Script>();
    auto load = [&](const std::string& speech) -> Status {
        if (script->voices.count(speech) != 0) return {};
        auto recording = library.speech(speech);
        if (!recording) return fail(recording.error().code, scenario.file + ": " + recording.error().message);
        script->voices[speech] = *recording;
        return {};
    };
    for (const auto& speech : scenario.spoken()) {
        if (auto loaded = load(speech); !loaded) return tl::unexpected<Error>(loaded.error());
        script->spoken[speech] = ulaw_encode(script->voices[speech]->samples);
    }
    const auto wanted = scenario.listened_for();
    if (!wanted.empty()) {
        auto known = std::make_shared<KnownSpeech>();
        for (const auto& speech : wanted) {
            if (auto loaded = load(speech); !loaded) return tl::unexpected<Error>(loaded.error());
            known->add(script->voices[speech]);
        }
        script->desk = std::make_shared<HearingDesk>(known);
    }
    script->scenario = std::move(scenario);
    return script;
}

ScenarioRunner::ScenarioRunner(std::shared_ptr<const Script> script, CarrierDriver& call,
                               std::function<void(const StepOutcome&)> progress,
                               std::function<void(const ScenarioOutcome&)> done)
    : script_(std::move(script)),
      call_(call),
      progress_(std::move(progress)),
      done_(std::move(done)),
      heartbeat_([this] { look(); }) {
    if (script_->desk != nullptr) seat_ = script_->desk->seat();
    call_.observe([this] { look(); });
    heartbeat_.after_ms(kHeartbeatMs);
}

ScenarioRunner::~ScenarioRunner() { call_.observe(nullptr); }

void ScenarioRunner::look() {
    if (finished_) return;
    heartbeat_.after_ms(kHeartbeatMs);
    listen();
    const auto& scenario = script_->scenario;
    if (!winding_up_ && call_.call_ms() > scenario.limit_ms) {
        const Step& step = scenario.steps[std::min(step_, scenario.steps.size() - 1)];
        finish_step(step, failed("the call has reached the scenario's limit of " + ms_text(scenario.limit_ms)));
    }
    while (!winding_up_ && step_ < scenario.steps.size()) {
        if (!step_begun_) begin_step();
        Answer answer = judge(scenario.steps[step_]);
        if (answer.verdict == Verdict::kWait) return;
        finish_step(scenario.steps[step_], answer);
    }
    wind_up();
}

void ScenarioRunner::listen() {
    if (seat_ == nullptr) return;
    const auto& heard = stream();
    if (heard.stream_sid != listened_stream_) {
        listened_stream_ = heard.stream_sid;
        listened_ = 0;
    }
    if (heard.heard.size() > listened_) {
        script_->desk->hear(seat_, {heard.heard.begin() + static_cast<long>(listened_), heard.heard.end()},
                            heard.rate != kTelephoneRate);
        handed_over_ += heard.heard.size() - listened_;
        listened_ = heard.heard.size();
    }
    if (call_.result().ended && !listening_finished_) {
        listening_finished_ = true;
        script_->desk->finish(seat_);
    }
}

void ScenarioRunner::begin_step() {
    step_begun_ = true;
    step_begun_ms_ = call_.call_ms();
    step_sample_ = stream().played;
    step_handed_over_ = handed_over_;
    speaking_began_ = false;
}

bool ScenarioRunner::begin_saying(const std::string& speech) {
    if (!call_.say({speech, script_->voices.at(speech)->samples, script_->spoken.at(speech)})) return false;
    saying_ = stream().said.size() - 1;
    turn_from_ = stream().played;
    speaking_began_ = true;
    return true;
}

bool ScenarioRunner::said_all() const { return stream().said.size() > saying_ && stream().said[saying_].last >= 0; }

ScenarioRunner::Answer ScenarioRunner::judge(const Step& step) {
    const bool ended = call_.result().ended;
    switch (step.kind) {
        case StepKind::kSay:
            return judge_say(step);
        case StepKind::kInterruptAfter:
            return judge_interrupt(step);
        case StepKind::kWaitFor:
            return judge_wait(step.wait_for);
        case StepKind::kExpect:
            return judge_expect(step);
        case StepKind::kPause:
            if (ended) return failed("the call ended during the pause" + state_of_call());
            return step_ms() >= step.ms ? pass() : wait();
        case StepKind::kPress:
            if (ended || !stream().started) return failed("no media stream is open to press keys on" + state_of_call());
            if (!speaking_began_) call_.press(step.digits);
            speaking_began_ = true;
            return stream().keys_waiting == 0 ? pass() : wait();
        case StepKind::kHangUp:
            if (ended) return failed("the call had ended already" + state_of_call());
            call_.hang_up(step.how);
            return pass();
    }
    return failed("unknown step");
}

ScenarioRunner::Answer ScenarioRunner::judge_say(const Step& step) {
    if (call_.result().ended) return failed("the call ended before it was said" + state_of_call());
    if (!speaking_began_) {
        const bool ready = stream().started && !stream().ended() && begin_saying(step.speech);
        if (!ready && step_ms() > step.wait_for.within_ms)
            return failed("no media stream opened to speak on" + state_of_call());
        if (!ready) return wait();
    }
    if (step.wait && !said_all()) return wait();
    return pass();
}

ScenarioRunner::Answer ScenarioRunner::judge_interrupt(const Step& step) {
    if (call_.result().ended) return failed("the call ended before the interruption" + state_of_call());
    if (speaking_began_) {
        const SaidSpan& said = stream().said[saying_];
        if (said.first >= 0) interrupted_at_ = said.first;
        return said_all() ? pass("spoke over the agent at " + ms_text(stream().ms_of(interrupted_at_))) : wait();
    }
    const auto& spans = stream().agent_speech;
    if (spans.empty() || (!spans.back().open && spans.back().first < turn_from_)) {
        if (step_ms() <= step.wait_for.within_ms) return wait();
        return failed("the agent did not begin to speak within " + ms_text(step.wait_for.within_ms) + state_of_call());
    }
    const SpeechSpan& span = spans.back();
    if (!span.open) {
        return failed("the agent stopped by itself after " +
                      ms_text(static_cast<double>(span.last - span.first) / 8.0) +
                      ", before it could be interrupted after " + ms_text(step.ms));
    }
    if (stream().played < span.first + step.ms * kSamplesPerMs) return wait();
    if (!begin_saying(step.speech)) return failed("the media stream is gone" + state_of_call());
    return wait();
}

ScenarioRunner::Answer ScenarioRunner::judge_expect(const Step& step) {
    std::string details;
    for (const auto& one : step.checks) {
        Answer answer = check(one);
        if (answer.verdict != Verdict::kPass) return answer;
        if (!answer.detail.empty()) details += (details.empty() ? "" : ", ") + answer.detail;
    }
    return pass(details);
}

void ScenarioRunner::finish_step(const Step& step, const Answer& answer) {
    StepOutcome outcome{step.at, describe(step), answer.verdict == Verdict::kPass, answer.detail, call_.call_ms()};
    call_.note("step", outcome.step + (outcome.passed ? "" : " FAILED: " + outcome.detail));
    outcome_.steps.push_back(outcome);
    ++step_;
    step_begun_ = false;
    if (!outcome.passed) {
        failed_ = true;
        outcome_.failure = script_->scenario.file + ":" + std::to_string(step.at.line) + ":" +
                           std::to_string(step.at.column) + ": " + outcome.step + ": " + outcome.detail;
        winding_up_ = true;
    }
    if (progress_) progress_(outcome);
}

void ScenarioRunner::wind_up() {
    winding_up_ = true;
    if (!call_.result().ended) {
        call_.hang_up(HangUp::kStopThenClose);
        if (!call_.result().ended) return;
    }
    listen();
    if (seat_ != nullptr && !seat_->caught_up()) return;
    finish();
}

void ScenarioRunner::finish() {
    if (finished_) return;
    finished_ = true;
    heartbeat_.cancel();
    const auto& ignore = script_->scenario.ignore;
    for (const auto& violation : call_.result().violations) {
        if (failed_ || std::find(ignore.begin(), ignore.end(), violation.code) != ignore.end()) continue;
        failed_ = true;
        outcome_.failure = script_->scenario.file +
                           ": the server broke the protocol: " + std::to_string(violation.code) + " " +
                           violation.message;
    }
    outcome_.passed = !failed_;
    if (seat_ != nullptr) outcome_.hearings = seat_->hearings();
    if (done_) done_(outcome_);
}

}  // namespace trunkline::lab
