#pragma once
// Webhook delivery: one POST per fact, at least once, in order per call and endpoint.
//
//   storage ──load_due()──▶ DeliveryPump ──send()──▶ receiver
//      ▲                        │  2xx delivered · 410 parked · anything else retried, after 24 h parked
//      └──────── settle() ──────┘
//
// A queue is all undelivered facts of one call for one endpoint. Only its first fact is ever under way, so a failing
// one holds its queue back, and no other. The pump lives on one thread and knows neither sockets nor the database:
// sending, signing, time and timers come from outside.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/events/outbox.h"

namespace trunkline {

struct Delivery {
    std::string webhook_id, call_id;
    uint64_t seq = 0;
    int attempts = 0;             ///< made so far
    int64_t created_unix_ms = 0;  ///< when it was first due
    std::string body;
};

/// What became of one attempt.
struct DeliveryOutcome {
    enum class State { kPending, kDelivered, kParked };
    std::string webhook_id, call_id;
    uint64_t seq = 0;
    State state = State::kPending;
    int attempts = 0;
    int64_t next_unix_ms = 0;  ///< kPending: not before then
    int last_status = 0;       ///< HTTP status; 0 = no answer
    std::string last_error;
};

struct DueRequest {
    std::string webhook_id;
    size_t queues = 0;  ///< at most so many
};

struct DueDeliveries {
    std::vector<std::deque<Delivery>> queues;  ///< each the beginning of one queue, lowest seq first, never empty
    int64_t next_unix_ms = 0;                  ///< when a queue that is not due yet will be; 0 = there is none
};

/// Where deliveries wait; implemented by storage. Any thread.
class DeliveryStore {
  public:
    virtual ~DeliveryStore() = default;
    /// Sees every settle() made before. `done` runs on a thread of the store's choice.
    virtual void load_due(std::vector<DueRequest> wanted, int64_t now_unix_ms,
                          std::function<void(DueDeliveries)> done) = 0;
    virtual void settle(DeliveryOutcome outcome) = 0;
    virtual std::vector<WebhookEndpoint> endpoints() const = 0;
};

struct WebhookPost {
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

/// What the pump needs from its surroundings. `post` may be called on any thread, also by the store after the pump's
/// end: stop the store before what `post` stands on goes. The others are called on the pump's thread only.
struct DeliverySurroundings {
    std::function<void(std::function<void()>)> post;                     ///< runs a task on the pump's thread
    std::function<void(int64_t delay_ms, std::function<void()>)> after;  ///< … later
    std::function<int64_t()> now_unix_ms;
    std::function<double()> random;  ///< uniform in [0, 1)
    /// Answers once on the pump's thread: HTTP status, or 0 and the cause.
    std::function<void(WebhookPost, std::function<void(int status, std::string error)>)> send;
    /// The value of `webhook-signature`.
    std::function<std::string(std::string_view secret, std::string_view id, int64_t unix_seconds,
                              std::string_view body)>
        sign;
};

struct DeliveryLimits {
    size_t queues_per_endpoint = 8;  ///< under way at once: a dead receiver must not take all sockets
    int64_t first_retry_ms = 1'000;
    int64_t longest_retry_ms = 600'000;
    int64_t park_after_ms = 24 * 3'600'000;
};

struct DeliveryStats {
    uint64_t delivered = 0, failed_attempts = 0, parked = 0;
    size_t under_way = 0;
};

/// Made, used and destroyed on one thread. After its destruction no callback does anything.
class DeliveryPump {
  public:
    DeliveryPump(DeliveryStore* store, DeliverySurroundings surroundings, DeliveryLimits limits = {});
    ~DeliveryPump();
    DeliveryPump(const DeliveryPump&) = delete;
    DeliveryPump& operator=(const DeliveryPump&) = delete;

    /// Looks for what is due: at the start, and whenever the store has something new. Cheap when nothing is.
    void poke();
    const DeliveryStats& stats() const { return stats_; }

    /// Wait before attempt `attempts` + 1: doubles from the first retry to the longest, shortened by up to a quarter by
    /// `random`, so that receivers do not see all calls come back at once.
    static int64_t back_off_ms(const DeliveryLimits& limits, int attempts, double random);

  private:
    using QueueKey = std::pair<std::string, std::string>;  // webhook_id, call_id
    void on_due(DueDeliveries due);
    void send_first(const QueueKey& key);
    void on_answer(const QueueKey& key, int status, std::string error);
    void wake_at(int64_t unix_ms);
    void tell_of_failure(const DeliveryOutcome& outcome, int64_t now);

    DeliveryStore* store_;
    DeliverySurroundings around_;
    DeliveryLimits limits_;
    std::map<QueueKey, std::deque<Delivery>> under_way_;
    std::set<QueueKey> moved_;  // … on since the look that is under way began: what it finds of them may be old
    std::map<std::string, WebhookEndpoint> endpoints_;
    std::map<std::string, int64_t> tell_again_;  // by endpoint: when its next failure goes into the log
    bool loading_ = false, poked_ = false;
    int64_t wake_unix_ms_ = 0;
    DeliveryStats stats_;
    std::shared_ptr<DeliveryPump*> self_;  // emptied by the destructor
};

}  // namespace trunkline
