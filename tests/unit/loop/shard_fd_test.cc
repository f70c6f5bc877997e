// File descriptors on a shard: handlers may remove and destroy each other while their events wait in the same batch.
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <vector>

#include "engine/loop/shard.h"

namespace trunkline {
namespace {

constexpr std::chrono::milliseconds kPatience{10'000};

class Handler : public FdHandler {
  public:
    explicit Handler(std::function<void(uint32_t)> fn = {}) : fn_(std::move(fn)) {}
    void on_fd(uint32_t events) override {
        ++calls;
        if (fn_) fn_(events);
    }
    int calls = 0;

  private:
    std::function<void(uint32_t)> fn_;
};

int ready_fd() { return eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC); }  // readable from the start

void run_a_while(Shard& shard) {
    bool end = false;
    shard.after(std::chrono::milliseconds(5), [&] { end = true; });
    ASSERT_TRUE(shard.run_until([&] { return end; }, kPatience));
}

TEST(ShardFd, TellsWhatIsReady) {
    Shard shard(0);
    uint32_t seen = 0;
    const int fd = ready_fd();
    Handler handler([&](uint32_t events) {
        seen = events;
        shard.unwatch(fd);
    });
    shard.watch(fd, EPOLLIN, &handler);
    ASSERT_TRUE(shard.run_until([&] { return seen != 0; }, kPatience));
    EXPECT_EQ(seen, static_cast<uint32_t>(EPOLLIN));
    run_a_while(shard);
    EXPECT_EQ(handler.calls, 1);
    close(fd);
}

TEST(ShardFd, AHandlerMayDestroyAllOthersOfItsBatch) {
    Shard shard(0);
    constexpr int kCount = 10;
    std::vector<std::unique_ptr<Handler>> handlers;
    std::vector<int> fds;
    int calls = 0;
    for (int i = 0; i < kCount; ++i) {
        fds.push_back(ready_fd());
        handlers.push_back(std::make_unique<Handler>([&, i](uint32_t) {
            ++calls;
            for (int k = 0; k < kCount; ++k) {
                shard.unwatch(fds[static_cast<size_t>(k)]);
                if (k != i) handlers[static_cast<size_t>(k)].reset();
            }
        }));
        shard.watch(fds.back(), EPOLLIN, handlers.back().get());
    }
    ASSERT_TRUE(shard.run_until([&] { return calls > 0; }, kPatience));
    run_a_while(shard);
    EXPECT_EQ(calls, 1);
    for (const int fd : fds) close(fd);
}

TEST(ShardFd, AStaleEventDoesNotReachTheNextOwnerOfTheNumber) {
    Shard shard(0);
    const int first = ready_fd();
    int second = ready_fd();
    Handler fresh;
    int swaps = 0;
    const auto swap_other = [&](int mine, int* other) {
        if (swaps++ > 0) return;
        shard.unwatch(mine);
        shard.unwatch(*other);
        const int old = *other;
        close(old);
        const int quiet = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);  // not readable
        if (quiet != old) {                                        // force the number, whatever the kernel gave out
            dup2(quiet, old);
            close(quiet);
        }
        shard.watch(old, EPOLLIN, &fresh);
    };
    int first_var = first;
    Handler a([&](uint32_t) { swap_other(first, &second); });
    Handler b([&](uint32_t) { swap_other(second, &first_var); });
    shard.watch(first, EPOLLIN, &a);
    shard.watch(second, EPOLLIN, &b);
    ASSERT_TRUE(shard.run_until([&] { return swaps > 0; }, kPatience));
    run_a_while(shard);
    EXPECT_EQ(swaps, 1);
    EXPECT_EQ(fresh.calls, 0);
    shard.unwatch(first);
    shard.unwatch(second);
    close(first);
    close(second);
}

TEST(ShardFd, ModifyChangesEventsAndHandler) {
    Shard shard(0);
    const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    Handler reader;
    Handler writer([&](uint32_t) { shard.unwatch(fd); });
    shard.watch(fd, EPOLLIN, &reader);
    shard.modify(fd, EPOLLOUT, &writer);
    ASSERT_TRUE(shard.run_until([&] { return writer.calls > 0; }, kPatience));
    EXPECT_EQ(reader.calls, 0);
    close(fd);
}

TEST(ShardFd, ManyReadySocketsDoNotStarveTimersAndPosts) {
    Shard shard(0);
    std::vector<int> fds;
    Handler busy;  // never reads: always ready
    for (int i = 0; i < 200; ++i) {
        fds.push_back(ready_fd());
        shard.watch(fds.back(), EPOLLIN, &busy);
    }
    bool timer = false, post = false;
    shard.after(std::chrono::milliseconds(2), [&] { timer = true; });
    shard.post([&] { post = true; });
    EXPECT_TRUE(shard.run_until([&] { return timer && post; }, kPatience));
    EXPECT_GT(busy.calls, 200);
    for (const int fd : fds) {
        shard.unwatch(fd);
        close(fd);
    }
}

}  // namespace
}  // namespace trunkline
