// The arithmetic of a turn: where the time between the caller's last word and the answer went.
#include "engine/events/turn_clock.h"

#include <gtest/gtest.h>

#include "engine/core/json.h"

namespace trunkline {
namespace {

constexpr int64_t kMs = 1'000'000;

/// One answered turn that begins at `base`: 2 ms to the backend, 300 endpointing, 400 thinking, 1 in the graph, 3 to
/// the socket, 60 at the carrier.
uint64_t turn(TurnClock& clock, int64_t base) {
    clock.user_speech(base - 500 * kMs);
    clock.caller_frame(base, base + 2 * kMs, true);
    clock.caller_frame(base + 20 * kMs, base + 21 * kMs, false);
    clock.user_done(base + 302 * kMs);
    const uint64_t epoch = clock.reply_audio(base + 702 * kMs);
    clock.reply_on_line(epoch, base + 703 * kMs, base + 706 * kMs, 0);
    clock.reply_on_line(epoch, 0, 0, base + 766 * kMs);
    return epoch;
}

Json report(TurnClock& clock, uint64_t epoch) {
    const auto fields = clock.take_report(epoch);
    EXPECT_TRUE(fields);
    auto doc = Json::parse("{" + fields.value_or("") + "}");
    EXPECT_TRUE(doc) << doc.error().message;
    return *doc;
}

TEST(TurnClock, EachPartIsMeasuredBetweenItsTwoMoments) {
    TurnClock clock;
    const Json r = report(clock, turn(clock, 5'000 * kMs));
    EXPECT_EQ(r["engine_in_ms"].number_or(-1), 2);
    EXPECT_EQ(r["endpointing_ms"].number_or(-1), 300);
    EXPECT_EQ(r["thinking_ms"].number_or(-1), 400);
    EXPECT_EQ(r["engine_graph_ms"].number_or(-1), 1);
    EXPECT_EQ(r["engine_out_ms"].number_or(-1), 3);
    EXPECT_EQ(r["carrier_ms"].number_or(-1), 60);
}

TEST(TurnClock, TheSumsAddUp) {
    TurnClock clock;
    const Json r = report(clock, turn(clock, 5'000 * kMs));
    EXPECT_EQ(r["engine_ms"].number_or(-1), 6);
    EXPECT_EQ(r["backend_ms"].number_or(-1), 700);
    EXPECT_EQ(r["voice_to_voice_ms"].number_or(-1), 706);
    EXPECT_EQ(r["unexplained_ms"].number_or(-1), 0);
}

TEST(TurnClock, MicrosecondsAreKept) {
    TurnClock clock;
    clock.user_speech(1);
    clock.caller_frame(1'000, 5'499, true);
    clock.user_done(10'000);
    const uint64_t epoch = clock.reply_audio(20'000);
    clock.reply_on_line(epoch, 21'000, 22'000, 0);
    EXPECT_DOUBLE_EQ(report(clock, epoch)["engine_in_ms"].number_or(-1), 0.004);
}

TEST(TurnClock, AGreetingHasNoVoiceToVoice) {
    TurnClock clock;
    const uint64_t epoch = clock.reply_audio(100 * kMs);
    clock.reply_on_line(epoch, 101 * kMs, 103 * kMs, 0);
    EXPECT_EQ(clock.turn(), 1U);
    const Json r = report(clock, epoch);
    for (const char* unknown : {"voice_to_voice_ms", "backend_ms", "engine_in_ms", "endpointing_ms", "thinking_ms",
                                "unexplained_ms", "carrier_ms"}) {
        EXPECT_TRUE(r[unknown].is_null()) << unknown;
    }
    EXPECT_EQ(r["engine_ms"].number_or(-1), 3);
}

TEST(TurnClock, AReplyIsReportedOnce) {
    TurnClock clock;
    const uint64_t epoch = turn(clock, 5'000 * kMs);
    EXPECT_TRUE(clock.take_report(epoch));
    EXPECT_FALSE(clock.take_report(epoch));
}

TEST(TurnClock, NothingIsReportedOfRepliesThatAreNotUnderWay) {
    TurnClock clock;
    EXPECT_FALSE(clock.take_report(0));
    const uint64_t first = turn(clock, 5'000 * kMs);
    const uint64_t second = turn(clock, 9'000 * kMs);
    EXPECT_FALSE(clock.take_report(first));
    EXPECT_FALSE(clock.take_report(second + 1));
    EXPECT_TRUE(clock.take_report(second));
}

TEST(TurnClock, LateNewsOfAnOldReplyDoNotTouchTheNewOne) {
    TurnClock clock;
    const uint64_t first = turn(clock, 5'000 * kMs);
    const uint64_t second = turn(clock, 9'000 * kMs);
    clock.reply_on_line(first, 1, 1, 1);
    EXPECT_EQ(report(clock, second)["voice_to_voice_ms"].number_or(-1), 706);
}

TEST(TurnClock, ASecondReplyInOneTurnIsMeasuredFromItsOwnFirstAudio) {
    TurnClock clock;
    turn(clock, 5'000 * kMs);
    const uint64_t second = clock.reply_audio(8'000 * kMs);
    clock.reply_on_line(second, 8'001 * kMs, 8'002 * kMs, 0);
    EXPECT_EQ(clock.turn(), 1U);
    const Json r = report(clock, second);
    EXPECT_TRUE(r["voice_to_voice_ms"].is_null());
    EXPECT_EQ(r["engine_ms"].number_or(-1), 2);
}

TEST(TurnClock, ATurnBeginsWhenTheCallerSpeaksAfterAReply) {
    TurnClock clock;
    EXPECT_EQ(clock.turn(), 0U);
    clock.user_speech(kMs);
    clock.user_speech(2 * kMs);
    EXPECT_EQ(clock.turn(), 1U) << "he only went on speaking";
    clock.reply_audio(3 * kMs);
    EXPECT_EQ(clock.turn(), 1U);
    clock.user_speech(4 * kMs);
    EXPECT_EQ(clock.turn(), 2U);
}

TEST(TurnClock, ATurnAlsoBeginsWithWhatTheCallerSaidWhenNobodyHeardHimBegin) {
    TurnClock clock;
    clock.reply_audio(kMs);
    clock.user_done(2 * kMs);
    EXPECT_EQ(clock.turn(), 2U);
}

TEST(TurnClock, ActivityIsVoiceOfEitherSide) {
    TurnClock clock;
    EXPECT_EQ(clock.last_activity_ns(), 0);
    clock.caller_frame(1, 2 * kMs, false);
    EXPECT_EQ(clock.last_activity_ns(), 0) << "silence is none";
    clock.caller_frame(1, 3 * kMs, true);
    EXPECT_EQ(clock.last_activity_ns(), 3 * kMs);
    clock.reply_audio(4 * kMs);
    EXPECT_EQ(clock.last_activity_ns(), 4 * kMs);
}

}  // namespace
}  // namespace trunkline
