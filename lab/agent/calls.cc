#include "lab/agent/calls.h"

#include <algorithm>
#include <utility>

#include "lab/agent/session.h"

namespace trunkline::lab::agent {
namespace {

constexpr double kServerSideMs = 60;

}  // namespace

void Calls::begin(std::function<void(const std::vector<Entry>&)> done) {
    batch_.clear();
    done_ = std::move(done);
}

const Call& Calls::add(const FunctionPlan& plan, bool client_side) {
    const std::string id = prefix_ + std::to_string(session_.number()) + "_" + std::to_string(next_++);
    batch_.push_back(id);
    Entry& entry = entries_[id];
    entry.call = {id, plan.name, plan.arguments, client_side, plan.thought_signature};
    return entry.call;
}

const Calls::Entry* Calls::find(const std::string& id) const {
    const auto it = entries_.find(id);
    return it == entries_.end() ? nullptr : &it->second;
}

void Calls::settle(const std::string& id, State state, const std::string& content) {
    Entry& entry = entries_[id];
    entry.state = state;
    entry.content = content;
    if (std::find(batch_.begin(), batch_.end(), id) == batch_.end()) return;
    std::vector<Entry> all;
    for (const std::string& one : batch_) all.push_back(entries_[one]);
    if (std::any_of(all.begin(), all.end(), [](const Entry& one) { return one.state == State::kOpen; })) return;
    batch_.clear();
    const auto done = std::exchange(done_, nullptr);
    if (done) done(all);
}

void Calls::unless_settled(const std::string& id, double ms, std::function<void(const Call&)> action) {
    session_.timers().after(ms, [this, id, action = std::move(action)] {
        const Entry& entry = entries_[id];
        if (entry.state == State::kOpen) action(entry.call);
    });
}

void Calls::run(const std::string& id, const std::string& result, std::function<void(const Call&)> tell) {
    unless_settled(id, kServerSideMs * scale_, [this, result, tell = std::move(tell)](const Call& call) {
        tell(call);
        settle(call.id, State::kAnswered, result);
    });
}

std::vector<Call> Calls::cancel_open() {
    std::vector<Call> open;
    for (const std::string& id : batch_) {
        Entry& entry = entries_[id];
        if (entry.state != State::kOpen) continue;
        entry.state = State::kCancelled;
        open.push_back(entry.call);
    }
    batch_.clear();
    done_ = nullptr;
    return open;
}

}  // namespace trunkline::lab::agent
