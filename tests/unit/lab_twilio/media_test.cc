// Checklist lines 38 and 39: what the caller's side sends, and how it plays.
#include <cmath>

#include "engine/core/base64.h"
#include "tests/unit/lab_twilio/lab_call.h"

namespace trunkline::lab::test {
namespace {

class LabTwilioMedia : public LabCall {};

std::vector<uint8_t> ramp(size_t size) {
    std::vector<uint8_t> out(size);
    for (size_t i = 0; i < size; ++i) out[i] = static_cast<uint8_t>(i * 7 % 251);
    return out;
}

/// Where `wanted` lies in what was heard.
size_t position_of(const std::vector<uint8_t>& wanted, const std::vector<uint8_t>& heard) {
    auto at = std::search(heard.begin(), heard.end(), wanted.begin(), wanted.end());
    return at == heard.end() ? std::string::npos : static_cast<size_t>(at - heard.begin());
}

TEST_F(LabTwilioMedia, Line38_ConnectedThenStartThenNumberedAudio) {
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    Json connected = parsed(socket->next_text());
    EXPECT_EQ(connected.dump(), R"({"event":"connected","protocol":"Call","version":"1.0.0"})");
    Json start = parsed(socket->next_text());
    EXPECT_EQ(start["event"].text_or(""), "start");
    EXPECT_EQ(start["sequenceNumber"].text().value_or(""), "1");
    EXPECT_EQ(start["start"]["tracks"].at(0).text_or(""), "inbound");
    EXPECT_EQ(start["start"]["customParameters"]["ticket"].text_or(""), "k7");
    EXPECT_EQ(start["streamSid"].text_or("").size(), 34U);
    auto webhook = server.request("/voice");
    ASSERT_TRUE(webhook);
    EXPECT_EQ(start["start"]["callSid"].text_or(""), webhook->fields["CallSid"]);
    for (int i = 0; i < 10; ++i) {
        Json media = parsed(socket->next_text());
        EXPECT_EQ(media["sequenceNumber"].text().value_or(""), std::to_string(i + 2));
        EXPECT_EQ(media["media"]["chunk"].text().value_or(""), std::to_string(i + 1));
        EXPECT_EQ(media["media"]["timestamp"].text().value_or(""), std::to_string(20 * i));
        EXPECT_EQ(media["media"]["track"].text_or(""), "inbound");
        EXPECT_EQ(base64_decode(media["media"]["payload"].text_or("")), std::vector<uint8_t>(160, 0xFF));
    }
}

TEST_F(LabTwilioMedia, Line38_WhatIsSaidArrivesWhole) {
    ring_and_start();
    const auto speech = ramp(1000);
    call->say("ramp", speech);
    ASSERT_TRUE(wait([](const CallResult& c) { return !c.stream().said.empty() && c.stream().said[0].last >= 0; }));
    call->hang_up();
    ASSERT_TRUE(socket->next("stop"));
    std::vector<uint8_t> sent;
    for (const auto& text : socket->seen) {
        auto audio = base64_decode(parsed(text)["media"]["payload"].text_or(""));
        if (audio) sent.insert(sent.end(), audio->begin(), audio->end());
    }
    auto result = call->result();
    const SaidSpan& said = result.stream().said[0];
    EXPECT_EQ(position_of(speech, sent), static_cast<size_t>(said.first));
    EXPECT_EQ(said.last - said.first, 1000);
}

TEST_F(LabTwilioMedia, Line38_JitterKeepsOrderAndCount) {
    options.jitter_ms = 30;
    ring_and_start();
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(parsed(socket->next_text())["sequenceNumber"].text_or(""), std::to_string(i + 2));
}

TEST_F(LabTwilioMedia, Line38_KeysAreSentAsDtmf) {
    ring_and_start();
    call->press("4#");
    EXPECT_EQ(parsed(socket->next("dtmf"))["dtmf"]["digit"].text_or(""), "4");
    EXPECT_EQ(parsed(socket->next("dtmf"))["dtmf"]["digit"].text_or(""), "#");
}

TEST_F(LabTwilioMedia, Line39_AudioIsPlayedInOrderWithoutGapsAndMarkedOnDrain) {
    ring_and_start();
    auto first = ramp(1111);
    auto second = ramp(777);
    std::reverse(second.begin(), second.end());
    socket->media(first);
    socket->mark("one");
    socket->media(second);
    socket->mark("two");
    EXPECT_EQ(parsed(socket->next("mark"))["mark"]["name"].text_or(""), "one");
    EXPECT_EQ(parsed(socket->next("mark"))["mark"]["name"].text_or(""), "two");
    auto result = call->result();
    const auto& stream = result.stream();
    auto both = first;
    both.insert(both.end(), second.begin(), second.end());
    EXPECT_NE(position_of(both, stream.heard), std::string::npos);
    EXPECT_EQ(stream.heard.size(), static_cast<size_t>(stream.played));
    const MarkRecord* two = stream.mark("two");
    ASSERT_NE(two, nullptr);
    EXPECT_EQ(two->how, MarkEcho::kPlayed);
    EXPECT_GE(two->echoed_ms - stream.media_ms.at(0), 1888 / 8.0 - 1)
        << "a mark returned before its audio had been played";
    EXPECT_TRUE(result.violations.empty());
}

TEST_F(LabTwilioMedia, Line39_MarkOnAnEmptyQueueComesAtOnce) {
    ring_and_start();
    socket->mark("idle");
    ASSERT_TRUE(socket->next("mark"));
    EXPECT_EQ(call->result().stream().mark("idle")->how, MarkEcho::kAtOnce);
}

TEST_F(LabTwilioMedia, Line39_ClearReturnsAllMarksAndNothingMoreIsHeard) {
    ring_and_start();
    socket->media(std::vector<uint8_t>(80000, 0x10));
    socket->mark("a");
    socket->mark("b");
    ASSERT_TRUE(wait([](const CallResult& c) { return c.stream().last_audible > 400; }));
    socket->clear();
    socket->mark("after");
    EXPECT_EQ(parsed(socket->next("mark"))["mark"]["name"].text_or(""), "a");
    EXPECT_EQ(parsed(socket->next("mark"))["mark"]["name"].text_or(""), "b");
    EXPECT_EQ(parsed(socket->next("mark"))["mark"]["name"].text_or(""), "after");
    const int64_t cleared_at = call->result().stream().played;
    ASSERT_TRUE(wait([=](const CallResult& c) { return c.stream().played > cleared_at + 1600; }));
    auto result = call->result();
    const auto& stream = result.stream();
    EXPECT_EQ(stream.clears(), 1);
    EXPECT_EQ(stream.mark("a")->how, MarkEcho::kCleared);
    EXPECT_EQ(stream.mark("after")->how, MarkEcho::kAtOnce);
    EXPECT_LE(stream.last_audible, cleared_at);
    ASSERT_EQ(stream.agent_speech.size(), 1U);
    EXPECT_TRUE(stream.agent_speech[0].cut);
}

TEST_F(LabTwilioMedia, Line39_RecordingAlignsBothSides) {
    ring_and_start();
    call->say("ramp", ramp(800));
    socket->media(ramp(1600));
    socket->mark("end");
    ASSERT_TRUE(socket->next("mark"));
    ASSERT_TRUE(wait([](const CallResult& c) { return c.stream().said[0].last >= 0; }));
    call->hang_up();
    ASSERT_TRUE(wait_ended());
    auto result = call->result();
    const auto& stream = result.stream();
    EXPECT_LE(stream.spoken.size(), stream.heard.size() + 160);
    EXPECT_LE(stream.heard.size(), stream.spoken.size() + 8000) << "both sides run by the same clock";
    std::string path = testing::TempDir() + "lab_twilio_alignment.wav";
    ASSERT_TRUE(write_call_wav(path, result));
}

TEST_F(LabTwilioMedia, FiftyCallsAtOnceEachKeepTheirOwnAudio) {
    std::vector<std::unique_ptr<TwilioCall>> calls;
    std::vector<std::unique_ptr<FakeSocket>> sockets;
    for (int i = 0; i < 50; ++i) calls.push_back(lab.call(options));
    for (int i = 0; i < 50; ++i) {
        sockets.push_back(server.socket());
        ASSERT_NE(sockets.back(), nullptr);
        ASSERT_TRUE(sockets.back()->next("start"));
        sockets.back()->media(std::vector<uint8_t>(800, static_cast<uint8_t>(i)));
        sockets.back()->mark("end");
    }
    for (auto& one : sockets) EXPECT_TRUE(one->next("mark"));
    std::vector<bool> found(50);
    for (auto& one : calls) {
        auto heard = one->result().stream().heard;
        for (size_t i = 0; i < 50; ++i)
            if (position_of(std::vector<uint8_t>(800, static_cast<uint8_t>(i)), heard) != std::string::npos)
                found[i] = true;
    }
    EXPECT_EQ(std::count(found.begin(), found.end(), true), 50);
}

}  // namespace
}  // namespace trunkline::lab::test
