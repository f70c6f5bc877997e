// The way into a shard: order per thread, nothing accepted is lost, closed refuses.
#include "engine/loop/post_queue.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace trunkline {
namespace {

TEST(PostQueue, AsksToWakeOnlyForTheFirstTask) {
    PostQueue queue;
    EXPECT_EQ(queue.push([] {}), PostQueue::Push::kWake);
    EXPECT_EQ(queue.push([] {}), PostQueue::Push::kQueued);
    EXPECT_EQ(queue.take().size(), 2U);
    EXPECT_EQ(queue.push([] {}), PostQueue::Push::kWake);
}

TEST(PostQueue, RefusesOnceClosed) {
    PostQueue queue;
    queue.push([] {});
    EXPECT_EQ(queue.close().size(), 1U);
    EXPECT_EQ(queue.push([] {}), PostQueue::Push::kRefused);
    EXPECT_TRUE(queue.close().empty());
}

TEST(PostQueue, EveryAcceptedTaskComesOutOnceWhileItCloses) {
    PostQueue queue;
    std::atomic<int> accepted{0};
    int ran = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            while (queue.push([&ran] { ++ran; }) != PostQueue::Push::kRefused) ++accepted;
        });
    for (int i = 0; i < 200; ++i)
        for (auto& task : queue.take()) task();
    for (auto& task : queue.close()) task();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(ran, accepted.load());
}

}  // namespace
}  // namespace trunkline
