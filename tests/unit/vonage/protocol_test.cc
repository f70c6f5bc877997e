// Texts of Vonage's media socket: what is read, what is refused, what is written. Numbers are those of the conformance
// checklist (Line…) and of the pitfalls (P…).
#include "elements/vonage/vonage_protocol.h"

#include <gtest/gtest.h>

#include "engine/core/json.h"

namespace trunkline::vonage {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string connected(const std::string& content_type, const std::string& more = "") {
    return R"({"event":"websocket:connected","content-type":")" + content_type + "\"" + more + "}";
}

TEST(VonageProtocol, Line25TheContentTypeDecidesTheRate) {
    for (const int rate : {8'000, 16'000, 24'000}) {
        const auto m = parse_connected(connected("audio/l16;rate=" + std::to_string(rate)));
        ASSERT_TRUE(m) << m.error().message;
        EXPECT_EQ(m->rate, rate);
    }
}

TEST(VonageProtocol, Line25ContentTypesAreReadAsMimeTypesAre) {
    EXPECT_EQ(rate_of("audio/l16; rate=16000"), 16'000);
    EXPECT_EQ(rate_of("Audio/L16;Rate=8000"), 8'000);
    EXPECT_EQ(rate_of(" audio/l16 ; channels=1 ; rate = 24000 "), 24'000);
    EXPECT_EQ(rate_of("audio/l16;rate=16000;"), 16'000);
}

TEST(VonageProtocol, Line25AnUnknownRateIsRefusedAndSaidSo) {
    for (const char* type :
         {"", "audio/l16", "audio/l16;rate=", "audio/l16;rate=44100", "audio/l16;rate=-8000", "audio/l16;rate=16000Hz",
          "audio/l16;rate=1e4", "audio/l16;rate=99999999999999999999", "audio/pcmu;rate=8000", "l16;rate=8000",
          "audio/l16rate=8000", "audio/l16;;;", ";rate=8000"}) {
        EXPECT_EQ(rate_of(type), 0) << type;
        const auto m = parse_connected(connected(type));
        ASSERT_FALSE(m) << type;
        EXPECT_EQ(m.error().code, "bad-connected");
        EXPECT_NE(m.error().message.find("content-type"), std::string::npos);
    }
}

TEST(VonageProtocol, Line25TextsMayBeginWithSpaces) {
    const auto m = parse("  \r\n\t" + connected("audio/l16;rate=16000"));
    ASSERT_TRUE(m) << m.error().message;
    EXPECT_EQ(m->kind, EventKind::kConnected);
    EXPECT_TRUE(parse_connected(" " + connected("audio/l16;rate=16000")));
    EXPECT_TRUE(parse(R"( {"event":"websocket:cleared"} )"));
}

TEST(VonageProtocol, Line25FlattenedHeadersComeOut) {
    const auto m = parse_connected(
        connected("audio/l16;rate=8000",
                  R"(,"leg":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab","who":"Ada \"x\"","vip":true,"age":41,"x":1.5)"));
    ASSERT_TRUE(m);
    EXPECT_EQ(m->leg, "aaaaaaaa-bbbb-cccc-dddd-0123456789ab");
    EXPECT_EQ(m->headers, (Headers{{"who", "Ada \"x\""}, {"vip", "true"}, {"age", "41"}, {"x", "1.5"}}));
}

TEST(VonageProtocol, Line25ReservedNamesAndContainersAreNoHeaders) {
    const auto m = parse_connected(connected(
        "audio/l16;rate=8000", R"(,"websocket:secret":"1","a":null,"b":{"c":1},"d":[1],"leg":"l-1","ok":"yes")"));
    ASSERT_TRUE(m);
    EXPECT_EQ(m->headers, (Headers{{"ok", "yes"}}));
}

TEST(VonageProtocol, Line25ALegThatIsNoIdentifierIsRefused) {
    EXPECT_FALSE(parse_connected(connected("audio/l16;rate=8000", R"(,"leg":"a\"b")")));
    EXPECT_FALSE(parse_connected(connected("audio/l16;rate=8000", R"(,"leg":")" + std::string(65, 'a') + "\"")));
    const auto without = parse_connected(connected("audio/l16;rate=8000"));
    ASSERT_TRUE(without);
    EXPECT_EQ(without->leg, "");
}

TEST(VonageProtocol, TooManyHeadersAreRefused) {
    std::string more;
    for (int i = 0; i < 65; ++i) more += ",\"h" + std::to_string(i) + "\":\"v\"";
    EXPECT_FALSE(parse_connected(connected("audio/l16;rate=8000", more)));
}

TEST(VonageProtocol, Line31KeyPressesHaveThreeForms) {
    for (const char* text :
         {R"({"event":"websocket:dtmf","digit":"5","duration":260})", R"({"digit":"5","duration":260})",
          R"({"event":"websocket:dtmf","dtmf":{"digit":"5","duration":260}})", R"({"dtmf":{"digit":"5"}})",
          R"( {"digit":5})"}) {
        const auto m = parse(text);
        ASSERT_TRUE(m) << text;
        EXPECT_EQ(m->kind, EventKind::kDtmf) << text;
        EXPECT_EQ(m->digit, '5') << text;
    }
}

TEST(VonageProtocol, Line31OnlyKeysOfATelephoneAreDigits) {
    for (const char digit : std::string("0123456789*#ABCD")) {
        const auto m = parse(R"({"event":"websocket:dtmf","digit":")" + std::string(1, digit) + "\"}");
        ASSERT_TRUE(m);
        EXPECT_EQ(m->digit, digit);
    }
    for (const char* digit : {R"("")", R"("55")", R"("x")", "12", "-1", "1.5", "null", "{}", R"("é")"}) {
        const auto m = parse(R"({"event":"websocket:dtmf","digit":)" + std::string(digit) + "}");
        ASSERT_FALSE(m) << digit;
        EXPECT_EQ(m.error().code, "bad-dtmf");
    }
    EXPECT_FALSE(parse(R"({"event":"websocket:dtmf"})"));
}

TEST(VonageProtocol, ANotifyBringsItsMarkBack) {
    std::string out;
    write_notify("r1.1:3 \"x\"", out);
    EXPECT_EQ(out, R"({"action":"notify","payload":{"id":"r1.1:3 \"x\""}})");
    const auto m = parse(R"({"event":"websocket:notify","payload":{"id":"r1.1:3 \"x\""}})");
    ASSERT_TRUE(m);
    EXPECT_EQ(m->kind, EventKind::kNotify);
    EXPECT_EQ(m->mark, "r1.1:3 \"x\"");
}

TEST(VonageProtocol, ANotifyWithAPayloadOfSomebodyElseIsNoMark) {
    for (const char* payload : {"{}", R"({"id":7})", R"({"id":null})", R"("r1.1:3")", "null", "[]"}) {
        const auto m = parse(R"({"event":"websocket:notify","payload":)" + std::string(payload) + "}");
        ASSERT_TRUE(m) << payload;
        EXPECT_EQ(m->mark, "") << payload;
    }
    EXPECT_TRUE(parse(R"({"event":"websocket:notify"})"));
}

TEST(VonageProtocol, Line32AMediaUpdateSaysWhetherAudioIsToBeExpected) {
    const auto off = parse(R"({"event":"websocket:media:update","method":"update","active":false,"content-type":"x"})");
    ASSERT_TRUE(off);
    EXPECT_EQ(off->kind, EventKind::kMediaUpdate);
    EXPECT_FALSE(off->active);
    EXPECT_FALSE(parse(R"({"event":"websocket:media:update","active":"no"})"));
}

TEST(VonageProtocol, UnknownEventsAndFieldsAreNotErrors) {
    const auto m = parse(R"({"event":"websocket:weather","sky":["grey",null,{"deep":true}]})");
    ASSERT_TRUE(m);
    EXPECT_EQ(m->kind, EventKind::kUnknown);
    EXPECT_EQ(parse(R"({"event":7})")->kind, EventKind::kUnknown);
    EXPECT_EQ(parse("{}")->kind, EventKind::kUnknown);
    EXPECT_EQ(parse(R"({"event":"websocket:cleared","reply":4})")->kind, EventKind::kCleared);
}

TEST(VonageProtocol, AFormatWithoutAnEventIsTheFirstMessageOfAnOlderSender) {
    EXPECT_EQ(parse(R"({"content-type":"audio/l16;rate=16000","leg":"x"})")->kind, EventKind::kConnected);
}

TEST(VonageProtocol, WhatIsNoObjectIsRefused) {
    for (const char* text : {"", "   ", "[]", "7", "\"x\"", "null", "{", R"({"event":})", "\xff\xfe"}) {
        const auto m = parse(text);
        ASSERT_FALSE(m) << text;
        EXPECT_EQ(m.error().code, "not-json");
    }
    EXPECT_FALSE(parse(std::string(70'000, ' ') + "{"));
    EXPECT_FALSE(parse(std::string(40, '[') + std::string(40, ']')));
}

TEST(VonageProtocol, Line30ClearIsNothingButClear) {
    std::string out;
    write_clear(out);
    EXPECT_EQ(out, R"({"action":"clear"})");
}

}  // namespace
}  // namespace trunkline::vonage
