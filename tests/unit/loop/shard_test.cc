// The shard's rules: where tasks run, in which order, and that none is lost.
#include "engine/loop/shard.h"

#include <glib.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/histogram.h"
#include "engine/loop/shard_pool.h"

namespace trunkline {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kPatience{10'000};

TEST(Shard, RunsPostedTasksOnItsThreadWithItsContext) {
    Shard shard(3);
    shard.start();
    std::atomic<bool> right{false}, done{false};
    EXPECT_TRUE(shard.post([&] {
        right =
            Shard::current() == &shard && shard.on_shard() && g_main_context_get_thread_default() == shard.context();
        done = true;
    }));
    shard.stop();
    EXPECT_TRUE(done && right);
    EXPECT_EQ(Shard::current(), nullptr);
    EXPECT_EQ(shard.index(), 3);
}

TEST(Shard, KeepsTheOrderOfEachPostingThread) {
    Shard shard(0);
    shard.start();
    std::vector<std::pair<int, int>> seen;  // touched on the shard only
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&shard, &seen, t] {
            for (int i = 0; i < 2'000; ++i) shard.post([&seen, t, i] { seen.emplace_back(t, i); });
        });
    for (auto& thread : threads) thread.join();
    shard.stop();
    ASSERT_EQ(seen.size(), 8'000U);
    std::vector<int> next(4, 0);
    for (const auto& [t, i] : seen) ASSERT_EQ(i, next[static_cast<size_t>(t)]++);
}

TEST(Shard, RefusesPostsOnceStopped) {
    Shard shard(0);
    shard.start();
    shard.stop();
    EXPECT_FALSE(shard.post([] {}));
}

TEST(Shard, StopRunsDeferredTasksToo) {
    Shard shard(0);
    shard.start();
    bool ran = false;
    shard.post([&] { shard.defer([&] { shard.defer([&] { ran = true; }); }); });
    shard.stop();
    EXPECT_TRUE(ran);
}

TEST(Shard, DefersToTheNextTurn) {
    Shard shard(0);
    std::vector<int> order;
    shard.post([&] {
        shard.defer([&] {
            order.push_back(3);
            shard.defer([&] { order.push_back(4); });
        });
        order.push_back(1);
    });
    shard.post([&] { order.push_back(2); });
    ASSERT_TRUE(shard.run_until([&] { return order.size() == 4; }, kPatience));
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
}

TEST(Shard, DefersFromForeignSourcesOfItsContext) {
    Shard shard(0);
    bool ran = false;
    GSource* idle = g_idle_source_new();
    struct Ctx {
        Shard* shard;
        bool* ran;
    } ctx{&shard, &ran};
    g_source_set_callback(
        idle,
        [](gpointer data) -> gboolean {
            auto* c = static_cast<Ctx*>(data);
            c->shard->after(milliseconds(1), [c] { c->shard->defer([c] { *c->ran = true; }); });
            return G_SOURCE_REMOVE;
        },
        &ctx, nullptr);
    g_source_attach(idle, shard.context());
    g_source_unref(idle);
    EXPECT_TRUE(shard.run_until([&] { return ran; }, kPatience));
}

TEST(Shard, FiresTimersInOrderAndOnce) {
    Shard shard(0);
    std::vector<int> fired;
    shard.after(milliseconds(12), [&] { fired.push_back(3); });
    shard.after(milliseconds(2), [&] { fired.push_back(1); });
    shard.after(milliseconds(6), [&] { fired.push_back(2); });
    bool late = false;
    shard.after(milliseconds(30), [&] { late = true; });
    ASSERT_TRUE(shard.run_until([&] { return late; }, kPatience));
    EXPECT_EQ(fired, (std::vector<int>{1, 2, 3}));
}

TEST(Shard, NeverFiresATimerEarly) {
    Shard shard(0);
    const int64_t begin = monotonic_ns();
    int64_t fired = 0;
    shard.after(milliseconds(7), [&] { fired = monotonic_ns(); });
    ASSERT_TRUE(shard.run_until([&] { return fired != 0; }, kPatience));
    EXPECT_GE(fired - begin, 7'000'000);
}

TEST(Shard, CancelledTimersStaySilent) {
    Shard shard(0);
    bool fired = false, end = false;
    const TimerId timer = shard.after(milliseconds(5), [&] { fired = true; });
    shard.after(milliseconds(2), [&] { shard.cancel(timer); });
    shard.after(milliseconds(15), [&] { end = true; });
    ASSERT_TRUE(shard.run_until([&] { return end; }, kPatience));
    EXPECT_FALSE(fired);
    shard.cancel(0);
    shard.cancel(timer);
}

TEST(Shard, ATimerAddedEarlierThanTheArmedOneWakesInTime) {
    Shard shard(0);
    bool soon = false, late = false;
    shard.after(milliseconds(60'000), [&] { late = true; });
    shard.after(milliseconds(1), [&] { shard.after(milliseconds(1), [&] { soon = true; }); });
    EXPECT_TRUE(shard.run_until([&] { return soon; }, kPatience));
    EXPECT_FALSE(late);
}

TEST(Shard, RunUntilGivesUpAtItsDeadline) {
    Shard shard(0);
    EXPECT_FALSE(shard.run_until([] { return false; }, milliseconds(5)));
}

TEST(Shard, RecordsHowLateTimersFire) {
    Shard shard(0);
    bool done = false;
    shard.after(milliseconds(1), [] {
        const int64_t until = monotonic_ns() + 20'000'000;
        while (monotonic_ns() < until) {
        }
    });
    shard.after(milliseconds(3), [&] { done = true; });
    ASSERT_TRUE(shard.run_until([&] { return done; }, kPatience));
    EXPECT_GE(shard.loop_lag().count(), 2U);
    EXPECT_GE(shard.loop_lag().max(), 15'000'000);
}

TEST(Shard, CountsItsWakeups) {
    Shard shard(0);
    bool ran = false;
    shard.post([&] { ran = true; });
    ASSERT_TRUE(shard.run_until([&] { return ran; }, kPatience));
    EXPECT_GE(shard.wakeups(), 1U);
}

TEST(ShardDeathTest, UseFromAnotherThreadAborts) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            Shard shard(0);
            shard.start();
            shard.after(milliseconds(1), [] {});
        },
        "another thread");
}

TEST(ShardDeathTest, AssertOnShardAbortsElsewhere) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    Shard shard(0);
    EXPECT_DEATH(assert_on_shard(&shard), "off its shard");
}

TEST(ShardPool, RunsOnEveryShardAndWaits) {
    ShardPool pool(3);
    ASSERT_EQ(pool.size(), 3U);
    std::atomic<int> sum{0};
    pool.run_on_each([&](Shard* shard) {
        assert_on_shard(shard);
        sum += 1 + shard->index();
    });
    EXPECT_EQ(sum, 6);
    pool.stop();
    pool.run_on_each([&](Shard*) { sum = -1; });
    EXPECT_EQ(sum, 6);
}

TEST(ShardPool, TakesOneShardPerCoreByDefault) {
    const ShardPool pool(0);
    EXPECT_GE(pool.size(), 1U);
}

}  // namespace
}  // namespace trunkline
