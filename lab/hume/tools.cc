#include "lab/hume/tools.h"

#include <algorithm>

namespace trunkline::lab::hume {
namespace {

constexpr double kServerSideMs = 60;

}  // namespace

bool Tools::builtin(const agent::FunctionPlan& plan) const {
    if (plan.client_side >= 0) return plan.client_side == 0;
    if (std::find(defined_.begin(), defined_.end(), plan.name) != defined_.end()) return false;
    return plan.name == "web_search" || plan.name == "hang_up";
}

void Tools::call(const std::vector<agent::FunctionPlan>& plans, std::function<void(const Outcome&)> done) {
    batch_.clear();
    done_ = std::move(done);
    for (const agent::FunctionPlan& plan : plans) {
        const ToolCall call{"tc_" + std::to_string(journal_.number()) + "_" + std::to_string(next_++), plan.name,
                            plan.arguments, builtin(plan)};
        batch_.push_back(call.id);
        entries_[call.id] = Entry{call, State::kOpen, ""};
        link_.send(writer_.tool_call(call));
        journal_.event("tool", "calls " + plan.name + " " + plan.arguments + " as " + call.id);
    }
    const std::vector<std::string> ids = batch_;
    for (size_t i = 0; i < plans.size(); ++i) arrange(plans[i], ids[i]);
}

void Tools::arrange(const agent::FunctionPlan& plan, const std::string& id) {
    if (entries_[id].call.builtin) {
        timers_.after(kServerSideMs * options_.latency.scale, [this, id, result = plan.server_result] {
            if (entries_[id].state != State::kOpen) return;
            link_.send(writer_.tool_response(entries_[id].call, result));
            settle(id, State::kAnswered, result);
        });
        return;
    }
    timers_.after(options_.tool_wait_ms, [this, id] {
        if (entries_[id].state != State::kOpen) return;
        const std::string what = entries_[id].call.name + " (" + id + ") was not answered in " +
                                 std::to_string(options_.tool_wait_ms) + " ms";
        journal_.violation("tool-call-unanswered", 10, what);
        settle(id, State::kGivenUp, "");
    });
}

void Tools::settle(const std::string& id, State state, const std::string& content) {
    entries_[id].state = state;
    entries_[id].content = content;
    const auto open = [&](const std::string& one) { return entries_[one].state == State::kOpen; };
    if (std::find(batch_.begin(), batch_.end(), id) == batch_.end()) return;
    if (std::any_of(batch_.begin(), batch_.end(), open)) return;
    Outcome outcome;
    for (const std::string& one : batch_) {
        const Entry& entry = entries_[one];
        if (entry.state != State::kAnswered) outcome.answered = false;
        if (entry.call.builtin && entry.call.name == "hang_up") outcome.hang_up = true;
        outcome.contents.push_back(entry.content);
    }
    batch_.clear();
    const auto done = std::exchange(done_, nullptr);
    if (done) done(outcome);
}

void Tools::answer(const ClientText& m) {
    const std::string what = m.type + " to " + m.tool_call_id.substr(0, 60);
    journal_.event("tool", what + ": " + (m.content.empty() ? m.error : m.content).substr(0, 200));
    const auto it = entries_.find(m.tool_call_id);
    if (it == entries_.end()) return journal_.violation("unknown-tool-call", 10, what + ", which was never called");
    if (it->second.call.builtin) {
        return journal_.violation("answer-to-builtin-tool", 10, what + ", which the server runs itself");
    }
    switch (it->second.state) {
        case State::kOpen:
            break;
        case State::kAnswered:
        case State::kFailed:
            return journal_.violation("answered-twice", 10, what);
        case State::kGivenUp:
            return journal_.violation("answer-too-late", 10, what + ", which was given up");
        case State::kForgotten:
            return;
    }
    // A failure may say what the model is told instead of a result.
    const bool told = m.type == "tool_response" || m.has_content;
    settle(m.tool_call_id, told ? State::kAnswered : State::kFailed, m.content);
}

void Tools::forget() {
    for (const std::string& id : batch_) {
        if (entries_[id].state == State::kOpen) entries_[id].state = State::kForgotten;
    }
    batch_.clear();
    done_ = nullptr;
}

}  // namespace trunkline::lab::hume
