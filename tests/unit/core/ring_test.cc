// The bounded ring: order per producer, nothing lost, nothing twice, full refuses.
#include "engine/core/ring.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace trunkline {
namespace {

TEST(MpscRing, GivesBackInOrder) {
    MpscRing<int> ring(4);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(ring.try_push(int{i}));
    int got = -1;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(ring.try_pop(got));
        EXPECT_EQ(got, i);
    }
    EXPECT_FALSE(ring.try_pop(got));
}

TEST(MpscRing, RefusesWhenFullAndLeavesTheValueAlone) {
    MpscRing<std::unique_ptr<int>> ring(2);
    ASSERT_EQ(ring.capacity(), 2U);
    ASSERT_TRUE(ring.try_push(std::make_unique<int>(1)));
    ASSERT_TRUE(ring.try_push(std::make_unique<int>(2)));
    auto third = std::make_unique<int>(3);
    EXPECT_FALSE(ring.try_push(std::move(third)));
    ASSERT_NE(third, nullptr);
    EXPECT_EQ(ring.size(), 2U);
    std::unique_ptr<int> out;
    ASSERT_TRUE(ring.try_pop(out));
    EXPECT_TRUE(ring.try_push(std::move(third)));
}

TEST(MpscRing, LetsGoOfWhatWasPopped) {
    MpscRing<std::shared_ptr<int>> ring(2);
    auto value = std::make_shared<int>(1);
    ASSERT_TRUE(ring.try_push(std::shared_ptr<int>(value)));
    std::shared_ptr<int> out;
    ASSERT_TRUE(ring.try_pop(out));
    out.reset();
    EXPECT_EQ(value.use_count(), 1);
}

TEST(MpscRing, KeepsEveryProducersOrderUnderContention) {
    constexpr int kProducers = 4, kEach = 20'000;
    MpscRing<std::pair<int, int>> ring(64);
    std::vector<std::thread> producers;
    for (int p = 0; p < kProducers; ++p)
        producers.emplace_back([&ring, p] {
            for (int i = 0; i < kEach; ++i)
                while (!ring.try_push({p, i})) std::this_thread::yield();
        });
    std::vector<int> next(kProducers, 0);
    bool in_order = true;
    for (int seen = 0; seen < kProducers * kEach;) {
        std::pair<int, int> item;
        if (!ring.try_pop(item)) {
            std::this_thread::yield();
            continue;
        }
        in_order = in_order && item.second == next[static_cast<size_t>(item.first)]++;
        ++seen;
    }
    for (auto& producer : producers) producer.join();
    EXPECT_TRUE(in_order);
    EXPECT_EQ(ring.size(), 0U);
}

}  // namespace
}  // namespace trunkline
