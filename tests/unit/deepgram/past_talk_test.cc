#include "elements/deepgram/past_talk.h"

#include <gtest/gtest.h>

namespace trunkline::deepgram {
namespace {

ConversationText said(std::string text) { return {Role::kUser, std::move(text), {}}; }

TEST(DeepgramPastTalk, TheOldestEntryGoesWhenThereAreTooMany) {
    PastTalk past;
    for (size_t i = 0; i < PastTalk::kMaxEntries + 5; ++i) past.add(said(std::to_string(i)));
    const auto entries = past.entries();
    ASSERT_EQ(entries.size(), PastTalk::kMaxEntries);
    EXPECT_EQ(std::get<ConversationText>(entries.front()).content, "5");
}

TEST(DeepgramPastTalk, TheBytesAreBoundedButTheLastEntryStays) {
    PastTalk past;
    past.add(said("first"));
    past.add(PastCall{{"f", "n", std::string(PastTalk::kMaxBytes, 'a'), true, {}}, "b"});
    const auto entries = past.entries();
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<PastCall>(entries.front()));
}

}  // namespace
}  // namespace trunkline::deepgram
