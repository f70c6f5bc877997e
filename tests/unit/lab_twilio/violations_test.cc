// Checklist line 40: every breach by the server is flagged with the carrier's code.
#include "tests/unit/lab_twilio/lab_call.h"

namespace trunkline::lab::test {
namespace {

class LabTwilioViolations : public LabCall {};

TEST_F(LabTwilioViolations, Line40_BinaryMessageIs31950OnceAndTheStreamLivesOn) {
    ring_and_start();
    socket->send_frame(0x82, "abc");
    socket->send_frame(0x82, "abc");
    socket->mark("alive");
    ASSERT_TRUE(socket->next("mark"));
    auto result = call->result();
    ASSERT_EQ(result.violations.size(), 1U);
    EXPECT_EQ(result.violations[0].code, kStreamUndecodable);
    EXPECT_TRUE(result.violations[0].warning);
    EXPECT_EQ(result.violations[0].repeats, 1);
}

TEST_F(LabTwilioViolations, Line40_BadMessageIs31951OnceAndTheStreamLivesOn) {
    ring_and_start();
    socket->send_text("nonsense");
    socket->send_text(R"({"event":"clear","streamSid":"MZother"})");
    socket->send_text(R"({"event":"mark","streamSid":")" + socket->stream_sid() + R"("})");
    socket->mark("alive");
    ASSERT_TRUE(socket->next("mark"));
    auto result = call->result();
    ASSERT_EQ(result.violations.size(), 1U);
    EXPECT_EQ(result.violations[0].code, kStreamInvalidMessage);
    EXPECT_EQ(result.violations[0].repeats, 2);
    EXPECT_EQ(result.stream().clears(), 0);
}

TEST_F(LabTwilioViolations, Line40_MessageBeforeStartIs31951) {
    options.faults.start_delay_ms = 200;
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    socket->send_text(R"({"event":"clear","streamSid":"MZ"})");
    EXPECT_TRUE(wait_violation(kStreamInvalidMessage));
}

TEST_F(LabTwilioViolations, Line40_FragmentedControlFrameIs31924AndEndsTheStream) {
    ring_and_start();
    socket->send_frame(0x09, "half");
    ASSERT_TRUE(wait_ended());
    auto result = call->result();
    ASSERT_NE(result.violation(kStreamProtocol), nullptr);
    EXPECT_FALSE(result.violation(kStreamProtocol)->warning);
    EXPECT_EQ(result.stream().end_reason, "protocol-error");
    EXPECT_TRUE(socket->ended());
    EXPECT_EQ(socket->close_code(), 1002);
}

TEST_F(LabTwilioViolations, Line40_MaskedServerFrameIs31924) {
    ring_and_start();
    socket->send_raw(std::string("\x81\x81\x00\x00\x00\x00x", 7));
    EXPECT_TRUE(wait_violation(kStreamProtocol));
}

TEST_F(LabTwilioViolations, Line40_AnythingOnAUnidirectionalStreamIs31924) {
    server.twiml("/voice",
                 R"(<Start><Stream url="wss://voice.example.com/m" track="both_tracks"/></Start><Pause length="30"/>)");
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    Json start = parsed(socket->next("start"));
    EXPECT_EQ(start["start"]["tracks"].size(), 2U);
    socket->clear();
    ASSERT_TRUE(wait_violation(kStreamProtocol));
    auto result = call->result();
    EXPECT_FALSE(result.streams.at(0).bidirectional);
    EXPECT_FALSE(result.ended) << "the call goes on without its unidirectional stream";
}

TEST_F(LabTwilioViolations, Line40_UnidirectionalStreamCarriesBothTracks) {
    server.twiml("/voice",
                 R"(<Start><Stream url="wss://voice.example.com/m" track="both_tracks"/></Start><Pause length="30"/>)");
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    ASSERT_TRUE(socket->next("start"));
    EXPECT_EQ(parsed(socket->next_text())["media"]["track"].text_or(""), "outbound");
    EXPECT_EQ(parsed(socket->next_text())["media"]["track"].text_or(""), "inbound");
}

TEST_F(LabTwilioViolations, Line40_TooLongAQueueIs31931Once) {
    options.max_queued_audio = 16000;
    ring_and_start();
    for (int i = 0; i < 3; ++i) socket->media(std::vector<uint8_t>(16000, 0x55));
    ASSERT_TRUE(wait([](const CallResult& c) { return c.stream().media_received == 3; }));
    auto result = call->result();
    ASSERT_EQ(result.violations.size(), 1U);
    EXPECT_EQ(result.violations[0].code, kStreamQueueFull);
    EXPECT_LE(result.stream().queued, 16000U);
}

TEST_F(LabTwilioViolations, Line40_SlowReaderIs31930AndLosesCallerAudio) {
    options.send_buffer = 4096;
    options.congestion_bytes = 2000;
    options.faults.payload_bytes = std::vector<int>(100, 64000);  // more than the sockets hold, at once
    options.faults.payload_bytes.resize(1000, 160);
    options.faults.coalesce = Coalesce::kBehindResponse;
    options.faults.coalesced_media = 100;
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    EXPECT_TRUE(wait_violation(kStreamCongestion)) << "the test server reads nothing";
    EXPECT_GT(call->result().stream().media_dropped, 0U);
}

TEST_F(LabTwilioViolations, Line40_OtherTrackUnderConnectIs31941AndNothingIsDialed) {
    server.twiml("/voice", R"(<Connect><Stream url="wss://voice.example.com/m" track="both_tracks"/></Connect>)");
    ring();
    ASSERT_TRUE(wait_ended());
    auto result = call->result();
    EXPECT_NE(result.violation(kStreamBadTrack), nullptr);
    EXPECT_EQ(server.count("/m"), 0U);
    EXPECT_TRUE(result.streams.empty());
}

TEST_F(LabTwilioViolations, PingIsAnswered) {
    ring_and_start();
    socket->send_frame(0x89, "are you there");
    ASSERT_TRUE(wait([](const CallResult& c) { return c.stream().pings == 1; }));
    socket->mark("behind");
    ASSERT_TRUE(socket->next("mark"));
    EXPECT_EQ(socket->pongs(), 1);
    EXPECT_TRUE(call->result().violations.empty());
}

}  // namespace
}  // namespace trunkline::lab::test
