// When a shard rests and when it does not.
#include "engine/loop/pace.h"

#include <glib.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/loop/shard.h"

namespace trunkline {
namespace {

constexpr int64_t kWindow = 500'000;

/// Turns at equal distances with so many events each; whether the pace rests after the last one.
bool rests_after(Pace& pace, int64_t& now, int64_t distance, size_t events, int turns) {
    for (int i = 0; i < turns; ++i) pace.turned(now += distance, events, false);
    return pace.resting();
}

TEST(Pace, AQuietShardHandlesEachEventAtOnce) {
    Pace pace(kWindow);
    int64_t now = 1'000'000'000;
    EXPECT_FALSE(rests_after(pace, now, 20'000'000, 1, 50));  // one call
    EXPECT_FALSE(rests_after(pace, now, kWindow, 1, 50));
}

TEST(Pace, ABusyShardRestsForOneWindow) {
    Pace pace(kWindow);
    int64_t now = 1'000'000'000;
    ASSERT_TRUE(rests_after(pace, now, 100'000, 1, 200));
    EXPECT_EQ(pace.next_ns(), now + kWindow);
}

TEST(Pace, IsTakenBackWhenTheLoadGoes) {
    Pace pace(kWindow);
    int64_t now = 1'000'000'000;
    ASSERT_TRUE(rests_after(pace, now, kWindow, 5, 40));
    EXPECT_FALSE(rests_after(pace, now, kWindow, 0, 2 * Pace::kSpanWindows));
}

TEST(Pace, ATurnThatStoppedAtItsLimitIsFollowedAtOnce) {
    Pace pace(kWindow);
    int64_t now = 1'000'000'000;
    ASSERT_TRUE(rests_after(pace, now, kWindow, 64, 40));
    pace.turned(now, 64, true);
    EXPECT_FALSE(pace.resting());
}

TEST(Pace, WindowZeroNeverRests) {
    Pace pace(0);
    int64_t now = 1'000'000'000;
    EXPECT_FALSE(rests_after(pace, now, 1'000, 64, 200));
}

TEST(Pace, AShardThatRestsStillRunsTimersPostsAndGLib) {
    Shard shard(0, std::chrono::microseconds(500));
    shard.start();
    std::atomic<bool> stop{false};
    std::atomic<int> timers{0}, posts{0}, idles{0};
    std::thread load([&] {  // a busy shard: posts as fast as they are taken
        while (!stop) {
            shard.post([&] { ++posts; });
            std::this_thread::yield();
        }
    });
    std::function<void()> again = [&] {
        ++timers;
        if (!stop) shard.after(std::chrono::milliseconds(1), again);
    };
    shard.post([&] {
        again();
        GSource* idle = g_idle_source_new();
        g_source_set_callback(
            idle, [](gpointer count) -> gboolean { return ++*static_cast<std::atomic<int>*>(count) < 5; }, &idles,
            nullptr);
        g_source_attach(idle, shard.context());
        g_source_unref(idle);
    });
    while (timers < 20 || posts < 1000 || idles < 5) std::this_thread::yield();
    stop = true;
    load.join();
    shard.stop();
    SUCCEED();
}

}  // namespace
}  // namespace trunkline
