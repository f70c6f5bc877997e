// The media socket of a Vonage call: how it begins, what it tolerates, and that it ends once, whatever way.
#include <gtest/gtest.h>

#include "vonage_rig.h"

namespace trunkline::test {
namespace {

using Params = std::vector<std::pair<std::string, std::string>>;

TEST(VonageSession, Line25TheFirstTextSaysWhatStreamItIs) {
    VonageRig rig;
    rig.text(
        R"(  {"event":"websocket:connected","content-type":"audio/l16;rate=24000","leg":"leg-1","greeting":"hi"})");
    ASSERT_TRUE(rig.run([&] { return !rig.starts.empty(); }));
    EXPECT_EQ(rig.starts[0].carrier_call_id, "leg-1");
    EXPECT_EQ(rig.starts[0].encoding, "audio/l16");
    EXPECT_EQ(rig.starts[0].rate, 24'000);
    EXPECT_EQ(rig.starts[0].params, (Params{{"greeting", "hi"}}));
    EXPECT_TRUE(rig.starts[0].params_mixed) << "Vonage may add fields of its own";
    EXPECT_EQ(rig.session->format().frame, 960U);
}

TEST(VonageSession, Line25AnUnknownRateClosesTheSocket) {
    VonageRig rig;
    rig.connected(44'100);
    ASSERT_TRUE(rig.run([&] { return rig.heard_count("close:1008") == 1; }));
    ASSERT_EQ(rig.ends.size(), 1U);
    EXPECT_EQ(rig.ends[0].reason, "protocol-error");
    EXPECT_NE(rig.ends[0].detail.find("content-type"), std::string::npos);
    EXPECT_TRUE(rig.starts.empty());
}

TEST(VonageSession, NoFirstTextInTimeCloses) {
    VonageRig rig({.start_timeout_ms = 20});
    rig.binary(std::string(640, '\0'));
    ASSERT_TRUE(rig.run([&] { return rig.heard_count("close:1008") == 1; }));
    ASSERT_EQ(rig.ends.size(), 1U);
    EXPECT_EQ(rig.ends[0].reason, "media-timeout");
}

TEST(VonageSession, ASecondConnectedIsIgnored) {
    VonageRig rig;
    rig.go_live(16'000);
    rig.connected(8'000);
    rig.binary(std::string(640, '\1'));
    ASSERT_TRUE(rig.run([&] { return rig.session->stats().frames_in == 1; }));
    EXPECT_EQ(rig.starts.size(), 1U);
    EXPECT_EQ(rig.session->format().rate, 16'000);
}

TEST(VonageSession, Line26BinaryBeforeConnectedIsKeptAndBounded) {
    VonageRig rig;
    for (int i = 0; i < 200; ++i) {
        rig.binary(std::string(640, static_cast<char>(i)));
        if (i % 20 == 19) rig.turn();  // the socket pair holds only so much
    }
    rig.connected();
    ASSERT_TRUE(rig.run([&] { return !rig.starts.empty(); }));
    EXPECT_EQ(rig.session->stats().bytes_in, 48'000U) << "a second and a half, not all there ever was";
    EXPECT_TRUE(rig.ends.empty());
}

TEST(VonageSession, GarbageCostsItsOwnMessageOnly) {
    VonageRig rig;
    rig.go_live();
    rig.text("not JSON");
    rig.text(R"({"event":"websocket:weather","sky":["grey",null,{"deep":true}]})");
    rig.text(R"({"event":"websocket:dtmf","digit":"55"})");
    rig.binary("");
    rig.binary("x");
    rig.binary(std::string(640, '\1'));
    ASSERT_TRUE(rig.run([&] { return rig.session->stats().frames_in == 1; }));
    EXPECT_EQ(rig.session->stats().bytes_in, 640U);
    EXPECT_TRUE(rig.ends.empty());
    EXPECT_TRUE(rig.heard().empty());
}

TEST(VonageSession, NothingIsSentBeforeConnected) {
    VonageRig rig;
    rig.on_shard([&] {
        EXPECT_FALSE(rig.session->send_media(std::vector<uint8_t>(640, 1)));
        EXPECT_FALSE(rig.session->send_mark("m"));
        EXPECT_FALSE(rig.session->send_clear());
    });
    rig.turn();
    EXPECT_TRUE(rig.heard().empty());
}

TEST(VonageSession, Line28NothingButOneWholeFrameIsEverSent) {
    for (const int rate : {8'000, 16'000, 24'000}) {
        VonageRig rig;
        rig.go_live(rate);
        const auto frame = static_cast<size_t>(rate / 50 * 2);
        rig.on_shard([&] {
            for (const size_t size : {size_t{0}, size_t{1}, size_t{160}, frame - 1, frame + 1, 2 * frame})
                EXPECT_FALSE(rig.session->send_media(std::vector<uint8_t>(size, 1))) << size;
            EXPECT_TRUE(rig.session->send_media(std::vector<uint8_t>(frame, 1)));
        });
        ASSERT_TRUE(rig.run([&] { return rig.heard_count("audio:") == 1; }));
        EXPECT_EQ(rig.heard().back(), "audio:" + std::to_string(frame));
    }
}

TEST(VonageSession, Line30WritesExactlyWhatTheProtocolKnows) {
    VonageRig rig;
    rig.go_live();
    rig.on_shard([&] {
        EXPECT_TRUE(rig.session->send_mark("r1.1:3"));
        EXPECT_TRUE(rig.session->send_clear());
    });
    ASSERT_TRUE(rig.run([&] { return rig.heard().size() == 2; }));
    EXPECT_EQ(rig.texts()[0], R"({"action":"notify","payload":{"id":"r1.1:3"}})");
    EXPECT_EQ(rig.texts()[1], R"({"action":"clear"})");
}

TEST(VonageSession, Line32AMutedLegIsNoDeadOne) {
    VonageRig rig({.media_timeout_ms = 30});
    rig.connected();
    rig.text(R"({"event":"websocket:media:update","method":"update","active":false})");
    ASSERT_TRUE(rig.run([&] { return !rig.starts.empty(); }));
    rig.on_shard([&] { rig.session->begin(); });
    const int64_t begin = g_get_monotonic_time();
    rig.run([&] { return g_get_monotonic_time() > begin + 150'000; });
    EXPECT_TRUE(rig.ends.empty());
    rig.text(R"({"event":"websocket:media:update","method":"update","active":true})");
    EXPECT_TRUE(rig.run([&] { return !rig.ends.empty(); })) << "from now on media is to be expected again";
    EXPECT_EQ(rig.ends[0].reason, "media-timeout");
}

// P15 of the other carrier holds here too: each way of ending is told once.

TEST(VonageSession, P15ACloseEndsOnce) {
    VonageRig rig;
    rig.go_live();
    rig.pair->write(frame(kClose, close_payload(1000)));
    ASSERT_TRUE(rig.run([&] { return rig.heard_count("close:") == 1; }));
    ASSERT_EQ(rig.ends.size(), 1U);
    EXPECT_EQ(rig.ends[0].reason, "media-closed");
    EXPECT_FALSE(rig.ends[0].failed);
}

TEST(VonageSession, P15P25ALostConnectionEndsOnceAsFailed) {
    VonageRig rig;
    rig.go_live();
    rig.pair.reset();
    ASSERT_TRUE(rig.run([&] { return !rig.ends.empty(); }));
    rig.turn();
    ASSERT_EQ(rig.ends.size(), 1U);
    EXPECT_EQ(rig.ends[0].reason, "media-lost");
    EXPECT_TRUE(rig.ends[0].failed);
}

TEST(VonageSession, P15SilenceBeyondTheWatchdogEndsOnce) {
    VonageRig rig({.media_timeout_ms = 30});
    rig.go_live();
    ASSERT_TRUE(rig.run([&] { return rig.heard_count("close:1008") == 1; }));
    rig.pair->write(frame(kClose, close_payload(1008)));
    rig.turn();
    ASSERT_EQ(rig.ends.size(), 1U);
    EXPECT_EQ(rig.ends[0].reason, "media-timeout");
}

TEST(VonageSession, ClosedByUsTellsWhenTheSocketIsGoneAndNothingElse) {
    VonageRig rig;
    rig.go_live();
    int closed = 0;
    rig.on_shard([&] { rig.session->close(1000, "bye", [&] { ++closed; }); });
    ASSERT_TRUE(rig.run([&] { return rig.heard_count("close:1000") == 1; }));
    rig.pair->write(frame(kClose, close_payload(1000)));
    EXPECT_TRUE(rig.run([&] { return closed == 1; }));
    EXPECT_TRUE(rig.ends.empty());
}

}  // namespace
}  // namespace trunkline::test
