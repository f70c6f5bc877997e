#include "lab/deepgram/functions.h"

#include <algorithm>

namespace trunkline::lab::deepgram {
namespace {

constexpr double kServerSideMs = 60;

}  // namespace

Functions::Functions(Link& link, Timers& timers, Journal& journal, const DeepgramOptions& options)
    : link_(link), timers_(timers), journal_(journal), options_(options) {}

bool Functions::known(const FunctionPlan& plan) const {
    return plan.force ||
           std::any_of(defined_.begin(), defined_.end(), [&](const FunctionDef& d) { return d.name == plan.name; });
}

bool Functions::server_side(const FunctionPlan& plan) const {
    if (plan.client_side >= 0) return plan.client_side == 0;
    return std::any_of(defined_.begin(), defined_.end(),
                       [&](const FunctionDef& d) { return d.name == plan.name && d.server_side; });
}

bool Functions::call(const std::vector<FunctionPlan>& plans, std::function<void(const Outcome&)> done) {
    for (const FunctionPlan& plan : plans) {
        if (known(plan)) continue;
        link_.fatal("NON_EXISTENT_FUNCTION_CALLED",
                    "the model called `" + plan.name + "`, which Settings do not define");
        return false;
    }
    batch_.clear();
    done_ = std::move(done);
    std::vector<FunctionCall> calls;
    for (const FunctionPlan& plan : plans) {
        FunctionCall call{"fc_" + std::to_string(journal_.number()) + "_" + std::to_string(next_++), plan.name,
                          plan.arguments, !server_side(plan), plan.thought_signature};
        batch_.push_back(call.id);
        entries_[call.id] = Entry{call, State::kOpen, ""};
        calls.push_back(std::move(call));
    }
    link_.send(function_call_request(calls));
    const std::vector<std::string> ids = batch_;
    for (size_t i = 0; i < plans.size(); ++i) {
        journal_.event("function", "calls " + plans[i].name + " " + plans[i].arguments + " as " + ids[i]);
        arrange(plans[i], ids[i]);
    }
    return true;
}

void Functions::arrange(const FunctionPlan& plan, const std::string& id) {
    if (!entries_[id].call.client_side) {
        timers_.after(kServerSideMs * options_.latency.scale, [this, id, result = plan.server_result] {
            if (entries_[id].state != State::kOpen) return;
            link_.send(function_call_response(entries_[id].call, result));
            settle(id, State::kAnswered, result);
        });
        return;
    }
    if (plan.cancel_after_ms >= 0) {
        timers_.after(plan.cancel_after_ms, [this, id] {
            if (entries_[id].state != State::kOpen) return;
            link_.send(function_call_cancelled({entries_[id].call}));
            settle(id, State::kCancelled, "");
        });
    }
    timers_.after(options_.function_wait_ms, [this, id] {
        if (entries_[id].state != State::kOpen) return;
        const std::string name = entries_[id].call.name;
        link_.send(coded("Warning", "FUNCTION_CALL_FAILED", "no response to `" + name + "` (" + id + ") in time"));
        journal_.event("function", name + " was not answered in " + std::to_string(options_.function_wait_ms) + " ms");
        settle(id, State::kGivenUp, "");
    });
}

void Functions::settle(const std::string& id, State state, const std::string& content) {
    Entry& entry = entries_[id];
    entry.state = state;
    entry.content = content;
    if (history_ && state == State::kAnswered) link_.send(history_call(entry.call, content));
    const bool all = std::all_of(batch_.begin(), batch_.end(),
                                 [&](const std::string& other) { return entries_[other].state != State::kOpen; });
    if (all && std::find(batch_.begin(), batch_.end(), id) != batch_.end()) finish_batch();
}

void Functions::finish_batch() {
    Outcome outcome;
    outcome.cancelled = true;
    for (const std::string& id : batch_) {
        const Entry& entry = entries_[id];
        if (entry.state == State::kGivenUp) outcome.answered = false;
        if (entry.state != State::kCancelled) outcome.cancelled = false;
        outcome.contents.push_back(entry.content);
    }
    batch_.clear();
    const auto done = std::move(done_);
    done_ = nullptr;
    if (done) done(outcome);
}

void Functions::check(const Entry& entry, const ClientText& m) {
    if (m.name != entry.call.name) {
        journal_.violation("wrong-function-name", 28, m.id + " is `" + entry.call.name + "`, not `" + m.name + "`");
    }
    if (m.thought_signature != entry.call.thought_signature) {
        journal_.violation("thought-signature-lost", 28, m.id + ": the response must carry the request's signature");
    }
}

void Functions::response(const ClientText& m) {
    const auto it = entries_.find(m.id);
    journal_.event("function", "response to " + m.id + " (" + m.name + "): " + m.text.substr(0, 200));
    if (it == entries_.end()) {
        journal_.violation("unknown-function-call", 39, "no call has the id `" + m.id.substr(0, 60) + "`");
        link_.send(coded("Warning", "FUNCTION_CALL_FAILED", "no call has this id"));
        return;
    }
    Entry& entry = it->second;
    if (!entry.call.client_side) {
        journal_.violation("response-to-server-function", 28, m.id + " is run by the server");
        return;
    }
    switch (entry.state) {
        case State::kOpen:
            break;
        case State::kAnswered:
            journal_.violation("answered-twice", 28, m.id);
            return;
        case State::kCancelled:
            journal_.violation("response-after-cancel", 29, m.id + " was cancelled");
            return;
        case State::kGivenUp:
            journal_.violation("response-too-late", 39, m.id + " was given up");
            return;
    }
    check(entry, m);
    settle(m.id, State::kAnswered, m.text);
}

void Functions::cancel_open() {
    std::vector<FunctionCall> open;
    for (const std::string& id : batch_) {
        Entry& entry = entries_[id];
        if (entry.state != State::kOpen) continue;
        entry.state = State::kCancelled;
        if (entry.call.client_side) open.push_back(entry.call);
    }
    batch_.clear();
    done_ = nullptr;
    if (!open.empty()) link_.send(function_call_cancelled(open));
}

}  // namespace trunkline::lab::deepgram
