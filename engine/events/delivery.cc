// The delivery state machine; see the header.
#include "engine/events/delivery.h"

#include <algorithm>

#include "engine/core/log.h"

namespace trunkline {
namespace {
constexpr int64_t kTellEveryMs = 600'000;
}

DeliveryPump::DeliveryPump(DeliveryStore* store, DeliverySurroundings surroundings, DeliveryLimits limits)
    : store_(store), around_(std::move(surroundings)), limits_(limits), self_(std::make_shared<DeliveryPump*>(this)) {}

DeliveryPump::~DeliveryPump() { *self_ = nullptr; }

int64_t DeliveryPump::back_off_ms(const DeliveryLimits& limits, int attempts, double random) {
    const int doublings = std::clamp(attempts - 1, 0, 30);
    const int64_t wait = std::min(limits.first_retry_ms << doublings, limits.longest_retry_ms);
    return wait - static_cast<int64_t>(static_cast<double>(wait) * 0.25 * random);
}

void DeliveryPump::poke() {
    poked_ = true;
    if (loading_) return;  // looks again when the answer is there
    poked_ = false;
    std::vector<DueRequest> wanted;
    for (WebhookEndpoint& known : store_->endpoints()) {
        const auto busy = static_cast<size_t>(std::count_if(
            under_way_.begin(), under_way_.end(), [&](const auto& queue) { return queue.first.first == known.id; }));
        // Those under way are due too and come along: ask for them on top, and leave them out later.
        if (busy < limits_.queues_per_endpoint) wanted.push_back({known.id, limits_.queues_per_endpoint + busy});
        endpoints_[known.id] = std::move(known);
    }
    if (wanted.empty()) return;
    loading_ = true;
    store_->load_due(std::move(wanted), around_.now_unix_ms(), [self = self_, post = around_.post](DueDeliveries due) {
        post([self, due = std::move(due)]() mutable {
            if (*self) (*self)->on_due(std::move(due));
        });
    });
}

void DeliveryPump::on_due(DueDeliveries due) {
    loading_ = false;
    std::map<std::string, size_t> busy;
    for (const auto& [key, queue] : under_way_) ++busy[key.first];
    for (auto& queue : due.queues) {
        if (queue.empty()) continue;
        const QueueKey key(queue.front().webhook_id, queue.front().call_id);
        if (under_way_.contains(key) || moved_.contains(key) || busy[key.first] >= limits_.queues_per_endpoint)
            continue;
        ++busy[key.first];
        under_way_[key] = std::move(queue);
        send_first(key);
    }
    moved_.clear();  // each of them has poked, so they are looked for again below
    stats_.under_way = under_way_.size();
    if (due.next_unix_ms != 0) wake_at(due.next_unix_ms);
    if (poked_) poke();
}

void DeliveryPump::send_first(const QueueKey& key) {
    const Delivery& delivery = under_way_[key].front();
    const auto known = endpoints_.find(key.first);
    if (known == endpoints_.end()) return;  // never: only queues of known endpoints are asked for
    const std::string id = delivery.call_id + ":" + std::to_string(delivery.seq);
    const int64_t seconds = around_.now_unix_ms() / 1'000;
    WebhookPost post;
    post.url = known->second.url;
    post.body = delivery.body;
    post.headers = {{"webhook-id", id}, {"webhook-timestamp", std::to_string(seconds)}};
    if (!known->second.secret.empty())
        post.headers.emplace_back("webhook-signature", around_.sign(known->second.secret, id, seconds, post.body));
    around_.send(std::move(post), [self = self_, key](int status, std::string error) {
        if (*self) (*self)->on_answer(key, status, std::move(error));
    });
}

void DeliveryPump::on_answer(const QueueKey& key, int status, std::string error) {
    const auto found = under_way_.find(key);
    if (found == under_way_.end()) return;
    const Delivery& delivery = found->second.front();
    const int64_t now = around_.now_unix_ms();
    DeliveryOutcome outcome;
    outcome.webhook_id = delivery.webhook_id;
    outcome.call_id = delivery.call_id;
    outcome.seq = delivery.seq;
    outcome.attempts = delivery.attempts + 1;
    outcome.last_status = status;
    outcome.last_error = std::move(error);
    if (status >= 200 && status < 300) {
        outcome.state = DeliveryOutcome::State::kDelivered;
        ++stats_.delivered;
    } else if (status == 410 || now - delivery.created_unix_ms >= limits_.park_after_ms) {
        outcome.state = DeliveryOutcome::State::kParked;
        ++stats_.parked;
        log_warn("webhook", "a delivery is given up; it stays in the database as parked",
                 {{"webhook", outcome.webhook_id},
                  {"call_id", outcome.call_id},
                  {"seq", outcome.seq},
                  {"status", status},
                  {"attempts", outcome.attempts}});
    } else {
        outcome.next_unix_ms = now + back_off_ms(limits_, outcome.attempts, around_.random());
        ++stats_.failed_attempts;
        tell_of_failure(outcome, now);
        wake_at(outcome.next_unix_ms);
    }
    const bool held = outcome.state == DeliveryOutcome::State::kPending;
    store_->settle(std::move(outcome));
    found->second.pop_front();
    if (!held && !found->second.empty()) return send_first(key);
    under_way_.erase(found);
    if (loading_) moved_.insert(key);
    stats_.under_way = under_way_.size();
    poke();  // there may be more of this queue, and another one may take its place
}

/// Not each: a receiver that is down for a day fails thousands of times.
void DeliveryPump::tell_of_failure(const DeliveryOutcome& outcome, int64_t now) {
    std::erase_if(tell_again_, [&](const auto& told) { return told.second <= now; });
    if (!tell_again_.try_emplace(outcome.webhook_id, now + kTellEveryMs).second) return;
    const auto known = endpoints_.find(outcome.webhook_id);
    log_warn("webhook", "a receiver does not take deliveries; they are kept and tried again",
             {{"url", known == endpoints_.end() ? "" : public_url(known->second.url)},
              {"webhook", outcome.webhook_id},
              {"status", outcome.last_status},
              {"error", outcome.last_error},
              {"attempts", outcome.attempts}});
}

void DeliveryPump::wake_at(int64_t unix_ms) {
    if (wake_unix_ms_ != 0 && wake_unix_ms_ <= unix_ms) return;  // an earlier alarm looks again anyway
    wake_unix_ms_ = unix_ms;
    const int64_t delay = std::max<int64_t>(unix_ms - around_.now_unix_ms(), 1);
    around_.after(delay, [self = self_, unix_ms] {
        if (!*self) return;
        if ((*self)->wake_unix_ms_ == unix_ms) (*self)->wake_unix_ms_ = 0;
        (*self)->poke();
    });
}

}  // namespace trunkline
