#include "lab/hume/tools.h"

#include <algorithm>

namespace trunkline::lab::hume {
namespace {

Tools::Outcome outcome_of(const std::vector<agent::Calls::Entry>& batch) {
    Tools::Outcome out;
    for (const auto& entry : batch) {
        if (entry.state != agent::Calls::State::kAnswered) out.answered = false;
        if (!entry.call.client_side && entry.call.name == "hang_up") out.hang_up = true;
        out.contents.push_back(entry.content);
    }
    return out;
}

}  // namespace

bool Tools::builtin(const agent::FunctionPlan& plan) const {
    if (plan.client_side >= 0) return plan.client_side == 0;
    if (std::find(defined_.begin(), defined_.end(), plan.name) != defined_.end()) return false;
    return plan.name == "web_search" || plan.name == "hang_up";
}

void Tools::call(const std::vector<agent::FunctionPlan>& plans, const std::function<void(const Outcome&)>& done) {
    calls_.begin([done](const auto& batch) { done(outcome_of(batch)); });
    for (const agent::FunctionPlan& plan : plans) {
        const ToolCall call = calls_.add(plan, !builtin(plan));
        session_.send(writer_.tool_call(call));
        journal_.event("tool", "calls " + plan.name + " " + plan.arguments + " as " + call.id);
        arrange(plan, call);
    }
}

void Tools::arrange(const agent::FunctionPlan& plan, const ToolCall& call) {
    if (!call.client_side) {
        calls_.run(call.id, plan.server_result, [this, result = plan.server_result](const ToolCall& one) {
            session_.send(writer_.tool_response(one, result));
        });
        return;
    }
    calls_.unless_settled(call.id, options_.tool_wait_ms, [this](const ToolCall& one) {
        journal_.violation(
            "tool-call-unanswered", 10,
            one.name + " (" + one.id + ") was not answered in " + std::to_string(options_.tool_wait_ms) + " ms");
        calls_.settle(one.id, State::kGivenUp);
    });
}

void Tools::answer(const ClientText& m) {
    const std::string what = m.type + " to " + m.tool_call_id.substr(0, 60);
    journal_.event("tool", what + ": " + (m.content.empty() ? m.error : m.content).substr(0, 200));
    const agent::Calls::Entry* entry = calls_.find(m.tool_call_id);
    if (!entry) return journal_.violation("unknown-tool-call", 10, what + ", which was never called");
    if (!entry->call.client_side) {
        return journal_.violation("answer-to-builtin-tool", 10, what + ", which the server runs itself");
    }
    switch (entry->state) {
        case State::kOpen:
            break;
        case State::kAnswered:
        case State::kFailed:
            return journal_.violation("answered-twice", 10, what);
        case State::kGivenUp:
            return journal_.violation("answer-too-late", 10, what + ", which was given up");
        case State::kCancelled:
            return;
    }
    // A failure may say what the model is told instead of a result.
    const bool told = m.type == "tool_response" || m.has_content;
    calls_.settle(m.tool_call_id, told ? State::kAnswered : State::kFailed, m.content);
}

}  // namespace trunkline::lab::hume
