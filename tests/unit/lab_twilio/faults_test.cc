// Checklist line 42: the fault modes.
#include "engine/core/base64.h"
#include "tests/unit/lab_twilio/lab_call.h"

namespace trunkline::lab::test {
namespace {

class LabTwilioFaults : public LabCall {};

TEST_F(LabTwilioFaults, Line42_CloseWithoutStop) {
    ring_and_start();
    call->hang_up(HangUp::kCloseWithoutStop);
    EXPECT_FALSE(socket->next("stop"));
    EXPECT_EQ(socket->close_code(), 1000);
}

TEST_F(LabTwilioFaults, Line42_DropWithoutCloseFrame) {
    ring_and_start();
    call->hang_up(HangUp::kDrop);
    EXPECT_TRUE(socket->ended());
    EXPECT_EQ(socket->close_code(), 0);
    EXPECT_FALSE(socket->was_reset());
}

TEST_F(LabTwilioFaults, Line42_TcpReset) {
    ring_and_start();
    call->hang_up(HangUp::kReset);
    EXPECT_TRUE(socket->ended());
    EXPECT_TRUE(socket->was_reset());
    EXPECT_EQ(socket->close_code(), 0);
}

TEST_F(LabTwilioFaults, Line42_HalfOpenAnswersNothingUntilTheCallIsDropped) {
    ring_and_start();
    call->hang_up(HangUp::kHalfOpen);
    ASSERT_TRUE(wait_ended());
    socket->send_frame(0x89, "anybody?");
    socket->mark("m");
    call->with_driver([](auto&) {});  // its thread has been round at least once more
    EXPECT_EQ(call->result().stream().pings, 0);
    EXPECT_TRUE(call->result().stream().marks.empty());
    call.reset();
    EXPECT_TRUE(socket->ended());
    EXPECT_EQ(socket->pongs(), 0);
    EXPECT_EQ(socket->close_code(), 0);
}

TEST_F(LabTwilioFaults, Line42_StartDelayed) {
    options.faults.start_delay_ms = 250;
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    ASSERT_TRUE(socket->next("start"));
    ASSERT_TRUE(wait([](const CallResult& c) { return c.stream().started; }));
    auto result = call->result();
    EXPECT_GE(result.stream().started_ms - result.stream().opened_ms, 250);
}

TEST_F(LabTwilioFaults, Line42_StartAndMediaBehindTheRequestInOneSegment) {
    options.faults.coalesce = Coalesce::kBehindRequest;
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    EXPECT_NE(socket->first_bytes(), "") << "the frames came apart from the request";
    EXPECT_EQ(parsed(socket->next_text())["event"].text_or(""), "connected");
    EXPECT_EQ(parsed(socket->next_text())["event"].text_or(""), "start");
    for (int i = 0; i < 60; ++i)
        EXPECT_EQ(parsed(socket->next_text())["sequenceNumber"].text_or(""), std::to_string(i + 2));
    socket->mark("m");
    EXPECT_TRUE(socket->next("mark"));
}

TEST_F(LabTwilioFaults, Line42_StartAndMediaBehindTheResponse) {
    options.faults.coalesce = Coalesce::kBehindResponse;
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    EXPECT_EQ(parsed(socket->next_text())["event"].text_or(""), "connected");
    EXPECT_EQ(parsed(socket->next_text())["event"].text_or(""), "start");
    for (int i = 0; i < 60; ++i)
        EXPECT_EQ(parsed(socket->next_text())["sequenceNumber"].text_or(""), std::to_string(i + 2));
}

TEST_F(LabTwilioFaults, Line42_MarksDelayedAcrossAClear) {
    options.faults.cleared_mark_delay_ms = 300;
    ring_and_start();
    socket->media(std::vector<uint8_t>(16000, 0x10));
    socket->mark("old");
    socket->clear();
    socket->media(std::vector<uint8_t>(80, 0x20));
    socket->mark("new");
    EXPECT_EQ(parsed(socket->next("mark"))["mark"]["name"].text_or(""), "new");
    EXPECT_EQ(parsed(socket->next("mark"))["mark"]["name"].text_or(""), "old");
}

TEST_F(LabTwilioFaults, Line42_AudioPlaysOnForARoundTripAfterClearAndOrderIsKept) {
    options.faults.clear_delay_ms = 200;
    ring_and_start();
    socket->media(std::vector<uint8_t>(16000, 0x10));
    ASSERT_TRUE(wait([](const CallResult& c) { return c.stream().last_audible > 200; }));
    socket->clear();
    socket->media(std::vector<uint8_t>(160, 0x20));
    socket->mark("next reply");
    const int64_t clear_sent_at = call->result().stream().played;
    ASSERT_TRUE(socket->next("mark"));
    auto result = call->result();
    const auto& heard = result.stream().heard;
    auto old_sound = std::count(heard.begin() + static_cast<long>(clear_sent_at), heard.end(), 0x10);
    EXPECT_GE(old_sound, 1200) << "the old reply was not heard for the round trip";
    EXPECT_LT(std::count(heard.begin(), heard.end(), 0x10), 16000);
    EXPECT_EQ(std::count(heard.begin(), heard.end(), 0x20), 160) << "the clear swallowed the next reply";
}

TEST_F(LabTwilioFaults, Line42_ConnectedMissing) {
    options.faults.skip_connected = true;
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    EXPECT_EQ(parsed(socket->next_text())["event"].text_or(""), "start");
}

TEST_F(LabTwilioFaults, Line42_PayloadSizesAreUsedInTurn) {
    options.faults.payload_bytes = {0, 1, 159, 160, 161, 400};
    ring_and_start();
    for (size_t wanted : {0U, 1U, 159U, 160U, 161U, 400U}) {
        auto audio = base64_decode(parsed(socket->next("media"))["media"]["payload"].text_or("?"));
        ASSERT_TRUE(audio);
        EXPECT_EQ(audio->size(), wanted);
    }
}

TEST_F(LabTwilioFaults, Line42_BothTracksBadBase64UnknownEventsAndBareCounters) {
    options.faults.outbound_track = true;
    options.faults.bad_base64_every = 2;
    options.faults.unknown_event_every = 3;
    options.faults.counters_as_numbers = true;
    ring_and_start();
    ASSERT_TRUE(socket->next("weather"));
    bool outbound = false;
    bool garbage = false;
    for (const auto& text : socket->seen) {
        Json json = parsed(text);
        if (json["event"].text_or("") != "media") continue;
        EXPECT_TRUE(json["sequenceNumber"].is_number());
        outbound = outbound || json["media"]["track"].text_or("") == "outbound";
        garbage = garbage || !base64_decode(json["media"]["payload"].text_or(""));
    }
    EXPECT_TRUE(outbound);
    EXPECT_TRUE(garbage);
}

TEST_F(LabTwilioFaults, Line42_StartOfAnotherCallAndOtherParameters) {
    options.faults.start_call_sid = "CA-of-somebody-else";
    options.faults.override_parameters = true;
    options.faults.start_parameters = {{"ticket", "stolen"}};
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    Json start = parsed(socket->next("start"));
    EXPECT_EQ(start["start"]["callSid"].text_or(""), "CA-of-somebody-else");
    EXPECT_EQ(start["start"]["customParameters"].dump(), R"({"ticket":"stolen"})");
}

TEST_F(LabTwilioFaults, Line42_NothingIsReadWhileReadingIsPaused) {
    ring_and_start();
    call->pause_reading(true);
    call->with_driver([](auto&) {});
    socket->mark("m");
    const int64_t now = call->result().stream().played;
    ASSERT_TRUE(wait([=](const CallResult& c) { return c.stream().played > now + 800; }));
    EXPECT_TRUE(call->result().stream().marks.empty());
    call->pause_reading(false);
    EXPECT_TRUE(socket->next("mark"));
}

}  // namespace
}  // namespace trunkline::lab::test
