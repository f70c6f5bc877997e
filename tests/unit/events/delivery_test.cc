// Webhook delivery with a store in memory, a clock that is set by hand and a receiver that answers as told.
#include "engine/events/delivery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

namespace trunkline {
namespace {

class FakeStore : public DeliveryStore {
  public:
    struct Row {
        Delivery delivery;
        DeliveryOutcome::State state = DeliveryOutcome::State::kPending;
        int64_t next = 0;
    };

    void load_due(std::vector<DueRequest> wanted, int64_t now, std::function<void(DueDeliveries)> done) override {
        DueDeliveries due;
        for (const DueRequest& request : wanted) {
            std::set<std::string> calls;
            for (const Row& row : rows) {
                if (row.delivery.webhook_id == request.webhook_id && row.state == DeliveryOutcome::State::kPending)
                    calls.insert(row.delivery.call_id);
            }
            size_t given = 0;
            for (const std::string& call : calls) given += take(request, call, now, given, due) ? 1 : 0;
        }
        answer_look = [done = std::move(done), due = std::move(due)] { done(due); };
        if (!slow) std::exchange(answer_look, nullptr)();
    }
    void settle(DeliveryOutcome outcome) override {
        outcomes.push_back(outcome);
        for (Row& row : rows) {
            if (row.delivery.webhook_id != outcome.webhook_id || row.delivery.call_id != outcome.call_id ||
                row.delivery.seq != outcome.seq)
                continue;
            row.state = outcome.state;
            row.delivery.attempts = outcome.attempts;
            row.next = outcome.next_unix_ms;
        }
    }
    std::vector<WebhookEndpoint> endpoints() const override { return known; }

    void add(const std::string& webhook, const std::string& call, uint64_t seq, int64_t now) {
        rows.push_back({{webhook, call, seq, 0, now, "{\"seq\":" + std::to_string(seq) + "}"}, {}, now});
    }
    size_t count(DeliveryOutcome::State state) const {
        return static_cast<size_t>(
            std::count_if(rows.begin(), rows.end(), [&](auto& row) { return row.state == state; }));
    }

    bool slow = false;  ///< a look is answered by answer_look(), with what it saw when it was asked for
    std::function<void()> answer_look;
    std::vector<Row> rows;
    std::vector<DeliveryOutcome> outcomes;
    std::vector<WebhookEndpoint> known = {{"w1", "http://one/", "key"}, {"w2", "http://two/", ""}};

  private:
    bool take(const DueRequest& request, const std::string& call, int64_t now, size_t given, DueDeliveries& due) {
        std::deque<Delivery> run;
        int64_t next = 0;
        for (const Row& row : rows) {
            if (row.delivery.webhook_id != request.webhook_id || row.delivery.call_id != call ||
                row.state != DeliveryOutcome::State::kPending)
                continue;
            if (run.empty()) next = row.next;
            run.push_back(row.delivery);
        }
        if (next > now) {
            due.next_unix_ms = due.next_unix_ms == 0 ? next : std::min(next, due.next_unix_ms);
            return false;
        }
        if (given >= request.queues) return false;
        due.queues.push_back(std::move(run));
        return true;
    }
};

class DeliveryTest : public testing::Test {
  protected:
    struct Sent {
        WebhookPost post;
        std::function<void(int, std::string)> answer;
        std::string id() const { return post.headers.at(0).second; }
    };
    struct Alarm {
        int64_t at;
        std::function<void()> task;
    };

    DeliveryTest() : pump_(std::make_unique<DeliveryPump>(&store_, surroundings())) {}

    DeliverySurroundings surroundings() {
        DeliverySurroundings around;
        around.post = [](const std::function<void()>& task) { task(); };
        around.after = [this](int64_t delay, std::function<void()> task) {
            alarms_.push_back({now_ + delay, std::move(task)});
        };
        around.now_unix_ms = [this] { return now_; };
        around.random = [] { return 0.0; };
        around.send = [this](WebhookPost post, std::function<void(int, std::string)> answer) {
            sent_.push_back({std::move(post), std::move(answer)});
        };
        around.sign = [](std::string_view secret, std::string_view id, int64_t seconds, std::string_view body) {
            return "signed(" + std::string(secret) + "," + std::string(id) + "," + std::to_string(seconds) + "," +
                   std::string(body) + ")";
        };
        return around;
    }
    void answer(size_t index, int status) { sent_.at(index).answer(status, status == 0 ? "connect" : ""); }
    void pass(int64_t ms) {
        const int64_t end = now_ + ms;
        for (;;) {
            auto next = std::min_element(alarms_.begin(), alarms_.end(), [](auto& a, auto& b) { return a.at < b.at; });
            if (next == alarms_.end() || next->at > end) break;
            now_ = std::max(now_, next->at);
            const auto task = std::move(next->task);
            alarms_.erase(next);
            task();
        }
        now_ = end;
    }
    std::vector<std::string> ids() const {
        std::vector<std::string> all;
        for (const Sent& sent : sent_) all.push_back(sent.id());
        return all;
    }

    int64_t now_ = 1'000'000'000'000;
    FakeStore store_;
    std::vector<Sent> sent_;
    std::vector<Alarm> alarms_;
    std::unique_ptr<DeliveryPump> pump_;
};

TEST_F(DeliveryTest, SendsTheBodyWithIdTimestampAndSignature) {
    store_.add("w1", "c1", 7, now_);
    pump_->poke();
    ASSERT_EQ(sent_.size(), 1U);
    EXPECT_EQ(sent_[0].post.url, "http://one/");
    EXPECT_EQ(sent_[0].post.body, "{\"seq\":7}");
    const std::vector<std::pair<std::string, std::string>> expected = {
        {"webhook-id", "c1:7"},
        {"webhook-timestamp", "1000000000"},
        {"webhook-signature", "signed(key,c1:7,1000000000,{\"seq\":7})"}};
    EXPECT_EQ(sent_[0].post.headers, expected);
}

TEST_F(DeliveryTest, LeavesTheSignatureOutWithoutASecret) {
    store_.add("w2", "c1", 1, now_);
    pump_->poke();
    ASSERT_EQ(sent_.size(), 1U);
    EXPECT_EQ(sent_[0].post.headers.size(), 2U);
}

TEST_F(DeliveryTest, KeepsTheOrderOfACallAndWaitsForEachAnswer) {
    for (uint64_t seq : {1, 2, 3}) store_.add("w1", "c1", seq, now_);
    pump_->poke();
    EXPECT_EQ(ids(), std::vector<std::string>{"c1:1"});
    answer(0, 200);
    answer(1, 204);
    EXPECT_EQ(ids(), (std::vector<std::string>{"c1:1", "c1:2", "c1:3"}));
    answer(2, 200);
    EXPECT_EQ(store_.count(DeliveryOutcome::State::kDelivered), 3U);
    EXPECT_EQ(pump_->stats().under_way, 0U);
}

TEST_F(DeliveryTest, AFailureHoldsItsOwnQueueOnly) {
    store_.add("w1", "c1", 1, now_);
    store_.add("w1", "c1", 2, now_);
    store_.add("w1", "c2", 1, now_);
    store_.add("w2", "c1", 1, now_);
    pump_->poke();
    ASSERT_EQ(sent_.size(), 3U);
    for (size_t i = 0; i < 3; ++i) answer(i, sent_[i].post.url == "http://one/" && sent_[i].id() == "c1:1" ? 500 : 200);
    EXPECT_EQ(sent_.size(), 3U);
    EXPECT_EQ(store_.count(DeliveryOutcome::State::kDelivered), 2U);
    pass(1'000);
    ASSERT_EQ(sent_.size(), 4U);
    EXPECT_EQ(sent_[3].id(), "c1:1");
    answer(3, 200);
    EXPECT_EQ(sent_.at(4).id(), "c1:2");
}

TEST_F(DeliveryTest, RetriesWithDoublingWaits) {
    store_.add("w1", "c1", 1, now_);
    pump_->poke();
    std::vector<int64_t> waits;
    for (size_t i = 0; i < 13; ++i) {
        const int64_t failed_at = now_;
        answer(i, i % 2 == 0 ? 0 : 503);
        pass(600'000);
        ASSERT_EQ(sent_.size(), i + 2);
        waits.push_back(store_.outcomes.back().next_unix_ms - failed_at);
    }
    EXPECT_EQ(waits, (std::vector<int64_t>{1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 64'000, 128'000, 256'000,
                                           512'000, 600'000, 600'000, 600'000}));
    EXPECT_EQ(store_.outcomes.back().attempts, 13);
}

TEST_F(DeliveryTest, DoesNotRetryBeforeTheWaitIsOver) {
    store_.add("w1", "c1", 1, now_);
    pump_->poke();
    answer(0, 500);
    pass(999);
    pump_->poke();
    EXPECT_EQ(sent_.size(), 1U);
    pass(1);
    EXPECT_EQ(sent_.size(), 2U);
}

TEST_F(DeliveryTest, ParksAfterADayAndGoesOn) {
    store_.add("w1", "c1", 1, now_);
    pump_->poke();
    size_t next = 0;
    while (store_.count(DeliveryOutcome::State::kParked) == 0) {
        ASSERT_LT(next, 300U);
        answer(next++, 500);
        if (store_.count(DeliveryOutcome::State::kParked) == 0) pass(600'000);
    }
    EXPECT_GE(now_ - 1'000'000'000'000, 24 * 3'600'000);
    store_.add("w1", "c1", 2, now_);
    pump_->poke();
    EXPECT_EQ(sent_.back().id(), "c1:2");
}

TEST_F(DeliveryTest, ParksAtOnceWhenTheReceiverIsGone) {
    store_.add("w1", "c1", 1, now_);
    pump_->poke();
    answer(0, 410);
    EXPECT_EQ(store_.count(DeliveryOutcome::State::kParked), 1U);
    EXPECT_EQ(pump_->stats().parked, 1U);
}

TEST_F(DeliveryTest, TakesARedirectForAFailure) {
    store_.add("w1", "c1", 1, now_);
    pump_->poke();
    answer(0, 302);
    EXPECT_EQ(store_.outcomes.back().state, DeliveryOutcome::State::kPending);
}

TEST_F(DeliveryTest, ADeadReceiverDoesNotTakeTheSlotsOfAnother) {
    for (int i = 0; i < 50; ++i) store_.add("w1", "c" + std::to_string(i), 1, now_);
    store_.add("w2", "c1", 1, now_);
    pump_->poke();
    EXPECT_EQ(sent_.size(), 9U);  // 8 of the first endpoint, 1 of the second
    EXPECT_EQ(std::count_if(sent_.begin(), sent_.end(), [](auto& s) { return s.post.url == "http://two/"; }), 1);
}

TEST_F(DeliveryTest, EventuallyDeliversMoreQueuesThanSlots) {
    for (int i = 0; i < 50; ++i) store_.add("w1", "c" + std::to_string(i), 1, now_);
    pump_->poke();
    for (size_t i = 0; i < sent_.size(); ++i) answer(i, 200);
    EXPECT_EQ(store_.count(DeliveryOutcome::State::kDelivered), 50U);
    EXPECT_EQ(sent_.size(), 50U);
}

TEST_F(DeliveryTest, WhatWasAnsweredDuringALookIsNotSentAgain) {
    store_.add("w1", "c1", 1, now_);
    pump_->poke();
    ASSERT_EQ(sent_.size(), 1u);
    store_.slow = true;
    pump_->poke();  // sees the first one still waiting
    auto look = std::exchange(store_.answer_look, nullptr);
    store_.slow = false;
    store_.add("w1", "c1", 2, now_);
    answer(0, 200);
    look();
    ASSERT_EQ(sent_.size(), 2u);
    EXPECT_EQ(sent_[1].id(), "c1:2") << "and the next one goes at once";
}

TEST_F(DeliveryTest, DoesNothingAfterItsEnd) {
    store_.add("w1", "c1", 1, now_);
    pump_->poke();
    pump_.reset();
    answer(0, 200);
    EXPECT_TRUE(store_.outcomes.empty());
}

TEST(BackOff, IsShortenedByUpToAQuarter) {
    const DeliveryLimits limits;
    EXPECT_EQ(DeliveryPump::back_off_ms(limits, 1, 0.0), 1'000);
    EXPECT_EQ(DeliveryPump::back_off_ms(limits, 1, 1.0), 750);
    EXPECT_EQ(DeliveryPump::back_off_ms(limits, 1'000, 0.0), 600'000);
}

TEST_F(DeliveryTest, AReceiverThatTakesNothingIsInTheLogNowAndThenWithoutItsSecrets) {
    store_.known = {{"w1", "http://user:hidden@one/hook?key=hidden", "hidden"}};
    for (uint64_t call = 0; call < 3; ++call) store_.add("w1", "c" + std::to_string(call), 1, now_);
    testing::internal::CaptureStderr();
    pump_->poke();
    answer(0, 500);
    answer(1, 0);
    answer(2, 500);
    const auto lines = [](const std::string& log) { return std::count(log.begin(), log.end(), '\n'); };
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(lines(log), 1) << log;
    EXPECT_NE(log.find("http://one/hook"), std::string::npos) << log;
    EXPECT_NE(log.find("500"), std::string::npos) << log;
    EXPECT_EQ(log.find("hidden"), std::string::npos) << log;
    testing::internal::CaptureStderr();
    for (size_t next = 3; now_ < 3'600'000'000'000 && next < 60; ++next) {
        while (sent_.size() <= next) pass(1'000);
        answer(next, 500);
    }
    const auto more = lines(testing::internal::GetCapturedStderr());
    EXPECT_GE(more, 2) << "it stays down";
    EXPECT_LE(more, 60) << "and is told as often as it is tried at most";
}

}  // namespace
}  // namespace trunkline
