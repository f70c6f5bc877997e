// A database that does not take rows: nothing is lost, new calls are refused, and the reason is said.
#include <atomic>
#include <fstream>
#include <thread>

#include "engine/core/json.h"
#include "tests/unit/storage/fixture.h"

namespace trunkline {
namespace {

class TroubleTest : public StorageTest {
  protected:
    /// Another process's transaction that does not end.
    void lock() {
        auto session = open_writing_session(path_);
        ASSERT_TRUE(session.has_value());
        other_ = *session;
        execute(*other_, "BEGIN IMMEDIATE");
    }
    void unlock() {
        execute(*other_, "ROLLBACK");
        other_.reset();
    }
    void wait_for_a_retry() {
        const auto end = std::chrono::steady_clock::now() + kPatience;
        while (writer_->stats().retries == 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
        ASSERT_GT(writer_->stats().retries, 0U);
    }
    std::vector<Json> dead_letters() const {
        std::ifstream file(path_ + ".refused.jsonl");
        std::vector<Json> all;
        for (std::string line; std::getline(file, line);) all.push_back(Json::parse(line).value_or(Json()));
        return all;
    }
    SessionPtr other_;
};

TEST_F(TroubleTest, ADatabaseThatIsLockedAtTheStartIsWaitedFor) {
    open();
    writer_->put(call_row("c1"));  // stays open: the next start has to write
    writer_.reset();
    auto other = open_writing_session(path_);
    ASSERT_TRUE(other);
    wait_briefly(**other);
    lock();
    std::atomic<bool> starting = false;
    std::thread backup([&] {
        starting.wait(false);
        // Who waits only as long as statements do later on has given up twice by now.
        for (int i = 0; i < 2; ++i) EXPECT_THROW(execute(**other, "BEGIN IMMEDIATE"), std::exception);
        unlock();
    });
    starting = true;
    starting.notify_one();
    open();
    backup.join();
    ASSERT_TRUE(writer_);
    EXPECT_EQ(writer_->stats().recovered_calls, 1U);
}

TEST_F(TroubleTest, ALockedDatabaseKeepsRecordsUntilItIsFree) {
    open();
    lock();
    for (uint64_t seq = 1; seq <= 300; ++seq) put(digit("c1", seq));
    wait_for_a_retry();
    EXPECT_FALSE(writer_->flush(std::chrono::milliseconds(1)));
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), 0);
    unlock();
    flush();
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), 300);
}

TEST_F(TroubleTest, AFullRingRefusesAndCountsAndNewCallsAreNotTaken) {
    open(64);
    lock();
    uint64_t seq = 0;
    std::string why;
    EXPECT_TRUE(writer_->accepts_new_calls(&why));
    put(digit("c1", ++seq));
    wait_for_a_retry();
    while (writer_->put(FactRecord{digit("c1", seq + 1), true, ""})) ++seq;
    EXPECT_GE(seq, 64U);
    EXPECT_GE(writer_->stats().refused, 1U);
    EXPECT_FALSE(writer_->accepts_new_calls(&why));
    EXPECT_NE(why.find("64 of 64"), std::string::npos) << why;
    EXPECT_NE(why.find(path_), std::string::npos) << why;
    unlock();
    flush();
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), static_cast<int64_t>(seq));
    EXPECT_TRUE(writer_->accepts_new_calls(&why));
}

TEST_F(TroubleTest, HowACallEndedIsStoredThoughTheRingWasFull) {
    open(64);
    lock();
    uint64_t seq = 0;
    put(digit("c1", ++seq));
    wait_for_a_retry();
    writer_->put(call_row("c1"));
    while (writer_->put(FactRecord{digit("c1", seq + 1), true, ""})) ++seq;
    EXPECT_FALSE(writer_->has_room(FactWeight::kEssential));
    EXPECT_EQ(writer_->stats().left_out[2], 1U);
    EXPECT_TRUE(writer_->stats().in_trouble);
    put(fact("c1", ++seq, "call.ended", R"("status":"completed","reason":"hangup")"));
    CallRow row = call_row("c1");
    row.status = "completed";
    row.ended_unix_ms = 5;
    EXPECT_TRUE(writer_->put(row));
    EXPECT_EQ(writer_->stats().aside, 2U);
    unlock();
    flush();
    EXPECT_EQ(text("SELECT status FROM calls WHERE ended_at IS NOT NULL"), "completed");
    EXPECT_EQ(text("SELECT type FROM call_events ORDER BY seq DESC LIMIT 1"), "call.ended");
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), static_cast<int64_t>(seq));
    EXPECT_EQ(writer_->stats().aside, 0U);
    EXPECT_FALSE(writer_->stats().in_trouble);
}

TEST_F(TroubleTest, WhatIsNotOnDiskAtTheEndGoesIntoAFile) {
    open();
    lock();
    for (uint64_t seq = 1; seq <= 5; ++seq) put(digit("c1", seq));
    writer_->put(call_row("c1"));
    writer_->stop(std::chrono::milliseconds(10));
    const auto letters = dead_letters();
    ASSERT_EQ(letters.size(), 6U);
    EXPECT_EQ(letters[4]["body"]["seq"].int_or(0), 5);
    EXPECT_EQ(letters[5]["table"].text_or(""), "calls");
    EXPECT_EQ(writer_->stats().dead_letters, 6U);
    unlock();
}

TEST_F(TroubleTest, ARowThatCanNeverGoInDoesNotHoldUpTheOthers) {
    open();
    execute(
        **open_writing_session(path_),
        "CREATE TRIGGER no_nines BEFORE INSERT ON call_events WHEN NEW.seq = 9 BEGIN SELECT RAISE(ABORT, 'no'); END");
    for (uint64_t seq = 1; seq <= 20; ++seq) put(digit("c1", seq));
    flush();
    EXPECT_EQ(number("SELECT COUNT(*) FROM call_events"), 19);
    const auto letters = dead_letters();
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0]["body"]["seq"].int_or(0), 9);
    EXPECT_EQ(writer_->stats().rows, 19U);
}

}  // namespace
}  // namespace trunkline
