// The `events` list of a webhook: which facts it lets through.
#include "elements/webhook/event_filter.h"

#include <gtest/gtest.h>

namespace trunkline::webhook {
namespace {

TEST(EventFilter, EmptyWantsEverything) {
    EXPECT_TRUE(EventFilter().wants("transcript"));
    EXPECT_TRUE(EventFilter("").wants("call.ended"));
    EXPECT_TRUE(EventFilter(" , ,").wants("call.ended"));
}

TEST(EventFilter, ANameWantsThatTypeAlone) {
    const EventFilter filter("transcript");
    EXPECT_TRUE(filter.wants("transcript"));
    EXPECT_FALSE(filter.wants("transcript.more"));
    EXPECT_FALSE(filter.wants("transcrip"));
    EXPECT_FALSE(filter.wants(""));
}

TEST(EventFilter, AFamilyWantsItsMembersNotItsNameAlone) {
    const EventFilter filter("call.*");
    EXPECT_TRUE(filter.wants("call.ended"));
    EXPECT_TRUE(filter.wants("call.created"));
    EXPECT_FALSE(filter.wants("call"));
    EXPECT_FALSE(filter.wants("callback.made"));
    EXPECT_FALSE(filter.wants("tool.call"));
}

TEST(EventFilter, AListWantsEachOfItsItemsWhateverTheSpaces) {
    const EventFilter filter("  call.* ,transcript,  bargein ");
    EXPECT_TRUE(filter.wants("call.answered"));
    EXPECT_TRUE(filter.wants("transcript"));
    EXPECT_TRUE(filter.wants("bargein"));
    EXPECT_FALSE(filter.wants("dtmf"));
}

TEST(EventFilter, AStarWantsEverything) { EXPECT_TRUE(EventFilter("transcript,*").wants("dtmf")); }

}  // namespace
}  // namespace trunkline::webhook
