// The wheel alone, without a clock.
#include "engine/loop/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace trunkline {
namespace {

TEST(TimerWheel, FiresInOrderOfDeadlinesThenOfAdding) {
    TimerWheel wheel;
    std::vector<int> fired;
    wheel.add(20, [&] { fired.push_back(3); });
    wheel.add(10, [&] { fired.push_back(1); });
    wheel.add(10, [&] { fired.push_back(2); });
    wheel.add(10'000, [&] { fired.push_back(4); });
    wheel.advance(20'000);
    EXPECT_EQ(fired, (std::vector<int>{1, 2, 3, 4}));
    EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimerWheel, FiresOnceAndNotBeforeItsTick) {
    TimerWheel wheel;
    int fired = 0;
    wheel.add(100, [&] { ++fired; });
    wheel.advance(99);
    EXPECT_EQ(fired, 0);
    wheel.advance(100);
    wheel.advance(100'000);
    EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, LeavesTimersOfLaterTurnsInTheirSlot) {
    TimerWheel wheel;
    int fired = 0;
    wheel.add(5 + 4096 * 3, [&] { ++fired; });
    wheel.advance(5 + 4096 * 3 - 1);
    EXPECT_EQ(fired, 0);
    wheel.advance(5 + 4096 * 3);
    EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, ATimerMayCancelAnotherOfTheSameTick) {
    TimerWheel wheel;
    bool second = false;
    TimerWheel::Id other = 0;
    wheel.add(5, [&] { wheel.cancel(other); });
    other = wheel.add(5, [&] { second = true; });
    wheel.advance(10);
    EXPECT_FALSE(second);
    EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimerWheel, CancellingInsideTheOwnTaskIsHarmless) {
    TimerWheel wheel;
    TimerWheel::Id self = 0;
    int fired = 0;
    self = wheel.add(5, [&] {
        ++fired;
        wheel.cancel(self);
    });
    wheel.advance(10);
    EXPECT_EQ(fired, 1);
    EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimerWheel, AnOldIdDoesNotCancelItsSuccessor) {
    TimerWheel wheel;
    bool fired = false;
    const auto old = wheel.add(5, [] {});
    wheel.cancel(old);
    wheel.add(5, [&] { fired = true; });  // takes the place of the old one
    wheel.cancel(old);
    wheel.advance(5);
    EXPECT_TRUE(fired);
}

TEST(TimerWheel, ATimerAddedInATaskWaitsForALaterTick) {
    TimerWheel wheel;
    std::vector<int64_t> at;
    wheel.add(5, [&] { wheel.add(0, [&] { at.push_back(wheel.now()); }); });
    wheel.advance(5);
    EXPECT_TRUE(at.empty());
    wheel.advance(6);
    EXPECT_EQ(at, std::vector<int64_t>{6});
}

TEST(TimerWheel, NextTickIsNeverLate) {
    TimerWheel wheel;
    EXPECT_EQ(wheel.next_tick(), std::nullopt);
    wheel.advance(4000);
    wheel.add(4000 + 200, [] {});  // beyond the wrap of the slots
    EXPECT_EQ(wheel.next_tick(), 4200);
    wheel.add(4050, [] {});
    EXPECT_EQ(wheel.next_tick(), 4050);
}

TEST(TimerWheel, MatchesASortedListUnderRandomUse) {
    std::mt19937 random(11);
    TimerWheel wheel;
    std::vector<std::pair<int64_t, int>> expected;
    std::vector<std::pair<int64_t, int>> fired;
    for (int i = 0; i < 5'000; ++i) {
        const auto tick = static_cast<int64_t>(1 + random() % 20'000);
        const auto id = wheel.add(tick, [&fired, &wheel, i] { fired.emplace_back(wheel.now(), i); });
        if (random() % 3 == 0) {
            wheel.cancel(id);
        } else {
            expected.emplace_back(tick, i);
        }
    }
    std::stable_sort(expected.begin(), expected.end(), [](auto& a, auto& b) { return a.first < b.first; });
    for (int64_t now = 0; now <= 20'000; now += static_cast<int64_t>(random() % 300)) wheel.advance(now);
    wheel.advance(20'000);
    EXPECT_EQ(fired, expected);
}

}  // namespace
}  // namespace trunkline
