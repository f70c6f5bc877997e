// Deliveries in the database: what is due, in which order, and a whole pump over a real store.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "tests/unit/storage/fixture.h"

namespace trunkline {
namespace {

class DeliveryStoreTest : public StorageTest {
  protected:
    DueDeliveries due(int64_t now = unix_ms() + 1'000, size_t queues = 8) {
        std::mutex mutex;
        std::condition_variable there;
        bool done = false;
        DueDeliveries got;
        writer_->load_due({{"w1", queues}}, now, [&](DueDeliveries answer) {
            const std::lock_guard guard(mutex);
            got = std::move(answer);
            done = true;
            there.notify_one();
        });
        std::unique_lock guard(mutex);
        EXPECT_TRUE(there.wait_for(guard, kPatience, [&] { return done; }));
        return got;
    }
    static DeliveryOutcome outcome(uint64_t seq, DeliveryOutcome::State state, int64_t next = 0) {
        DeliveryOutcome made;
        made.webhook_id = "w1";
        made.call_id = "c1";
        made.seq = seq;
        made.state = state;
        made.attempts = 1;
        made.next_unix_ms = next;
        made.last_status = state == DeliveryOutcome::State::kDelivered ? 200 : 500;
        return made;
    }
};

TEST_F(DeliveryStoreTest, GivesTheFactsOfACallInOrder) {
    open();
    for (uint64_t seq : {1, 2, 3}) put(digit("c1", seq), "w1");
    put(digit("c2", 1), "w1");
    put(digit("c3", 1), "other");
    flush();
    const auto got = due();
    ASSERT_EQ(got.queues.size(), 2U);
    const auto& run = got.queues[0].front().call_id == "c1" ? got.queues[0] : got.queues[1];
    ASSERT_EQ(run.size(), 3U);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(run[i].seq, i + 1);
    EXPECT_EQ(run[0].body, digit("c1", 1)->body);
}

TEST_F(DeliveryStoreTest, TheSameFactIsDueOnce) {
    open();
    for (int i = 0; i < 3; ++i) put(digit("c1", 1), "w1");
    flush();
    writer_->settle(outcome(1, DeliveryOutcome::State::kDelivered));
    put(digit("c1", 1), "w1");
    flush();
    EXPECT_TRUE(due().queues.empty());
    EXPECT_EQ(text("SELECT state || last_status || attempts FROM webhook_deliveries"), "delivered2001");
}

TEST_F(DeliveryStoreTest, AnOutcomeIsSeenByTheNextLook) {
    open();
    for (uint64_t seq : {1, 2}) put(digit("c1", seq), "w1");
    flush();
    for (int i = 0; i < 20; ++i) {
        writer_->settle(outcome(1, DeliveryOutcome::State::kDelivered));
        const auto got = due();
        ASSERT_EQ(got.queues.size(), 1U);
        ASSERT_EQ(got.queues[0].front().seq, 2U);
    }
}

TEST_F(DeliveryStoreTest, AFailedQueueIsDueWhenItsWaitIsOver) {
    open();
    for (uint64_t seq : {1, 2}) put(digit("c1", seq), "w1");
    flush();
    const int64_t later = unix_ms() + 60'000;
    writer_->settle(outcome(1, DeliveryOutcome::State::kPending, later));
    auto got = due(later - 1);
    EXPECT_TRUE(got.queues.empty());
    EXPECT_EQ(got.next_unix_ms, later);
    got = due(later);
    ASSERT_EQ(got.queues.size(), 1U);
    EXPECT_EQ(got.queues[0].front().seq, 1U);
    EXPECT_EQ(got.queues[0].front().attempts, 1);
}

TEST_F(DeliveryStoreTest, AParkedFactLetsTheNextOneThrough) {
    open();
    for (uint64_t seq : {1, 2}) put(digit("c1", seq), "w1");
    flush();
    writer_->settle(outcome(1, DeliveryOutcome::State::kParked));
    const auto got = due();
    ASSERT_EQ(got.queues.size(), 1U);
    EXPECT_EQ(got.queues[0].front().seq, 2U);
    EXPECT_EQ(text("SELECT state FROM webhook_deliveries WHERE seq = 1"), "parked");
}

TEST_F(DeliveryStoreTest, GivesAtMostAsManyQueuesAsAskedFor) {
    open();
    for (int i = 0; i < 20; ++i) put(digit("c" + std::to_string(i), 1), "w1");
    flush();
    EXPECT_EQ(due(unix_ms() + 1'000, 5).queues.size(), 5U);
}

TEST_F(DeliveryStoreTest, WhatIsDeliveredIsNotOpenedAgain) {
    open();
    put(digit("c1", 1), "w1");
    flush();
    writer_->settle(outcome(1, DeliveryOutcome::State::kDelivered));
    writer_->settle(outcome(1, DeliveryOutcome::State::kPending, 5));  // a second attempt at it, that failed
    flush();
    EXPECT_EQ(number("SELECT count(*) FROM webhook_deliveries WHERE state = 'delivered'"), 1);
    EXPECT_TRUE(due().queues.empty());
}

TEST_F(DeliveryStoreTest, WhatWaitsWithoutAQueueIsFoundAtTheNextStart) {
    open();
    put(digit("c1", 1), "w1");
    flush();
    writer_.reset();
    {
        auto session = open_writing_session(path_);
        ASSERT_TRUE(session.has_value());
        execute(**session, "DELETE FROM webhook_queues");
    }
    open();
    ASSERT_EQ(due().queues.size(), 1U);
}

TEST_F(DeliveryStoreTest, DeliveriesSurviveARestart) {
    open();
    put(digit("c1", 1), "w1");
    writer_.reset();
    open();
    EXPECT_EQ(due().queues.size(), 1U);
}

TEST_F(DeliveryStoreTest, TellsOfNewDeliveriesAfterTheyAreCommitted) {
    open();
    std::atomic<int> told{0};
    writer_->on_new_deliveries([&] { ++told; });
    put(digit("c1", 1));
    flush();
    EXPECT_EQ(told, 0);
    put(digit("c1", 2), "w1");
    flush();
    EXPECT_EQ(told, 1);
}

TEST_F(DeliveryStoreTest, ADetachedPumpHearsNothingMore) {
    open();
    std::atomic<bool> detached{false}, late{false};
    writer_->on_new_deliveries([&] {
        if (detached) late = true;
    });
    for (uint64_t seq = 1; seq <= 300; ++seq) {
        put(digit("c1", seq), "w1");
        writer_->load_due({{"w1", 8}}, unix_ms(), [&](const DueDeliveries&) {
            if (detached) late = true;
        });
    }
    writer_->on_new_deliveries(nullptr);
    detached = true;
    writer_->load_due({{"w1", 8}}, unix_ms(), [&](const DueDeliveries&) { late = true; });
    flush();
    EXPECT_FALSE(late);
    EXPECT_EQ(number("SELECT COUNT(*) FROM webhook_deliveries"), 300);
}

/// A pump on the test's own thread: what is posted runs in turn().
class PumpOnStoreTest : public DeliveryStoreTest {
  protected:
    ~PumpOnStoreTest() override { writer_.reset(); }  // the storage thread may still post

    DeliverySurroundings surroundings() {
        DeliverySurroundings around;
        around.post = [this](std::function<void()> task) {
            const std::lock_guard guard(mutex_);
            tasks_.push_back(std::move(task));
            there_.notify_one();
        };
        around.after = [](int64_t, const std::function<void()>&) {};
        around.now_unix_ms = [this] { return unix_ms() + skew_; };
        around.random = [] { return 0.0; };
        around.send = [this](WebhookPost post, std::function<void(int, std::string)> answer) {
            bodies_.push_back(post.body);
            answer(fail_first_-- > 0 ? 500 : 200, "");
        };
        around.sign = [](auto, auto, auto, auto) { return std::string("v1,x"); };
        return around;
    }
    bool turn_until(const std::function<bool()>& done) {
        const auto end = std::chrono::steady_clock::now() + kPatience;
        while (!done()) {
            std::unique_lock guard(mutex_);
            if (!there_.wait_until(guard, end, [this] { return !tasks_.empty(); })) return false;
            const auto task = std::move(tasks_.front());
            tasks_.pop_front();
            guard.unlock();
            task();
        }
        return true;
    }

    std::mutex mutex_;
    std::condition_variable there_;
    std::deque<std::function<void()>> tasks_;
    std::vector<std::string> bodies_;
    int fail_first_ = 0;
    int64_t skew_ = 0;
};

TEST_F(PumpOnStoreTest, DeliversEveryFactOfACallInOrder) {
    open();
    writer_->add_endpoint({"w1", "http://host/", "secret"});
    for (uint64_t seq = 1; seq <= 100; ++seq) put(digit("c1", seq), "w1");
    flush();
    DeliveryPump pump(writer_.get(), surroundings());
    pump.poke();
    ASSERT_TRUE(turn_until([&] { return bodies_.size() == 100; }));
    for (uint64_t seq = 1; seq <= 100; ++seq) EXPECT_EQ(bodies_[seq - 1], digit("c1", seq)->body);
    flush();
    EXPECT_EQ(number("SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'delivered'"), 100);
    EXPECT_EQ(number("SELECT COUNT(*) FROM webhook_queues"), 0);
}

TEST_F(PumpOnStoreTest, TriesAFailedOneAgainBeforeTheNext) {
    open();
    writer_->add_endpoint({"w1", "http://host/", ""});
    for (uint64_t seq : {1, 2}) put(digit("c1", seq), "w1");
    flush();
    fail_first_ = 1;
    DeliveryPump pump(writer_.get(), surroundings());
    pump.poke();
    ASSERT_TRUE(turn_until([&] { return pump.stats().failed_attempts == 1; }));
    skew_ = 2'000;  // the wait is over
    pump.poke();
    ASSERT_TRUE(turn_until([&] { return bodies_.size() == 3; }));
    EXPECT_EQ(bodies_, (std::vector<std::string>{digit("c1", 1)->body, digit("c1", 1)->body, digit("c1", 2)->body}));
}

}  // namespace
}  // namespace trunkline
