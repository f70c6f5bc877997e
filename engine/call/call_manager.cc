#include "engine/call/call_manager.h"

#include <algorithm>
#include <thread>

#include "engine/core/clock.h"
#include "engine/core/id.h"
#include "engine/core/log.h"
#include "engine/graph/graph_store.h"
#include "engine/gst/event_pad.h"
#include "engine/net/farewell.h"

namespace trunkline {
namespace {

constexpr uint16_t kPolicyViolation = 1008;
constexpr int64_t kTicketLifeMs = 120'000;

std::string carrier_key(std::string_view carrier, std::string_view id) {
    return std::string(carrier) + ":" + std::string(id);
}

/// The rate of the carrier's own source in the graph.
int media_rate(const graph::Plan& plan, const std::string& carrier) {
    const graph::Wiring* wiring = plan.wiring(carrier);
    if (!wiring) return 0;
    for (const graph::PlanNode& node : wiring->nodes) {
        if (node.factory != carrier + "src") continue;
        for (const auto& property : node.properties) {
            if (property.name == "rate") return static_cast<int>(property.value.integer);
        }
    }
    return 0;
}

/// How a live call ends when its carrier says so.
CallEnding live_ending(const CarrierStatus& status) {
    if (status.reason.empty()) return {status.status, "caller-hangup", "caller", "status callback " + status.detail};
    return {status.status, status.reason, "error", status.detail};
}

}  // namespace

CallManager::CallManager(ShardPool* shards, graph::GraphStore* graphs, Outbox* outbox,
                         std::map<std::string, MediaSessionFactory> carriers, CallManagerOptions options)
    : shards_(shards),
      graphs_(graphs),
      outbox_(outbox),
      carriers_(std::move(carriers)),
      options_(std::move(options)),
      mint_(options_.ticket_key),
      calls_(shards->size()) {}

CallManager::~CallManager() = default;

graph::PlanPtr CallManager::plan_for(const std::string& graph) const {
    if (!graph.empty()) return graphs_->find(graph);
    if (!options_.default_graph.empty()) return graphs_->find(options_.default_graph);
    const auto all = graphs_->all();
    return all.size() == 1 ? all.front() : nullptr;
}

std::vector<std::pair<std::string, std::string>> CallManager::known_params(
    const std::string& graph, const std::vector<std::pair<std::string, std::string>>& params) const {
    const graph::PlanPtr plan = plan_for(graph);
    return plan ? graph::known_params(*plan, params) : params;
}

CarrierHangUp CallManager::hang_up_of(std::string_view carrier) const {
    const auto it = options_.hang_up.find(std::string(carrier));
    return it == options_.hang_up.end() ? nullptr : it->second;
}

std::string CallManager::ticket_for(const WaitingCall& w) const {
    return mint_.sign(
        {w.call_id, w.incoming.carrier, w.incoming.carrier_call_id, w.plan->hash, unix_ms() + kTicketLifeMs});
}

CallManager::Admission CallManager::admission_of(const WaitingCall& w) const {
    return {w.call_id, ticket_for(w), media_rate(*w.plan, w.incoming.carrier)};
}

bool CallManager::refusing(std::string* why) const {
    {
        std::lock_guard lock(mutex_);
        if (draining_) return *why = "shutting down", true;
        if (entries_.size() >= options_.max_calls) return *why = "as many calls as max_calls allows", true;
    }
    return !outbox_->accepts_new_calls(why);
}

/// With the mutex. Nothing: the call is a new one.
std::optional<Result<CallManager::Admission>> CallManager::known_already(const std::string& key) const {
    if (over_.contains(key)) return fail("duplicate", "the carrier has said that this call is over");
    const auto known = by_carrier_id_.find(key);
    if (known == by_carrier_id_.end()) return std::nullopt;
    const Entry& entry = entries_.at(known->second);
    if (!entry.waiting) return fail("duplicate", "this call is live already");
    return admission_of(*entry.waiting);
}

Result<CallManager::Admission> CallManager::admit(Shard* shard, const IncomingCall& incoming,
                                                  const std::vector<std::pair<std::string, std::string>>& params) {
    const auto refuse = [&](std::string code, std::string message) {
        std::lock_guard lock(mutex_);
        ++counts_.refused;
        return fail(std::move(code), std::move(message));
    };
    const std::string key = carrier_key(incoming.carrier, incoming.carrier_call_id);
    {
        std::lock_guard lock(mutex_);
        if (auto known = known_already(key)) return std::move(*known);
    }
    std::string why;
    if (refusing(&why)) return refuse(why == "shutting down" ? "draining" : "overload", why);
    const graph::PlanPtr plan = plan_for(incoming.graph);
    if (!plan) {
        return refuse("unknown-graph", incoming.graph.empty() ? "no default graph: name one at the end of the "
                                                                "webhook's path (/<graph>) or start with --graph"
                                                              : "no graph named '" + incoming.graph + "'");
    }
    if (!plan->wiring(incoming.carrier)) {
        return refuse("unknown-graph", "the graph '" + plan->name + "' does not serve calls of " + incoming.carrier);
    }
    auto checked = graph::check_params(*plan, params);
    if (!checked) return refuse("bad-params", checked.error().message);

    auto waiting = std::make_unique<WaitingCall>();
    waiting->call_id = new_id("call_");
    waiting->incoming = incoming;
    waiting->incoming.graph = plan->name;
    waiting->plan = plan;
    waiting->params_json = std::move(*checked);
    waiting->created_ns = monotonic_ns();
    waiting->created_unix_ms = unix_ms();
    waiting->facts = std::make_unique<FactNumberer>(waiting->call_id, plan->hash, waiting->created_ns);
    Admission admission = admission_of(*waiting);
    {
        std::lock_guard lock(mutex_);
        // The same webhook may have come to another shard meanwhile.
        if (auto known = known_already(key)) return std::move(*known);
        announce(*waiting);
        ++counts_.admitted;
        by_carrier_id_[key] = admission.call_id;
        Entry& entry = entries_[admission.call_id];
        entry.waiting = std::move(waiting);
        entry.admitted_on = shard;
        entry.expiry = shard->after(std::chrono::milliseconds(options_.media_wait_ms),
                                    [this, id = admission.call_id] { expire(id); });
    }
    return admission;
}

/// A call that waits no more leaves no timer behind, wherever it has gone.
void CallManager::cancel_expiry(Shard* admitted_on, TimerId expiry) {
    if (admitted_on->on_shard()) {
        admitted_on->cancel(expiry);
    } else {
        admitted_on->post([admitted_on, expiry] { admitted_on->cancel(expiry); });
    }
}

void CallManager::announce(WaitingCall& w) {
    CallRow row;
    row.id = w.call_id;
    row.carrier = w.incoming.carrier;
    row.carrier_call_id = w.incoming.carrier_call_id;
    row.direction = w.incoming.direction;
    row.from_number = w.incoming.from;
    row.to_number = w.incoming.to;
    row.status = w.incoming.direction == "inbound" ? "ringing" : "initiated";
    row.graph = w.plan->name;
    row.graph_hash = w.plan->hash;
    row.params_json = w.params_json;
    row.created_unix_ms = w.created_unix_ms;
    outbox_->put(row);
    w.made.push_back(w.facts->make("call.created", "call", 0, gst::fields([&](JsonWriter& j) {
                                       j.field("carrier", row.carrier).field("carrier_call_id", row.carrier_call_id);
                                       j.field("direction", row.direction).field("from", row.from_number);
                                       j.field("to", row.to_number);
                                   })));
    outbox_->put(FactRecord{w.made.back(), true, ""});
}

Status CallManager::check_parsed(std::string_view carrier, const Result<Ticket>& ticket) const {
    if (!ticket) return tl::unexpected(ticket.error());
    if (ticket->carrier != carrier) return fail("bad-ticket", "the ticket is another carrier's");
    const auto it = entries_.find(ticket->call_id);
    if (it == entries_.end() || !it->second.waiting)
        return fail("used-ticket", "the ticket was used already or its call is over");
    return {};
}

Status CallManager::check_ticket(std::string_view carrier, std::string_view text) const {
    const auto ticket = mint_.check(text, unix_ms());
    std::lock_guard lock(mutex_);
    return check_parsed(carrier, ticket);
}

std::string CallManager::carrier_call_of(std::string_view text) const {
    const auto ticket = mint_.check(text, INT64_MIN);
    return ticket ? ticket->carrier_call_id : "";
}

void CallManager::take_socket(Shard* shard, std::string_view carrier, std::string_view text,
                              std::unique_ptr<WebSocket> socket) {
    const auto ticket = mint_.check(text, unix_ms());
    const auto factory = carriers_.find(std::string(carrier));
    std::unique_ptr<Call> call;
    Shard* admitted_on = nullptr;
    TimerId expiry = 0;
    {
        std::lock_guard lock(mutex_);
        if (factory != carriers_.end() && check_parsed(carrier, ticket)) {
            Entry& entry = entries_.at(ticket->call_id);
            call = std::make_unique<Call>(shard, std::move(*entry.waiting), outbox_,
                                          Call::Hooks{[this](Call* c) { live_ended(c); },
                                                      [this](Call* c) { live_gone(c); }, hang_up_of(carrier)});
            entry.waiting.reset();
            entry.shard = shard;
            admitted_on = entry.admitted_on;
            expiry = entry.expiry;
            ++calls_left_;
        }
    }
    if (!call) {
        Farewell::begin(std::move(socket), kPolicyViolation, "ticket refused");
        return;
    }
    cancel_expiry(admitted_on, expiry);
    Call* started = call.get();
    calls_[static_cast<size_t>(shard->index())][started] = std::move(call);
    started->start(factory->second, std::move(socket));
}

void CallManager::expire(const std::string& call_id) {
    std::unique_ptr<WaitingCall> waiting;
    {
        std::lock_guard lock(mutex_);
        const auto it = entries_.find(call_id);
        if (it == entries_.end() || !it->second.waiting) return;
        waiting = std::move(it->second.waiting);
    }
    end_waiting(std::move(waiting),
                {"failed", "no-media", "error",
                 "the carrier never opened the media socket: is SERVER_URL reachable from outside by wss?"});
}

void CallManager::end_waiting(std::unique_ptr<WaitingCall> waiting, const CallEnding& ending) {
    put_call_ended(outbox_, *waiting->facts, waiting->call_id, ending, 0);
    log_warn("call", "ended before its media came",
             {{"call_id", waiting->call_id},
              {"status", ending.status},
              {"reason", ending.reason},
              {"detail", ending.detail}});
    std::lock_guard lock(mutex_);
    by_carrier_id_.erase(carrier_key(waiting->incoming.carrier, waiting->incoming.carrier_call_id));
    if (const auto entry = entries_.extract(waiting->call_id))
        cancel_expiry(entry.mapped().admitted_on, entry.mapped().expiry);
    ++counts_.ended[ending.status + "/" + ending.reason];
}

void CallManager::live_ended(Call* call) {
    std::lock_guard lock(mutex_);
    by_carrier_id_.erase(carrier_key(call->incoming().carrier, call->incoming().carrier_call_id));
    entries_.erase(call->id());
    const MediaStats media = call->media_stats();
    counts_.dropped_out_ms += media.dropped_out_ms;
    counts_.dropped_in += media.dropped_in;
    ++counts_.ended[call->ending().status + "/" + call->ending().reason];
}

void CallManager::live_gone(Call* call) {
    calls_[static_cast<size_t>(call->shard()->index())].erase(call);
    std::lock_guard lock(mutex_);
    --calls_left_;
}

void CallManager::on_carrier_status(const CarrierStatus& status) {
    std::unique_ptr<WaitingCall> over;
    {
        std::lock_guard lock(mutex_);
        const std::string key = carrier_key(status.carrier, status.carrier_call_id);
        if (status.terminal() && status.reason.empty()) over_.add(key);
        const auto known = by_carrier_id_.find(key);
        if (known == by_carrier_id_.end()) return;  // ended already, or not ours
        Entry& entry = entries_.at(known->second);
        if (status.sequence >= 0 && status.sequence <= entry.status_sequence) return;
        entry.status_sequence = std::max(entry.status_sequence, status.sequence);
        if (!status.terminal()) return;
        if (entry.waiting) {
            over = std::move(entry.waiting);
        } else if (entry.shard) {
            entry.shard->post([this, id = known->second, shard = entry.shard, status] {
                for (const auto& [call, owned] : calls_[static_cast<size_t>(shard->index())]) {
                    if (call->id() == id) call->end(live_ending(status));
                }
            });
        }
    }
    if (over) {
        const bool by_caller = status.reason.empty();
        end_waiting(std::move(over), {status.status, by_caller ? "carrier-" + status.status : status.reason,
                                      by_caller ? "caller" : "error", status.detail});
    }
}

CallCounts CallManager::counts() const {
    std::lock_guard lock(mutex_);
    CallCounts counts = counts_;
    for (const auto& [id, entry] : entries_) ++(entry.waiting ? counts.waiting : counts.live);
    return counts;
}

size_t CallManager::live_of(std::string_view carrier) const {
    const std::string prefix = carrier_key(carrier, "");
    std::lock_guard lock(mutex_);
    return static_cast<size_t>(std::count_if(by_carrier_id_.begin(), by_carrier_id_.end(), [&](const auto& known) {
        return known.first.starts_with(prefix) && !entries_.at(known.second).waiting;
    }));
}

void CallManager::start_draining() {
    std::lock_guard lock(mutex_);
    draining_ = true;
}

bool CallManager::end_all(std::chrono::milliseconds deadline, const std::function<bool()>& go_on) {
    start_draining();
    const CallEnding shutdown{"completed", "shutdown", "api", "the engine was stopped"};
    std::vector<std::unique_ptr<WaitingCall>> waiting;
    {
        std::lock_guard lock(mutex_);
        for (auto& [id, entry] : entries_) {
            if (entry.waiting) waiting.push_back(std::move(entry.waiting));
        }
    }
    for (auto& w : waiting) end_waiting(std::move(w), {"failed", "shutdown", "api", "the engine was stopped"});
    shards_->run_on_each([&](Shard* shard) {
        for (const auto& [call, owned] : calls_[static_cast<size_t>(shard->index())]) call->end(shutdown);
    });
    const int64_t until = monotonic_ns() + deadline.count() * 1'000'000;
    while (monotonic_ns() < until || (go_on && go_on())) {
        {
            std::lock_guard lock(mutex_);
            if (calls_left_ == 0) return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // the main thread's; the calls end on their shards
    }
    // Too late for manners: what is left dies on its own shard, with its last fact.
    shards_->run_on_each([&](Shard* shard) {
        auto& left = calls_[static_cast<size_t>(shard->index())];
        for (const auto& [call, owned] : left) call->cut_off(shutdown);
        {
            std::lock_guard lock(mutex_);
            calls_left_ -= left.size();
        }
        left.clear();
    });
    return false;
}

}  // namespace trunkline
