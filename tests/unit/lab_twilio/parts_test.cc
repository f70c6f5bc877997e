// TwiML, URLs, messages, playback and the ear, each alone.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/core/base64.h"
#include "engine/core/json.h"
#include "lab/carrier/ear.h"
#include "lab/carrier/url.h"
#include "lab/twilio/messages.h"
#include "lab/twilio/player.h"
#include "lab/twilio/twiml.h"

namespace trunkline::lab {
namespace {

TEST(LabTwiml, VerbsNounsAttributesAndText) {
    auto verbs = parse_twiml(
        "<?xml version=\"1.0\"?><Response><Say voice=\"a\"> Hi &amp; bye </Say><Connect action=\"/x\"><Stream "
        "url=\"wss://h/p\"><Parameter name=\"k\" value=\"v&quot;\"/></Stream></Connect><Hangup/></Response>");
    ASSERT_TRUE(verbs) << verbs.error().message;
    ASSERT_EQ(verbs->size(), 3U);
    EXPECT_EQ((*verbs)[0].text, "Hi & bye");
    EXPECT_EQ((*verbs)[1].attribute("action"), "/x");
    const TwimlVerb* stream = (*verbs)[1].child("Stream");
    ASSERT_NE(stream, nullptr);
    EXPECT_EQ(stream->attribute("url"), "wss://h/p");
    EXPECT_EQ(stream->children.at(0).attribute("value"), "v\"");
}

TEST(LabTwiml, MalformedDocumentsAreError12100) {
    for (const char* text : {"", "hello", " <?xml version=\"1.0\"?><Response/>", "<Response>", "<Response/><Response/>",
                             "<response/>", "<Response><Say>a & b</Say></Response>",
                             "<Response><Say a=\"1\" a=\"2\"/></Response>", "<Response></Say></Response>"}) {
        auto verbs = parse_twiml(text);
        ASSERT_FALSE(verbs) << text;
        EXPECT_EQ(verbs.error().code, "12100") << text;
    }
}

TEST(LabUrl, QueryGoesAndRelativeReferencesResolve) {
    EXPECT_EQ(without_query("wss://h/p?token=1#f"), "wss://h/p");
    EXPECT_EQ(*resolve_url("https://h:1/twilio/voice", "/media/x"), "https://h:1/media/x");
    EXPECT_EQ(*resolve_url("https://h:1/twilio/voice", "media"), "https://h:1/twilio/media");
    EXPECT_FALSE(resolve_url("https://h/", "wss://"));
    EXPECT_EQ(split_url("wss://h/p")->port, 443);
    EXPECT_EQ(split_url("ws://[::1]:81/p?q=%20")->authority(), "[::1]:81");
    EXPECT_EQ(split_url("ws://[::1]:81/p?q=%20")->target, "/p?q=%20");
    EXPECT_TRUE(is_loopback_host("127.0.0.2"));
    EXPECT_FALSE(is_loopback_host("voice.example.com"));
    EXPECT_FALSE(split_host_port("127.0.0.1"));
    EXPECT_FALSE(split_host_port("h:99999"));
    EXPECT_EQ(split_host_port("[::1]:80")->host, "::1");
}

TEST(LabMessages, CountersAreStringsAndTheSequenceRisesOverAllKinds) {
    MessageWriter writer({"MZ1", "AC1", "CA1"}, false);
    std::vector<uint8_t> audio(160, 0xFF);
    std::vector<std::string> texts = {writer.start({"inbound"}, {{"ticket", "k\"7"}}, ""),
                                      writer.media("inbound", 1, 0, audio), writer.dtmf('#'), writer.mark("m"),
                                      writer.stop()};
    for (size_t i = 0; i < texts.size(); ++i) {
        auto json = Json::parse(texts[i]);
        ASSERT_TRUE(json) << texts[i];
        EXPECT_EQ((*json)["sequenceNumber"].text().value_or("no string"), std::to_string(i + 1));
        EXPECT_EQ((*json)["streamSid"].text_or(""), "MZ1");
    }
    auto start = *Json::parse(texts[0]);
    EXPECT_EQ(start["start"]["customParameters"]["ticket"].text_or(""), "k\"7");
    EXPECT_TRUE(start["start"]["mediaFormat"]["sampleRate"].is_number());
    auto media = *Json::parse(texts[1]);
    EXPECT_EQ(media["media"]["chunk"].text().value_or(""), "1");
    EXPECT_EQ(media["media"]["timestamp"].text().value_or(""), "0");
    EXPECT_EQ(media["media"]["payload"].text_or(""), base64_encode(audio));
    EXPECT_EQ((*Json::parse(texts[2]))["dtmf"]["track"].text_or(""), "inbound_track");
}

TEST(LabMessages, WellFormedServerMessagesAreRead) {
    auto media = read_server_message(R"({"event":"media","streamSid":"MZ1","media":{"payload":"AQI="}})", "MZ1");
    ASSERT_TRUE(media);
    EXPECT_EQ(media->audio, (std::vector<uint8_t>{1, 2}));
    EXPECT_EQ(read_server_message(R"({"event":"mark","streamSid":"MZ1","mark":{"name":"a"}})", "MZ1")->mark, "a");
    EXPECT_EQ(read_server_message(R"({"event":"clear","streamSid":"MZ1"})", "MZ1")->kind, ServerMessage::Kind::kClear);
}

TEST(LabMessages, EveryOtherMessageIs31951) {
    for (const char* text :
         {"{", "[]", "{}", R"({"event":"play","streamSid":"MZ1"})", R"({"event":"clear","streamSid":"MZ2"})",
          R"({"event":"clear"})", R"({"event":"clear","streamSid":"MZ1","x":1})",
          R"({"event":"media","streamSid":"MZ1"})",
          R"({"event":"media","streamSid":"MZ1","media":{"payload":"AQI=","track":"outbound"}})",
          R"({"event":"media","streamSid":"MZ1","media":{"payload":"AQI"}})",
          R"({"event":"media","streamSid":"MZ1","media":{"payload":""}})",
          R"({"event":"media","streamSid":"MZ1","media":{"payload":"UklGRgAAAAA="}})",
          R"({"event":"media","streamSid":"MZ1","media":{"payload":1}})", R"({"event":"mark","streamSid":"MZ1"})",
          R"({"event":"mark","streamSid":"MZ1","mark":{}})", R"({"event":"mark","streamSid":"MZ1","mark":{"name":""}})",
          R"({"event":"mark","streamSid":"MZ1","mark":{"name":5}})"}) {
        auto message = read_server_message(text, "MZ1");
        ASSERT_FALSE(message) << text;
        EXPECT_EQ(message.error().code, kStreamInvalidMessage) << text;
        EXPECT_TRUE(message.error().warning) << text;
    }
}

struct Played {
    std::vector<uint8_t> bytes;
    std::vector<std::string> marks;
    Player player{[this](auto some) { bytes.insert(bytes.end(), some.begin(), some.end()); },
                  [this](const std::string& name, MarkEcho how) {
                      marks.push_back(name + "@" + std::to_string(player.played()) + " " + to_string(how));
                  },
                  1000};
};

TEST(LabPlayer, PlaysInOrderAndReturnsMarksAtTheirSample) {
    Played p;
    p.player.advance(3);
    p.player.push({1, 2, 3, 4});
    p.player.mark("a");
    p.player.push({5, 6});
    p.player.mark("b");
    EXPECT_EQ(p.player.next_mark(), 7);
    p.player.advance(6);
    EXPECT_TRUE(p.marks.empty());
    p.player.advance(12);
    EXPECT_EQ(p.marks, (std::vector<std::string>{"a@7 played", "b@9 played"}));
    EXPECT_EQ(p.bytes, (std::vector<uint8_t>{255, 255, 255, 1, 2, 3, 4, 5, 6, 255, 255, 255}));
}

TEST(LabPlayer, MarkOnAnEmptyQueueReturnsAtOnce) {
    Played p;
    p.player.mark("a");
    EXPECT_EQ(p.marks, (std::vector<std::string>{"a@0 at-once"}));
    EXPECT_EQ(p.player.next_mark(), -1);
}

TEST(LabPlayer, ClearSilencesAndReturnsEveryMark) {
    Played p;
    p.player.push({1, 2, 3, 4});
    p.player.mark("a");
    p.player.mark("b");
    p.player.advance(2);
    p.player.clear();
    EXPECT_EQ(p.marks, (std::vector<std::string>{"a@2 cleared", "b@2 cleared"}));
    p.player.push({9});
    p.player.mark("c");
    p.player.advance(4);
    EXPECT_EQ(p.bytes, (std::vector<uint8_t>{1, 2, 9, 255}));
    EXPECT_EQ(p.marks.back(), "c@3 played");
}

TEST(LabPlayer, WhatDoesNotFitIsDiscarded) {
    Played p;
    EXPECT_EQ(p.player.push(std::vector<uint8_t>(900, 1)), 0U);
    EXPECT_EQ(p.player.push(std::vector<uint8_t>(200, 2)), 100U);
    EXPECT_EQ(p.player.queued(), 1000U);
}

std::vector<uint8_t> tone(size_t samples) {
    Samples pcm(samples);
    for (size_t i = 0; i < samples; ++i)
        pcm[i] = static_cast<int16_t>(8000 * std::sin(static_cast<double>(i) * 0.4 + 0.5));
    return ulaw_encode(pcm);
}

TEST(LabEar, SpeechIsFoundToTheSample) {
    Ear ear;
    std::vector<uint8_t> stream(1003, kUlawSilence);
    auto speech = tone(2000);
    stream.insert(stream.end(), speech.begin(), speech.end());
    EXPECT_EQ(ear.hear(stream), Ear::Change::kSpeaks);
    EXPECT_EQ(ear.hear(std::vector<uint8_t>(8000, kUlawSilence)), Ear::Change::kStops);
    ASSERT_EQ(ear.spans().size(), 1U);
    EXPECT_EQ(ear.spans()[0].first, 1003);
    EXPECT_NEAR(static_cast<double>(ear.spans()[0].last), 3002, 8);
    EXPECT_FALSE(ear.spans()[0].open);
    EXPECT_FALSE(ear.spans()[0].cut);
}

TEST(LabEar, ClearEndsSpeechAndTheNextReplyIsASpanOfItsOwn) {
    Ear ear;
    ear.hear(tone(2000));
    EXPECT_EQ(ear.cleared(), Ear::Change::kStops);
    ear.hear(std::vector<uint8_t>(800, kUlawSilence));
    ear.hear(tone(2000));
    ASSERT_EQ(ear.spans().size(), 2U);
    EXPECT_TRUE(ear.spans()[0].cut);
    EXPECT_EQ(ear.spans()[1].first, 2800);
    EXPECT_TRUE(ear.spans()[1].open);
}

}  // namespace
}  // namespace trunkline::lab
