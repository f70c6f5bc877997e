// Facts: numbers without gaps, and a body that is JSON whatever the values.
#include "engine/events/fact.h"

#include <gtest/gtest.h>

#include "engine/core/clock.h"
#include "engine/core/json.h"

namespace trunkline {
namespace {

TEST(FactNumberer, NumbersWithoutGapsFromOne) {
    FactNumberer facts("call_1", "hash", monotonic_ns());
    for (uint64_t i = 1; i <= 100; ++i) EXPECT_EQ(facts.make("dtmf", "caller", 0, "\"digit\":\"1\"")->seq, i);
    EXPECT_EQ(facts.last_seq(), 100U);
}

TEST(FactNumberer, StampsTheCommonFields) {
    FactNumberer facts("call_1", "hash", monotonic_ns() - 5'000'000'000);
    const FactPtr fact = facts.make("transcript", "agent", 3, "\"role\":\"user\",\"text\":\"hi\"");
    const auto body = Json::parse(fact->body);
    ASSERT_TRUE(body.has_value()) << fact->body;
    EXPECT_EQ((*body)["type"].text_or(""), "transcript");
    EXPECT_EQ((*body)["call_id"].text_or(""), "call_1");
    EXPECT_EQ((*body)["seq"].int_or(0), 1);
    EXPECT_EQ((*body)["node"].text_or(""), "agent");
    EXPECT_EQ((*body)["turn"].int_or(0), 3);
    EXPECT_EQ((*body)["graph_hash"].text_or(""), "hash");
    EXPECT_EQ((*body)["time"].text_or(""), rfc3339(fact->unix_ms));
    EXPECT_EQ((*body)["t_ms"].int_or(0), fact->t_ms);
    EXPECT_EQ((*body)["text"].text_or(""), "hi");
    EXPECT_GE(fact->t_ms, 5'000);
}

TEST(FactNumberer, WritesNullForNoTurnAndNeedsNoFields) {
    FactNumberer facts("c", "h", monotonic_ns());
    const auto body = Json::parse(facts.make("user.speech_started", "agent", 0, "")->body);
    ASSERT_TRUE(body.has_value());
    EXPECT_TRUE((*body)["turn"].is_null());
    EXPECT_EQ(body->size(), 8U);
}

TEST(FactNumberer, EscapesNamesFromOutside) {
    FactNumberer facts("c\"1", "h\n", monotonic_ns());
    const auto body = Json::parse(facts.make("error", "no\"de\xFF", 0, "")->body);
    ASSERT_TRUE(body.has_value());
    EXPECT_EQ((*body)["call_id"].text_or(""), "c\"1");
}

}  // namespace
}  // namespace trunkline
