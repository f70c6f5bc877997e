// The storage thread: batches, flush, counters, many producers.
#include <thread>
#include <vector>

#include "engine/core/histogram.h"
#include "tests/unit/storage/fixture.h"

namespace trunkline {
namespace {

using WriterTest = StorageTest;

TEST_F(WriterTest, FlushMeansOnDisk) {
    open();
    for (uint64_t seq = 1; seq <= 1'000; ++seq) put(digit("c1", seq));
    flush();
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), 1'000);
    EXPECT_EQ(number("SELECT MAX(seq) FROM call_events"), 1'000);
}

TEST_F(WriterTest, WritesWithoutBeingAsked) {
    open();
    put(digit("c1", 1));
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (writer_->stats().rows == 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), 1);
}

TEST_F(WriterTest, CommitsManyRowsTogether) {
    open();
    for (uint64_t seq = 1; seq <= 2'000; ++seq) put(digit("c1", seq));
    flush();
    const StorageStats stats = writer_->stats();
    EXPECT_EQ(stats.rows, 2'000U);
    EXPECT_GE(stats.batches, 10U);
    EXPECT_LE(stats.batches, 200U);
    EXPECT_EQ(writer_->commit_ns().count(), stats.batches);
}

TEST_F(WriterTest, KeepsEveryFactOfManyThreads) {
    open();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([this, t] {
            const std::string call = "c" + std::to_string(t);
            for (uint64_t seq = 1; seq <= 1'000; ++seq)
                ASSERT_TRUE(writer_->put(FactRecord{digit(call, seq), true, ""}));
        });
    for (auto& thread : threads) thread.join();
    flush();
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), 4'000);
    EXPECT_EQ(number("SELECT COUNT(*) FROM (SELECT call_id FROM call_events GROUP BY call_id"
                     " HAVING COUNT(*) = 1000 AND MIN(seq) = 1 AND MAX(seq) = 1000)"),
              4);
}

TEST_F(WriterTest, StopWritesWhatIsLeftAndRefusesToFlushLater) {
    open();
    for (uint64_t seq = 1; seq <= 500; ++seq) put(digit("c1", seq));
    writer_->stop();
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), 500);
    EXPECT_FALSE(writer_->flush(std::chrono::milliseconds(1)));
}

TEST_F(WriterTest, WritesTheSameDatabaseAgainAfterAStop) {
    open();
    put(digit("c1", 1));
    writer_.reset();
    open();
    put(digit("c1", 1));
    put(digit("c1", 2));
    flush();
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), 2);
}

}  // namespace
}  // namespace trunkline
