// The media socket of a Twilio call: how it begins, what it ignores, and that it ends once, whatever way.
#include <gtest/gtest.h>

#include "twilio_rig.h"

namespace trunkline::test {
namespace {

TEST(TwilioSession, StartSaysWhatStreamItIs) {
    TwilioRig rig;
    rig.text(R"({"event":"connected","protocol":"Call","version":"1.0.0"})");
    rig.start();
    ASSERT_TRUE(rig.run([&] { return !rig.starts.empty(); }));
    EXPECT_EQ(rig.starts[0].stream_id, "MZ1");
    EXPECT_EQ(rig.starts[0].carrier_call_id, "CA1");
    EXPECT_EQ(rig.starts[0].encoding, "audio/x-mulaw");
    EXPECT_EQ(rig.starts[0].rate, 8000);
    EXPECT_EQ(rig.starts[0].params, (std::vector<std::pair<std::string, std::string>>{{"greeting", "hi"}}));
}

TEST(TwilioSession, Line6StartWithoutConnectedIsEnough) {
    TwilioRig rig;
    rig.start();
    EXPECT_TRUE(rig.run([&] { return rig.starts.size() == 1; }));
}

TEST(TwilioSession, Line6NoStartInTimeClosesWith1008) {
    TwilioRig rig({.start_timeout_ms = 20});
    rig.text(R"({"event":"connected"})");
    ASSERT_TRUE(rig.run([&] { return rig.heard_count("close:1008") == 1; }));
    ASSERT_EQ(rig.ends.size(), 1U);
    EXPECT_EQ(rig.ends[0].reason, "media-timeout");
    EXPECT_TRUE(rig.ends[0].failed);
}

TEST(TwilioSession, Line6AStartThatComesTooLateStartsNothing) {
    TwilioRig rig({.start_timeout_ms = 20});
    ASSERT_TRUE(rig.run([&] { return !rig.ends.empty(); }));
    rig.start();
    rig.turn();
    EXPECT_TRUE(rig.starts.empty());
}

TEST(TwilioSession, ABrokenStartClosesWith1008) {
    TwilioRig rig;
    rig.text(R"({"event":"start","streamSid":"MZ1","start":{"streamSid":"MZ1"}})");
    ASSERT_TRUE(rig.run([&] { return rig.heard_count("close:1008") == 1; }));
    ASSERT_EQ(rig.ends.size(), 1U);
    EXPECT_EQ(rig.ends[0].reason, "protocol-error");
    EXPECT_NE(rig.ends[0].detail.find("callSid"), std::string::npos);
}

TEST(TwilioSession, ASecondStartIsIgnored) {
    TwilioRig rig;
    rig.start();
    rig.start();
    rig.mark("x");
    ASSERT_TRUE(rig.run([&] { return !rig.starts.empty(); }));
    rig.turn();
    EXPECT_EQ(rig.starts.size(), 1U);
    EXPECT_TRUE(rig.ends.empty());
}

TEST(TwilioSession, GarbageAndBinaryCostTheirOwnMessageOnly) {
    TwilioRig rig;
    rig.go_live();
    rig.pair->write(frame(kBinary, std::string("\x00\x01", 2)));
    rig.text("not JSON");
    rig.text(R"({"event":"media","streamSid":"MZ1","media":{"payload":"*"}})");
    rig.text(R"({"event":"novelty","streamSid":"MZ1"})");
    rig.media();
    ASSERT_TRUE(rig.run([&] { return rig.session->stats().frames_in == 1; }));
    EXPECT_TRUE(rig.ends.empty());
    EXPECT_TRUE(rig.heard().empty());
}

TEST(TwilioSession, Line10TheOutboundTrackAndOtherStreamsAreNotTheCaller) {
    TwilioRig rig;
    rig.go_live();
    rig.media(TwilioRig::kAudio, "outbound");
    rig.text(R"({"event":"media","streamSid":"MZother","media":{"payload":"//////////8="}})");
    rig.media();
    ASSERT_TRUE(rig.run([&] { return rig.session->stats().frames_in > 0; }));
    EXPECT_EQ(rig.session->stats().frames_in, 1U);
    EXPECT_EQ(rig.session->stats().bytes_in, 8U);
}

TEST(TwilioSession, Line10AListenOnlyStreamIsSentNothing) {
    TwilioRig rig;
    rig.start(R"(["inbound","outbound"])");
    ASSERT_TRUE(rig.run([&] { return !rig.starts.empty(); }));
    rig.on_shard([&] {
        rig.session->begin();
        const uint8_t audio[] = {1, 2, 3};
        EXPECT_FALSE(rig.session->send_media(audio));
        EXPECT_FALSE(rig.session->send_mark("m"));
        EXPECT_FALSE(rig.session->send_clear());
    });
    rig.turn();
    EXPECT_TRUE(rig.heard().empty());
}

TEST(TwilioSession, NothingIsSentBeforeStart) {
    TwilioRig rig;
    rig.on_shard([&] {
        const uint8_t audio[] = {1, 2, 3};
        EXPECT_FALSE(rig.session->send_media(audio));
        EXPECT_FALSE(rig.session->send_clear());
    });
    EXPECT_TRUE(rig.heard().empty());
}

TEST(TwilioSession, Line11WritesExactlyTheKeysOfTheProtocol) {
    TwilioRig rig;
    rig.go_live();
    rig.on_shard([&] {
        const uint8_t audio[] = {0xff, 0xff, 0xff};
        EXPECT_TRUE(rig.session->send_media(audio));
        EXPECT_FALSE(rig.session->send_media({})) << "P20: never an empty payload";
        EXPECT_TRUE(rig.session->send_mark("m\"1"));
        EXPECT_TRUE(rig.session->send_clear());
    });
    ASSERT_TRUE(rig.run([&] { return rig.heard().size() == 3; }));
    EXPECT_EQ(rig.texts()[0], R"({"event":"media","streamSid":"MZ1","media":{"payload":"////"}})");
    EXPECT_EQ(rig.texts()[1], R"({"event":"mark","streamSid":"MZ1","mark":{"name":"m\"1"}})");
    EXPECT_EQ(rig.texts()[2], R"({"event":"clear","streamSid":"MZ1"})");
}

// P15, line 17: each way of ending is told once.

TEST(TwilioSession, P15StopThenCloseEndsOnce) {
    TwilioRig rig;
    rig.go_live();
    rig.text(R"({"event":"stop","streamSid":"MZ1"})");
    rig.pair->write(frame(kClose, close_payload(1000)));
    ASSERT_TRUE(rig.run([&] { return rig.heard_count("close:") == 1; }));
    ASSERT_EQ(rig.ends.size(), 1U);
    EXPECT_EQ(rig.ends[0].reason, "caller-hangup");
    EXPECT_EQ(rig.ends[0].who, "caller");
    EXPECT_FALSE(rig.ends[0].failed);
}

TEST(TwilioSession, P15CloseWithoutStopEndsOnce) {
    TwilioRig rig;
    rig.go_live();
    rig.pair->write(frame(kClose, close_payload(1001)));
    ASSERT_TRUE(rig.run([&] { return rig.heard_count("close:") == 1; }));
    ASSERT_EQ(rig.ends.size(), 1U);
    EXPECT_EQ(rig.ends[0].reason, "media-closed");
    EXPECT_FALSE(rig.ends[0].failed);
}

TEST(TwilioSession, P15ALostConnectionEndsOnceAsFailed) {
    TwilioRig rig;
    rig.go_live();
    rig.pair.reset();
    ASSERT_TRUE(rig.run([&] { return !rig.ends.empty(); }));
    rig.turn();
    ASSERT_EQ(rig.ends.size(), 1U);
    EXPECT_EQ(rig.ends[0].reason, "media-lost");
    EXPECT_TRUE(rig.ends[0].failed);
}

TEST(TwilioSession, P15SilenceBeyondTheWatchdogEndsOnce) {
    TwilioRig rig({.media_timeout_ms = 30});
    rig.go_live();
    ASSERT_TRUE(rig.run([&] { return rig.heard_count("close:1008") == 1; }));
    rig.pair->write(frame(kClose, close_payload(1008)));
    rig.turn();
    ASSERT_EQ(rig.ends.size(), 1U);
    EXPECT_EQ(rig.ends[0].reason, "media-timeout");
}

TEST(TwilioSession, ABrokenFrameEndsOnceAsAProtocolError) {
    TwilioRig rig;
    rig.go_live();
    rig.pair->write(frame(kText, "unmasked", {.masked = false}));
    ASSERT_TRUE(rig.run([&] { return !rig.ends.empty(); }));
    rig.turn();
    ASSERT_EQ(rig.ends.size(), 1U);
    EXPECT_EQ(rig.ends[0].reason, "protocol-error");
}

TEST(TwilioSession, ClosedByUsTellsWhenTheSocketIsGoneAndNothingElse) {
    TwilioRig rig;
    rig.go_live();
    int closed = 0;
    rig.on_shard([&] { rig.session->close(1000, "bye", [&] { ++closed; }); });
    ASSERT_TRUE(rig.run([&] { return rig.heard_count("close:1000") == 1; }));
    EXPECT_EQ(closed, 0) << "the other side has not answered";
    rig.pair->write(frame(kClose, close_payload(1000)));
    EXPECT_TRUE(rig.run([&] { return closed == 1; }));
    EXPECT_TRUE(rig.ends.empty());
}

TEST(TwilioSession, ClosedByUsAfterTheSocketIsGoneStillTellsSo) {
    TwilioRig rig;
    rig.go_live();
    rig.pair.reset();
    ASSERT_TRUE(rig.run([&] { return !rig.ends.empty(); }));
    int closed = 0;
    rig.on_shard([&] { rig.session->close(1011, "", [&] { ++closed; }); });
    EXPECT_TRUE(rig.run([&] { return closed == 1; }));
}

TEST(TwilioSession, ClosedByUsIsOverEvenWhenTheOtherSideNeverAnswers) {
    TwilioRig rig;
    rig.go_live();
    int closed = 0;
    rig.on_shard([&] { rig.session->close(1000, "bye", [&] { ++closed; }); });
    EXPECT_TRUE(rig.run([&] { return closed == 1; }));
}

}  // namespace
}  // namespace trunkline::test
