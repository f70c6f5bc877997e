// Checklist lines 48 to 50: what becomes of the server's audio and commands.
#include <algorithm>
#include <cmath>

#include "lab/vonage/playout.h"
#include "tests/unit/lab_vonage/vonage_call.h"

namespace trunkline::lab::vonage::test {
namespace {

class LabVonageMedia : public VonageFixture {
  protected:
    void send_frames(int n, size_t bytes = 640, int16_t sample = 0x1010) {
        const std::string frame = pcm_bytes(Samples(bytes / 2, sample));
        for (int i = 0; i < n; ++i) socket->send_binary(frame);
    }
    bool wait_received(uint64_t n) {
        return wait([n](const CallResult& c) { return c.stream().media_received >= n; });
    }
};

TEST_F(LabVonageMedia, Line48_AWrongSizeEndsListeningAndBreaksTheSocket) {
    options.media.stop_listening_ms = 100;
    ring_and_start();
    send_frames(2);
    socket->send_binary(std::string(320, '\x01'));
    socket->send_text(R"({"action":"notify","payload":{"id":"unheard"}})");
    EXPECT_TRUE(socket->ended());
    EXPECT_EQ(socket->close_code(), 0) << "1006 is a socket that dies without a close frame";
    EXPECT_EQ(statuses(), (Strings{"started", "ringing", "answered", "disconnected", "completed"}));
    const auto result = call->result();
    ASSERT_NE(result.violation(kFrameSize), nullptr);
    EXPECT_NE(result.violation(kFrameSize)->message.find("320 bytes where exactly 640"), std::string::npos);
    EXPECT_TRUE(result.stream().marks.empty());
    EXPECT_EQ(result.stream().end_reason, "lost");
}

TEST_F(LabVonageMedia, Line48_TheOldModuleCutsLongFramesAndSkipsShortOnes) {
    options.media.strict = false;
    ring_and_start();
    Samples longer(480, 1000);
    std::fill(longer.begin() + 320, longer.end(), int16_t{-1000});
    socket->send_binary(pcm_bytes(longer));
    socket->send_binary(std::string(639, '\x7F'));
    socket->send_text(R"({"action":"notify","payload":{"id":"after"}})");
    ASSERT_TRUE(socket->next("websocket:notify"));
    const auto result = call->result();
    ASSERT_NE(result.violation(kFrameSize), nullptr);
    EXPECT_TRUE(result.violation(kFrameSize)->warning);
    EXPECT_EQ(result.violation(kFrameSize)->repeats, 1);
    const auto& heard = result.stream().heard_pcm;
    EXPECT_EQ(std::count(heard.begin(), heard.end(), 1000), 320);
    EXPECT_EQ(std::count(heard.begin(), heard.end(), -1000), 0);
    EXPECT_FALSE(result.ended);
}

TEST_F(LabVonageMedia, Line49_TheQueueOfOldApplicationsOverflows) {
    connect(8000);
    options.media.queue_messages = 1024;
    ring_and_start();
    send_frames(1500, 320);
    ASSERT_TRUE(wait_received(1500));
    const auto result = call->result();
    EXPECT_EQ(result.stream().queued_messages_most, 1024U);
    EXPECT_GT(result.stream().media_overflowed, 0U);
    ASSERT_NE(result.violation(kQueueFull), nullptr);
    EXPECT_TRUE(result.violation(kQueueFull)->warning);
}

TEST_F(LabVonageMedia, Line49_TheQueueOfTodayHoldsAMinute) {
    connect(8000);
    ring_and_start();
    send_frames(1500, 320);
    ASSERT_TRUE(wait_received(1500));
    EXPECT_EQ(call->result().stream().media_overflowed, 0U);
    EXPECT_TRUE(call->result().violations.empty());
}

TEST_F(LabVonageMedia, Line49_FramesArePlayedInOrderAndInRealTime) {
    ring_and_start();
    Samples all;
    for (int16_t i = 1; i <= 10; ++i) {
        Samples frame(320, static_cast<int16_t>(i * 100));
        all.insert(all.end(), frame.begin(), frame.end());
        socket->send_binary(pcm_bytes(frame));
    }
    socket->send_text(R"({"action":"notify","payload":{"id":"end"}})");
    ASSERT_TRUE(socket->next("websocket:notify"));
    const auto result = call->result();
    const auto& stream = result.stream();
    auto at = std::search(stream.heard_pcm.begin(), stream.heard_pcm.end(), all.begin(), all.end());
    EXPECT_NE(at, stream.heard_pcm.end());
    EXPECT_EQ(stream.rate, 16000);
    EXPECT_EQ(stream.heard_pcm.size(), static_cast<size_t>(stream.played) * 2);
    EXPECT_GE(stream.mark("end")->echoed_ms - stream.media_ms.front(), 10 * 20);
}

TEST_F(LabVonageMedia, Line49_ComfortNoiseFillsAnEmptyQueue) {
    options.media.comfort_noise = true;
    ring_and_start();
    ASSERT_TRUE(wait([](const CallResult& c) { return c.stream().heard_pcm.size() >= 3200; }));
    const auto heard = call->result().stream().heard_pcm;
    EXPECT_GT(std::count_if(heard.begin(), heard.end(), [](int16_t s) { return s != 0; }), 1000);
    EXPECT_TRUE(std::all_of(heard.begin(), heard.end(), [](int16_t s) { return std::abs(s) < 10; }));
    EXPECT_EQ(call->result().stream().last_audible, -1);
}

TEST_F(LabVonageMedia, Line50_ClearIsAnsweredAndNothingMoreIsHeard) {
    ring_and_start();
    send_frames(1000);
    ASSERT_TRUE(wait([](const CallResult& c) { return c.stream().last_audible > 0; }));
    socket->send_text(R"({"action":"clear"})");
    ASSERT_TRUE(socket->next("websocket:cleared"));
    const int64_t last = call->result().stream().last_audible;
    ASSERT_TRUE(wait([last](const CallResult& c) { return c.stream().played > last + 1600; }));
    EXPECT_EQ(call->result().stream().last_audible, last);
    EXPECT_EQ(call->result().stream().clears(), 1);
}

TEST_F(LabVonageMedia, Line50_NotifyComesBackAfterDrainAndAtOnceWhenIdle) {
    ring_and_start();
    socket->send_text(R"({"action":"notify","payload":{"id":"idle","n":1}})");
    EXPECT_EQ(parsed(socket->next("websocket:notify")).dump(),
              R"({"event":"websocket:notify","payload":{"id":"idle","n":1}})");
    send_frames(5);
    socket->send_text(R"({"action":"notify","payload":{"id":"drained"}})");
    ASSERT_TRUE(socket->next("websocket:notify"));
    const auto result = call->result();
    EXPECT_EQ(result.stream().mark("idle")->how, MarkEcho::kAtOnce);
    EXPECT_EQ(result.stream().mark("drained")->how, MarkEcho::kPlayed);
}

TEST_F(LabVonageMedia, Line50_PendingNotifiesAreDroppedByAClear) {
    ring_and_start();
    send_frames(1000);
    socket->send_text(R"({"action":"notify","payload":{"id":"old"}})");
    socket->send_text(R"({"action":"clear"})");
    ASSERT_TRUE(socket->next("websocket:cleared"));
    socket->send_text(R"({"action":"notify","payload":{"id":"new"}})");
    EXPECT_EQ(parsed(socket->next("websocket:notify"))["payload"]["id"].text_or(""), "new");
    EXPECT_LT(call->result().stream().mark("old")->echoed_ms, 0);
}

TEST_F(LabVonageMedia, Line50_PendingNotifiesMayBeReturnedByAClear) {
    options.media.notify_on_clear = NotifyOnClear::kReturned;
    ring_and_start();
    send_frames(1000);
    socket->send_text(R"({"action":"notify","payload":{"id":"old"}})");
    socket->send_text(R"({"action":"clear"})");
    EXPECT_EQ(parsed(socket->next("websocket:notify"))["payload"]["id"].text_or(""), "old");
    ASSERT_TRUE(socket->next("websocket:cleared"));
    EXPECT_EQ(call->result().stream().mark("old")->how, MarkEcho::kCleared);
}

TEST_F(LabVonageMedia, Line50_ClearedMayComeLateOrNever) {
    options.media.cleared_delay_ms = 150;
    ring_and_start();
    socket->send_text(R"({"action":"clear"})");
    socket->send_text(R"({"action":"notify","payload":{"id":"next"}})");
    ASSERT_TRUE(socket->next("websocket:notify"));
    EXPECT_TRUE(socket->next("websocket:cleared")) << "it comes behind what was asked after it";
    hang_up();
    options.media.says_cleared = false;
    ring_and_start();
    socket->send_text(R"({"action":"clear"})");
    socket->send_text(R"({"action":"notify","payload":{"id":"next"}})");
    ASSERT_TRUE(socket->next("websocket:notify"));
    EXPECT_EQ(call->result().stream().clears(), 1);
    EXPECT_TRUE(std::none_of(socket->seen.begin(), socket->seen.end(),
                             [](const auto& text) { return text.find("cleared") != std::string::npos; }));
}

TEST_F(LabVonageMedia, Line50_ADelayedClearPlaysOnAndHoldsBackWhatFollows) {
    options.media.clear_delay_ms = 200;
    ring_and_start();
    send_frames(1000);
    ASSERT_TRUE(wait([](const CallResult& c) { return c.stream().last_audible > 0; }));
    const double asked = call->result().stream().ms_of(call->result().stream().played);
    socket->send_text(R"({"action":"clear"})");
    socket->send_text(R"({"action":"notify","payload":{"id":"behind"}})");
    ASSERT_TRUE(socket->next("websocket:cleared"));
    ASSERT_TRUE(socket->next("websocket:notify"));
    const auto result = call->result();
    EXPECT_GE(result.stream().ms_of(result.stream().last_audible) - asked, 150);
}

TEST_F(LabVonageMedia, Line50_OldApplicationsIgnoreAllText) {
    options.media.ignore_text = true;
    ring_and_start();
    socket->send_text(R"({"action":"clear"})");
    socket->send_text("anything");
    send_frames(1);
    ASSERT_TRUE(wait_received(1));
    EXPECT_EQ(call->result().stream().clears(), 0);
    EXPECT_TRUE(call->result().violations.empty());
}

TEST_F(LabVonageMedia, Line50_UnknownTextIsReportedAndTheSocketLives) {
    ring_and_start();
    socket->send_text(R"({"event":"clear","streamSid":"MZ0"})");
    socket->send_text("not json");
    send_frames(1);
    ASSERT_TRUE(wait_received(1));
    const auto result = call->result();
    ASSERT_NE(result.violation(kBadText), nullptr);
    EXPECT_EQ(result.violation(kBadText)->repeats, 1);
    EXPECT_FALSE(result.ended);
}

TEST_F(LabVonageMedia, RulesOfRfc6455AreKept) {
    ring_and_start();
    socket->send_frame(0x89, "are you there");
    send_frames(1);
    ASSERT_TRUE(wait_received(1));
    EXPECT_EQ(call->result().stream().pings, 1);
    socket->send_frame(0x09, "in pieces");
    ASSERT_TRUE(wait_violation(kSocketProtocol));
}

}  // namespace
}  // namespace trunkline::lab::vonage::test
