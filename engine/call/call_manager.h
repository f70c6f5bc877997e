#pragma once
// All calls of the process: admission (webhook → ticket), the way of a media socket to its call, status callbacks,
// limits, drain. The directory is shared by the shards and guarded by one mutex that is taken per call, never per
// frame; the calls themselves belong to their shards.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/call/call.h"
#include "engine/call/ticket.h"
#include "engine/call/waiting_call.h"
#include "engine/core/recent_ids.h"
#include "engine/loop/shard_pool.h"

namespace trunkline {

namespace graph {
class GraphStore;
}

struct CallManagerOptions {
    std::string default_graph;                     ///< for webhooks that name none; empty = the only graph there is
    int64_t media_wait_ms = 60'000;                ///< from the TwiML to the media socket; then the call has failed
    size_t max_calls = 20'000;                     ///< waiting and live
    std::string ticket_key;                        ///< empty = random
    std::map<std::string, CarrierHangUp> hang_up;  ///< by carrier; those without one end with their socket
};

/// What /metrics shows of calls.
struct CallCounts {
    uint64_t waiting = 0, live = 0, admitted = 0, refused = 0;
    std::map<std::string, uint64_t> ended;  ///< by status/reason
    int64_t dropped_out_ms = 0;             ///< audio that callers did not get, of calls that are over
    uint64_t dropped_in = 0;                ///< caller frames that found no room, likewise
};

class CallManager {
  public:
    CallManager(ShardPool* shards, graph::GraphStore* graphs, Outbox* outbox,
                std::map<std::string, MediaSessionFactory> carriers, CallManagerOptions options);
    ~CallManager();

    struct Admission {
        std::string call_id;
        std::string ticket;
        int media_rate = 0;  ///< Hz that the graph wants of a carrier with several, 0 = it does not say
    };
    /// On a shard. The same carrier call announced again (a retried webhook) is the same call with a new ticket.
    /// Errors: "draining", "overload" (outbox or max_calls), "unknown-graph", "bad-params" (names the field),
    /// "duplicate" (live, or over as the carrier has said: a webhook that is late makes no call of its own).
    Result<Admission> admit(Shard* shard, const IncomingCall& incoming,
                            const std::vector<std::pair<std::string, std::string>>& params);
    /// Any thread: those of `params` that the graph of such a call ("" = the default one) knows; all when there is no
    /// such graph.
    std::vector<std::pair<std::string, std::string>> known_params(
        const std::string& graph, const std::vector<std::pair<std::string, std::string>>& params) const;
    /// Any thread, before the 101: whether the ticket opens a waiting call of this carrier.
    Status check_ticket(std::string_view carrier, std::string_view ticket) const;
    /// Any thread: the carrier's id of the call that a ticket of ours was made for, expired and used ones included; ""
    /// for any other text.
    std::string carrier_call_of(std::string_view ticket) const;
    /// On a shard, after the 101. The call lives on this shard from here on. A ticket that was used meanwhile: 1008.
    void take_socket(Shard* shard, std::string_view carrier, std::string_view ticket,
                     std::unique_ptr<WebSocket> socket);
    /// On a shard. Late, repeated and out-of-order callbacks are harmless.
    void on_carrier_status(const CarrierStatus& status);

    /// Any thread.
    CallCounts counts() const;
    /// Any thread: live calls of one carrier.
    size_t live_of(std::string_view carrier) const;
    /// True when new calls are refused; `why` for a person.
    bool refusing(std::string* why) const;
    /// Main thread: refuses new calls from now on.
    void start_draining();
    /// Main thread: ends every call (reason "shutdown") and waits until they are gone, beyond the deadline as long as
    /// `go_on` says so. False when some were left then.
    bool end_all(std::chrono::milliseconds deadline, const std::function<bool()>& go_on = nullptr);

  private:
    struct Entry {
        std::unique_ptr<WaitingCall> waiting;  // null once live
        Shard* admitted_on = nullptr;          // where the timer of `waiting` runs
        TimerId expiry = 0;
        Shard* shard = nullptr;  // where the call lives
        int64_t status_sequence = -1;
    };
    graph::PlanPtr plan_for(const std::string& graph) const;
    std::optional<Result<Admission>> known_already(const std::string& key) const;
    CarrierHangUp hang_up_of(std::string_view carrier) const;
    void announce(WaitingCall& waiting);
    void expire(const std::string& call_id);
    static void cancel_expiry(Shard* admitted_on, TimerId expiry);
    void end_waiting(std::unique_ptr<WaitingCall> waiting, const CallEnding& ending);
    void live_ended(Call* call);
    void live_gone(Call* call);
    Status check_parsed(std::string_view carrier, const Result<Ticket>& ticket) const;
    std::string ticket_for(const WaitingCall& waiting) const;
    Admission admission_of(const WaitingCall& waiting) const;

    ShardPool* shards_;
    graph::GraphStore* graphs_;
    Outbox* outbox_;
    std::map<std::string, MediaSessionFactory> carriers_;
    CallManagerOptions options_;
    TicketMint mint_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Entry> entries_;                       // by call id
    std::unordered_map<std::string, std::string> by_carrier_id_;           // "twilio:CA…" → call id
    std::vector<std::unordered_map<Call*, std::unique_ptr<Call>>> calls_;  // per shard, touched there only
    RecentIds over_{65'536};                                               // keys of calls that a carrier ended
    uint64_t calls_left_ = 0;                                              // Call objects alive
    bool draining_ = false;
    CallCounts counts_;
};

}  // namespace trunkline
