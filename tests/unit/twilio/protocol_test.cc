// Messages of Twilio Media Streams: what is read, what is refused, what is written. Numbers are those of the
// conformance checklist (Line…) and of the pitfalls (P…).
#include "elements/twilio/twilio_protocol.h"

#include <gtest/gtest.h>

#include "engine/core/base64.h"
#include "engine/core/json.h"

namespace trunkline::twilio {
namespace {

const std::string kStart =
    R"({"event":"start","sequenceNumber":"1","streamSid":"MZ01","start":{"streamSid":"MZ01","accountSid":"AC01",)"
    R"("callSid":"CA01","tracks":["inbound"],"customParameters":{"a":"1","b":"x y"},"mediaFormat":)"
    R"({"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}})";

std::string media(const std::string& payload, const std::string& extra = "") {
    return R"({"event":"media","sequenceNumber":"2","streamSid":"MZ01","media":{"track":"inbound","chunk":"1",)"
           R"("timestamp":"61","payload":")" +
           payload + "\"" + extra + "}}";
}

TEST(TwilioProtocol, ReadsStart) {
    const auto start = parse_start(kStart);
    ASSERT_TRUE(start) << start.error().message;
    EXPECT_EQ(start->stream_sid, "MZ01");
    EXPECT_EQ(start->call_sid, "CA01");
    EXPECT_TRUE(start->inbound);
    EXPECT_FALSE(start->outbound);
    ASSERT_EQ(start->params.size(), 2U);
    EXPECT_EQ(start->params[1].second, "x y");
}

TEST(TwilioProtocol, RefusesAStreamSidThatCouldBreakOutOfJson) {
    std::string text = kStart;
    for (size_t at; (at = text.find("MZ01")) != std::string::npos;) text.replace(at, 4, R"(x\",\"y)");
    EXPECT_FALSE(parse_start(text));
}

TEST(TwilioProtocol, RefusesAStartWithAnotherFormat) {
    std::string text = kStart;
    text.replace(text.find("8000"), 4, "16000");
    const auto start = parse_start(text);
    ASSERT_FALSE(start);
    EXPECT_NE(start.error().message.find("mediaFormat"), std::string::npos);
}

TEST(TwilioProtocol, Line8CountersAreStringsOrNumbersAndUnknownFieldsAreIgnored) {
    for (const char* sequence : {"\"17\"", "17"}) {
        const auto m = parse(std::string(R"({"zzz":[1,{"a":2}],"event":"media","sequenceNumber":)") + sequence +
                             R"(,"streamSid":"MZ01","media":{"new":true,"timestamp":40,"payload":"fw=="}})");
        ASSERT_TRUE(m);
        EXPECT_EQ(m->sequence, 17U);
        EXPECT_EQ(m->timestamp_ms, 40);
        EXPECT_EQ(m->audio.size(), 1U);
    }
}

TEST(TwilioProtocol, Line8UnknownEventsAreNotErrors) {
    const auto m = parse(R"({"event":"hologram","streamSid":"MZ01"})");
    ASSERT_TRUE(m);
    EXPECT_EQ(m->kind, EventKind::kUnknown);
}

TEST(TwilioProtocol, Line9PayloadsOfAnyLengthDecode) {
    for (const size_t size : {0U, 1U, 159U, 160U, 161U, 4000U}) {
        std::vector<uint8_t> bytes(size);
        for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 7);
        const std::string text = media(base64_encode(bytes));
        const auto m = parse(text);
        ASSERT_TRUE(m) << size;
        EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), m->audio.begin(), m->audio.end())) << size;
    }
}

TEST(TwilioProtocol, Line9InvalidBase64IsAnErrorOfThatMessage) {
    for (const char* payload : {"a", "ab=c", "ab*d", "abcd=", "====", "ab\\u00e9d"}) {
        const auto m = parse(media(payload));
        ASSERT_FALSE(m) << payload;
        EXPECT_EQ(m.error().code, "bad-media");
    }
    EXPECT_TRUE(parse(media("AAAA")));
}

TEST(TwilioProtocol, Line10TracksAreSeparated) {
    const auto m = parse(R"({"event":"media","streamSid":"MZ01","media":{"track":"outbound","payload":"AAAA"}})");
    ASSERT_TRUE(m);
    EXPECT_TRUE(m->outbound_track);
}

TEST(TwilioProtocol, Line16AllDigitsArePassedAndNothingElse) {
    for (const char digit : std::string("0123456789*#ABCD")) {
        const auto m =
            parse(std::string(R"({"event":"dtmf","streamSid":"MZ01","dtmf":{"track":"inbound_track","digit":")") +
                  digit + "\"}}");
        ASSERT_TRUE(m) << digit;
        EXPECT_EQ(m->text, std::string(1, digit));
    }
    EXPECT_FALSE(parse(R"({"event":"dtmf","dtmf":{"digit":"12"}})"));
    EXPECT_FALSE(parse(R"({"event":"dtmf","dtmf":{"digit":"<"}})"));
    EXPECT_FALSE(parse(R"({"event":"dtmf"})"));
}

TEST(TwilioProtocol, GarbageIsAnErrorNotACrash) {
    for (const char* text : {"", " ", "[", "[]", "null", "1", "\"event\"", "{", "{}", R"({"event":7})",
                             R"({"event":"media"})", R"({"event":"media","media":[]})",
                             R"({"event":"media","media":{"payload":5}})", R"({"event":"mark"})", "\xff\xfe{}",
                             // Broken behind the event: the fields that follow must not be asked for.
                             R"({"event":"dit":"12"}})", R"({"event":"media" "media":{"payload":"AA=="}})",
                             R"({"event":"media","media":{"track" "timestamp","payload":"AA=="}})"}) {
        EXPECT_FALSE(parse(text)) << text;
    }
}

TEST(TwilioProtocol, Line11MessagesHaveExactlyTheDocumentedKeys) {
    std::string text;
    write_media("MZ01", std::vector<uint8_t>{0x7F, 0x7F, 0x7F, 0x7F}, text);
    EXPECT_EQ(text, R"({"event":"media","streamSid":"MZ01","media":{"payload":"f39/fw=="}})");
    text.clear();
    write_mark("MZ01", "r1:3", text);
    EXPECT_EQ(text, R"({"event":"mark","streamSid":"MZ01","mark":{"name":"r1:3"}})");
    text.clear();
    write_clear("MZ01", text);
    EXPECT_EQ(text, R"({"event":"clear","streamSid":"MZ01"})");
}

TEST(TwilioProtocol, P7MarksAlwaysHaveAName) {
    std::string text;
    write_mark("MZ01", "a\"b", text);
    const auto doc = Json::parse(text);
    ASSERT_TRUE(doc);
    EXPECT_EQ((*doc)["mark"]["name"].text_or(""), "a\"b");
}

}  // namespace
}  // namespace trunkline::twilio
