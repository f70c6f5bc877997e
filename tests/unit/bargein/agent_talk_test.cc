// What the agent says and how much of it was heard.
#include "elements/bargein/agent_talk.h"

#include <gtest/gtest.h>

namespace trunkline::bargein {
namespace {

constexpr int64_t kMs = 1'000'000;

gst::Playback report(gst::Playback::State state, uint64_t epoch, int64_t at_ms = 0) {
    gst::Playback p;
    p.state = state;
    p.epoch = epoch;
    p.at_ns = at_ms * kMs;
    return p;
}

TEST(AgentTalk, P2IsAtTheEarUntilAllThatWasHandedOutHasBeenHeard) {
    AgentTalk talk;
    EXPECT_FALSE(talk.at_ear(0));
    talk.reply_start(1, 1'000 * kMs);
    talk.audio(10'000 * kMs, 1'000 * kMs);
    talk.reply_end();
    EXPECT_TRUE(talk.at_ear(10'900 * kMs)) << "generation ended long ago";
    EXPECT_FALSE(talk.at_ear(11'100 * kMs));
}

TEST(AgentTalk, TheLinesReportsWinOverTheClock) {
    AgentTalk talk;
    talk.reply_start(1, 0);
    talk.audio(1'000 * kMs, 0);
    talk.reply_end();
    talk.on_playback(report(gst::Playback::State::kFirstSent, 1, 5));
    EXPECT_EQ(talk.started_ns(), 5 * kMs);
    EXPECT_TRUE(talk.at_ear(1'500 * kMs)) << "the carrier is late: it has not said that it was heard";
    talk.on_playback(report(gst::Playback::State::kFinished, 1));
    EXPECT_FALSE(talk.at_ear(1'500 * kMs));
}

TEST(AgentTalk, AReplyThatIsNeverReportedDoesNotStayForEver) {
    AgentTalk talk;
    talk.on_playback(report(gst::Playback::State::kFinished, 0));
    talk.reply_start(1, 0);
    talk.audio(1'000 * kMs, 0);
    EXPECT_FALSE(talk.at_ear(60'000 * kMs));
}

TEST(AgentTalk, OnlyTheFirstReplyIsTheGreeting) {
    AgentTalk talk;
    talk.reply_start(1, 0);
    EXPECT_TRUE(talk.greeting());
    talk.reply_start(2, 0);
    EXPECT_TRUE(talk.greeting()) << "it is still at the ear";
    talk.on_playback(report(gst::Playback::State::kFinished, 1));
    EXPECT_FALSE(talk.greeting());
}

TEST(AgentTalk, ProtectionIsOfWholeReplies) {
    AgentTalk talk;
    talk.reply_start(1, 0);
    talk.protect(true);
    EXPECT_TRUE(talk.is_protected());
    talk.protect(false);
    EXPECT_TRUE(talk.is_protected()) << "the reply holds protected words";
    talk.reply_start(2, 0);
    EXPECT_TRUE(talk.is_protected()) << "the first one is still being heard";
    talk.on_playback(report(gst::Playback::State::kFinished, 1));
    EXPECT_FALSE(talk.is_protected());
}

TEST(AgentTalk, P5TheWordsHeardAreThoseOfTheAudioPlayed) {
    AgentTalk talk;
    talk.text("one two three four five");  // before its audio
    talk.reply_start(7, 0);
    talk.audio(5'000 * kMs, 0);
    talk.text("six seven");
    talk.audio(2'000 * kMs, 0);
    EXPECT_EQ(talk.heard_text(7, 0), "");
    EXPECT_EQ(talk.heard_text(7, 2'500), "one two");
    EXPECT_EQ(talk.heard_text(7, 5'000), "one two three four five");
    EXPECT_EQ(talk.heard_text(7, 6'500), "one two three four five six");
    EXPECT_EQ(talk.heard_text(7, 99'000), "one two three four five six seven");
    EXPECT_EQ(talk.heard_text(8, 1'000), "");
    talk.cancel(0);
    EXPECT_EQ(talk.heard_text(7, 2'500), "one two") << "asked after the decision";
}

TEST(AgentTalk, WordsWithoutAudioWereNotHeard) {
    AgentTalk talk;
    talk.reply_start(1, 0);
    talk.text("never said");
    EXPECT_EQ(talk.heard_text(1, 1'000), "");
}

TEST(AgentTalk, TextIsBounded) {
    AgentTalk talk;
    talk.reply_start(1, 0);
    for (int i = 0; i < 1'000; ++i) talk.text(std::string(1'000, 'x'));
    talk.audio(1'000 * kMs, 0);
    EXPECT_LE(talk.heard_text(1, 1'000).size(), size_t{66'000});
}

TEST(AgentTalk, RepliesThatNobodyReportsAreBounded) {
    AgentTalk talk;
    for (uint64_t i = 1; i <= 1'000; ++i) talk.reply_start(i, 0);
    talk.cancel(0);
    EXPECT_FALSE(talk.at_ear(-1));
}

TEST(SpokenPart, EndsBehindAWholeWord) {
    EXPECT_EQ(spoken_part("hello world", 0.4), "");
    EXPECT_EQ(spoken_part("hello world", 0.46), "hello");
    EXPECT_EQ(spoken_part("hello world", 0.99), "hello");
    EXPECT_EQ(spoken_part("hello world", 1), "hello world");
    EXPECT_EQ(spoken_part("", 0.5), "");
    EXPECT_EQ(spoken_part("grüß dich", 0.3), "");
}

}  // namespace
}  // namespace trunkline::bargein
