// What goes first when the queue before the storage thread fills, and what never goes.
#include "engine/storage/record_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace trunkline {
namespace {

constexpr size_t kCapacity = 1'024;

Record fact_record(const std::string& type) {
    auto fact = std::make_shared<Fact>();
    fact->type = type;
    return FactRecord{std::move(fact), true, ""};
}

struct RecordQueueTest : testing::Test {
    void fill(size_t records) {
        while (queue.size() < records) ASSERT_TRUE(queue.put(fact_record("dtmf")));
    }
    RecordQueue queue{kCapacity};
};

TEST_F(RecordQueueTest, FactsAreLeftOutByTheirWeightAndCounted) {
    const struct {
        size_t filled;
        bool calls, interim, ordinary, essential;
    } cases[] = {
        {819, true, true, true, true},     // 79.98 %
        {820, false, false, true, true},   // 80.1 %
        {871, false, false, false, true},  // 85.1 %
        {922, false, false, false, false}  // 90.04 %
    };
    for (const auto& c : cases) {
        fill(c.filled);
        EXPECT_EQ(queue.takes_new_calls(), c.calls) << c.filled;
        EXPECT_EQ(queue.has_room(FactWeight::kInterim), c.interim) << c.filled;
        EXPECT_EQ(queue.has_room(FactWeight::kOrdinary), c.ordinary) << c.filled;
        EXPECT_EQ(queue.has_room(FactWeight::kEssential), c.essential) << c.filled;
    }
    EXPECT_EQ(queue.left_out(FactWeight::kInterim), 3U);
    EXPECT_EQ(queue.left_out(FactWeight::kOrdinary), 2U);
    EXPECT_EQ(queue.left_out(FactWeight::kEssential), 1U);
    EXPECT_EQ(queue.refused(), 0U);
}

TEST_F(RecordQueueTest, HowACallEndedIsKeptBesideAFullRing) {
    fill(kCapacity);
    EXPECT_FALSE(queue.put(fact_record("dtmf")));
    EXPECT_EQ(queue.refused(), 1U);
    SessionRow session;
    session.stopped_unix_ms = 5;
    CallRow row;
    EXPECT_FALSE(queue.put(row)) << "this call goes on";
    row.ended_unix_ms = 5;
    EXPECT_TRUE(queue.put(session));
    EXPECT_TRUE(queue.put(fact_record("call.ended")));
    EXPECT_TRUE(queue.put(row));
    EXPECT_EQ(queue.aside(), 3U);
    EXPECT_EQ(queue.refused(), 2U);
    const auto aside = queue.take_aside();
    ASSERT_EQ(aside.size(), 3U);
    EXPECT_TRUE(std::holds_alternative<SessionRow>(aside[0]));
    EXPECT_EQ(std::get<FactRecord>(aside[1]).fact->type, "call.ended");
    EXPECT_TRUE(std::holds_alternative<CallRow>(aside[2]));
    EXPECT_EQ(queue.aside(), 0U);
    EXPECT_TRUE(queue.take_aside().empty());
}

TEST_F(RecordQueueTest, WhatFollowsAnEndThatIsKeptAsideStaysBehindIt) {
    fill(kCapacity);
    ASSERT_TRUE(queue.put(fact_record("call.ended")));
    Record popped;
    ASSERT_TRUE(queue.try_pop(popped));  // there is room again, before the call's row comes
    CallRow row;
    row.ended_unix_ms = 5;
    ASSERT_TRUE(queue.put(row));
    while (queue.try_pop(popped)) EXPECT_FALSE(std::holds_alternative<CallRow>(popped)) << "a closed row, and no end";
    const auto aside = queue.take_aside();
    ASSERT_EQ(aside.size(), 2U);
    EXPECT_TRUE(std::holds_alternative<FactRecord>(aside[0]));
    EXPECT_TRUE(std::holds_alternative<CallRow>(aside[1]));
}

TEST_F(RecordQueueTest, WhatIsKeptAsideIsBoundedToo) {
    fill(kCapacity);
    for (size_t i = 0; i < kCapacity / 4; ++i) EXPECT_TRUE(queue.put(fact_record("call.ended")));
    EXPECT_FALSE(queue.put(fact_record("call.ended")));
    EXPECT_EQ(queue.refused(), 1U);
}

}  // namespace
}  // namespace trunkline
