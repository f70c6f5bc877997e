// Which facts go first when there is no room for all.
#include "engine/events/outbox.h"

#include <gtest/gtest.h>

#include "engine/core/json.h"

namespace trunkline {
namespace {

std::string transcript(std::string_view text, bool final) {
    JsonWriter w;
    w.begin_object().field("role", "user").field("text", text).field("final", final).end();
    return w.text().substr(1, w.text().size() - 2);
}

TEST(FactWeight, WhatWasSaidForGoodAndTheLifeOfTheCallAreEssential) {
    EXPECT_EQ(fact_weight("transcript", transcript("hello", true)), FactWeight::kEssential);
    for (const char* type : {"call.created", "call.answered", "call.ended", "tool.call", "tool.result"})
        EXPECT_EQ(fact_weight(type, ""), FactWeight::kEssential) << type;
    for (const char* type : {"dtmf", "media.started", "emotion", "turn.latency", "error"})
        EXPECT_EQ(fact_weight(type, ""), FactWeight::kOrdinary) << type;
}

TEST(FactWeight, ATranscriptThatALaterOneReplacesIsNot) {
    EXPECT_EQ(fact_weight("transcript", transcript("hel", false)), FactWeight::kInterim);
    EXPECT_EQ(fact_weight("transcript", transcript(R"(he said "final":false)", true)), FactWeight::kEssential)
        << "the field, not the words";
}

}  // namespace
}  // namespace trunkline
