#include "lab/deepgram/functions.h"

#include <algorithm>

namespace trunkline::lab::deepgram {
namespace {

Functions::Outcome outcome_of(const std::vector<agent::Calls::Entry>& batch) {
    Functions::Outcome out;
    out.cancelled = true;
    for (const auto& entry : batch) {
        if (entry.state == agent::Calls::State::kGivenUp) out.answered = false;
        if (entry.state != agent::Calls::State::kCancelled) out.cancelled = false;
        out.contents.push_back(entry.content);
    }
    return out;
}

}  // namespace

Functions::Functions(agent::Session& session, const DeepgramOptions& options, const Settings& settings)
    : session_(session),
      journal_(session.journal()),
      options_(options),
      history_(settings.history),
      defined_(settings.functions),
      calls_(session, options, "fc_") {}

bool Functions::known(const FunctionPlan& plan) const {
    return plan.force ||
           std::any_of(defined_.begin(), defined_.end(), [&](const FunctionDef& d) { return d.name == plan.name; });
}

bool Functions::server_side(const FunctionPlan& plan) const {
    if (plan.client_side >= 0) return plan.client_side == 0;
    return std::any_of(defined_.begin(), defined_.end(),
                       [&](const FunctionDef& d) { return d.name == plan.name && d.server_side; });
}

void Functions::call(const std::vector<FunctionPlan>& plans, const std::function<void(const Outcome&)>& done) {
    for (const FunctionPlan& plan : plans) {
        if (known(plan)) continue;
        return session_.fatal("NON_EXISTENT_FUNCTION_CALLED",
                              "the model called `" + plan.name + "`, which Settings do not define");
    }
    calls_.begin([done](const auto& batch) { done(outcome_of(batch)); });
    std::vector<FunctionCall> calls;
    calls.reserve(plans.size());
    for (const FunctionPlan& plan : plans) calls.push_back(calls_.add(plan, !server_side(plan)));
    session_.send(function_call_request(calls));
    for (size_t i = 0; i < plans.size(); ++i) {
        journal_.event("function", "calls " + plans[i].name + " " + plans[i].arguments + " as " + calls[i].id);
        arrange(plans[i], calls[i]);
    }
}

void Functions::arrange(const FunctionPlan& plan, const FunctionCall& call) {
    if (!call.client_side) {
        calls_.run(call.id, plan.server_result, [this, result = plan.server_result](const FunctionCall& one) {
            session_.send(function_call_response(one, result));
            history(one, result);
        });
        return;
    }
    if (plan.cancel_after_ms >= 0) {
        calls_.unless_settled(call.id, plan.cancel_after_ms, [this](const FunctionCall& one) {
            session_.send(function_call_cancelled({one}));
            calls_.settle(one.id, State::kCancelled);
        });
    }
    calls_.unless_settled(call.id, options_.function_wait_ms, [this](const FunctionCall& one) {
        session_.send(
            coded("Warning", "FUNCTION_CALL_FAILED", "no response to `" + one.name + "` (" + one.id + ") in time"));
        journal_.event("function",
                       one.name + " was not answered in " + std::to_string(options_.function_wait_ms) + " ms");
        calls_.settle(one.id, State::kGivenUp);
    });
}

void Functions::history(const FunctionCall& call, const std::string& content) {
    if (history_) session_.send(history_call(call, content));
}

void Functions::check(const FunctionCall& call, const ClientText& m) {
    if (m.name != call.name) {
        journal_.violation("wrong-function-name", 28, m.id + " is `" + call.name + "`, not `" + m.name + "`");
    }
    if (m.thought_signature != call.thought_signature) {
        journal_.violation("thought-signature-lost", 28, m.id + ": the response must carry the request's signature");
    }
}

void Functions::response(const ClientText& m) {
    const agent::Calls::Entry* entry = calls_.find(m.id);
    journal_.event("function", "response to " + m.id + " (" + m.name + "): " + m.text.substr(0, 200));
    if (!entry) {
        journal_.violation("unknown-function-call", 39, "no call has the id `" + m.id.substr(0, 60) + "`");
        session_.send(coded("Warning", "FUNCTION_CALL_FAILED", "no call has this id"));
        return;
    }
    if (!entry->call.client_side) {
        return journal_.violation("response-to-server-function", 28, m.id + " is run by the server");
    }
    switch (entry->state) {
        case State::kOpen:
            break;
        case State::kAnswered:
        case State::kFailed:
            return journal_.violation("answered-twice", 28, m.id);
        case State::kCancelled:
            return journal_.violation("response-after-cancel", 29, m.id + " was cancelled");
        case State::kGivenUp:
            return journal_.violation("response-too-late", 39, m.id + " was given up");
    }
    check(entry->call, m);
    history(entry->call, m.text);
    calls_.settle(m.id, State::kAnswered, m.text);
}

void Functions::cancel_open() {
    std::vector<FunctionCall> open = calls_.cancel_open();
    open.erase(std::remove_if(open.begin(), open.end(), [](const FunctionCall& call) { return !call.client_side; }),
               open.end());
    if (!open.empty()) session_.send(function_call_cancelled(open));
}

}  // namespace trunkline::lab::deepgram
