// One fact for several sinks becomes one record, so that a crash cannot tear it from its deliveries.
#include "engine/call/call_outbox.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>

#include "engine/core/clock.h"
#include "engine/loop/shard.h"
#include "tests/support/recording_outbox.h"

namespace trunkline {
namespace {

struct CallOutboxTest : testing::Test {
    CallOutboxTest() { shard.start(); }
    ~CallOutboxTest() override { shard.stop(); }
    void on_shard(const std::function<void()>& work) {
        std::promise<void> done;
        ASSERT_TRUE(shard.post([&] {
            work();
            done.set_value();
        }));
        done.get_future().wait();
    }
    void put_fact(const FactPtr& fact, const std::string& webhook) {
        EXPECT_TRUE(outbox.put(FactRecord{fact, webhook.empty(), webhook}));
    }
    size_t records() const { return real.all<FactRecord>().size() + real.all<CallRow>().size(); }

    Shard shard{0};
    test::RecordingOutbox real;
    CallOutbox outbox{&shard, &real};
    FactNumberer facts{"c1", "hash", monotonic_ns()};
};

TEST_F(CallOutboxTest, AFactAndItsDeliveriesAreOneRecordOfTheNextTurn) {
    const FactPtr fact = facts.make("dtmf", "caller", 0, "");
    on_shard([&] {
        for (const char* webhook : {"", "w1", "w2"}) put_fact(fact, webhook);
        EXPECT_EQ(records(), 0U);
    });
    on_shard([] {});
    const auto all = real.all<FactRecord>();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].fact, fact);
    EXPECT_TRUE(all[0].to_database);
    EXPECT_EQ(all[0].webhook_id, "");
    EXPECT_EQ(all[0].more_webhooks, (std::vector<std::string>{"w1", "w2"}));
}

TEST_F(CallOutboxTest, TheNextFactSendsTheOneBeforeAndRowsKeepTheirPlace) {
    const FactPtr first = facts.make("dtmf", "caller", 0, ""), last = facts.make("call.ended", "call", 0, "");
    on_shard([&] {
        outbox.put(CallRow{});
        EXPECT_EQ(records(), 1U) << "nothing it could have to wait for";
        put_fact(first, "w1");
        put_fact(last, "");
        EXPECT_EQ(records(), 2U);
        outbox.put(CallRow{});
        put_fact(last, "w1");
        EXPECT_EQ(records(), 2U);
        outbox.flush();
        EXPECT_EQ(records(), 4U);
    });
    const auto all = real.all<FactRecord>();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].fact, first);
    EXPECT_FALSE(all[0].to_database);
    EXPECT_EQ(all[0].webhook_id, "w1");
    EXPECT_EQ(all[1].fact, last);
    EXPECT_EQ(all[1].more_webhooks, (std::vector<std::string>{"w1"}));
}

TEST_F(CallOutboxTest, WhatComesFromAnotherThreadIsPassedOn) {
    put_fact(facts.make("dtmf", "caller", 0, ""), "");
    EXPECT_EQ(records(), 1U);
}

TEST_F(CallOutboxTest, NothingIsLeftBehindAtItsEnd) {
    on_shard([&] {
        CallOutbox short_lived(&shard, &real);
        short_lived.put(FactRecord{facts.make("dtmf", "caller", 0, ""), true, ""});
    });
    on_shard([] {});
    EXPECT_EQ(records(), 1U);
}

}  // namespace
}  // namespace trunkline
