// The pure parts: tokens, NCCOs, the queue, messages.
#include <gtest/gtest.h>

#include "lab/vonage/jwt.h"
#include "lab/vonage/messages.h"
#include "lab/vonage/ncco.h"
#include "lab/vonage/playout.h"

namespace trunkline::lab::vonage::test {
namespace {

TEST(LabVonageToken, OwnVectorIsReproduced) {
    const std::string body = R"({"status":"answered","uuid":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab"})";
    EXPECT_EQ(sha256_hex(body), "3b98c9072a87490e8518bd6d2cc5a5becdfff627784c7f3b0ac9b48b095bfd37");
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    const std::string claims = R"({"iat":1700000000,"jti":"11111111-2222-3333-4444-555555555555","iss":"Vonage",)"
                               R"("payload_hash":")" +
                               sha256_hex(body) +
                               R"(","api_key":"a1b2c3d4","application_id":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab"})";
    EXPECT_EQ(sign_hs256(claims, "0123456789abcdef0123456789abcdef"),
              "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
              "eyJpYXQiOjE3MDAwMDAwMDAsImp0aSI6IjExMTExMTExLTIyMjItMzMzMy00NDQ0LTU1NTU1NTU1NTU1NSIsImlzcyI6IlZvbmFnZSIs"
              "InBheWxvYWRfaGFzaCI6IjNiOThjOTA3MmE4NzQ5MGU4NTE4YmQ2ZDJjYzVhNWJlY2RmZmY2Mjc3ODRjN2YzYjBhYzliNDhiMDk1YmZk"
              "MzciLCJhcGlfa2V5IjoiYTFiMmMzZDQiLCJhcHBsaWNhdGlvbl9pZCI6ImFhYWFhYWFhLWJiYmItY2NjYy1kZGRkLTAxMjM0NTY3ODlh"
              "YiJ9.LzC0mcImPW3y7HOXz_82gWGk7L2dnSM_Wb6iL2hyKSQ");
}

std::string fault(const std::string& ncco) {
    auto read = parse_ncco(ncco);
    return read ? "" : read.error().message;
}
std::string socket_fault(const std::string& fields) {
    return fault(R"([{"action":"connect","endpoint":[{"type":"websocket",)" + fields + "}]}]");
}

TEST(LabVonageNcco, ConnectToASocketIsRead) {
    auto read = parse_ncco(
        R"([{"action":"talk","text":"hello"},{"action":"connect","eventType":"synchronous","eventUrl":["https://a.example/e"],)"
        R"("endpoint":[{"type":"websocket","uri":"wss://a.example/m?x=1","content-type":"audio/l16;rate=24000",)"
        R"("headers":{"leg":"7","n":3},"authorization":{"type":"custom","value":"Bearer t"}}]}])");
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->size(), 2U);
    const auto& connect = read->at(1);
    EXPECT_TRUE(connect.to_socket);
    EXPECT_TRUE(connect.synchronous);
    EXPECT_EQ(connect.event_url, "https://a.example/e");
    EXPECT_EQ(connect.endpoint.rate, 24000);
    EXPECT_EQ(connect.endpoint.uri, "wss://a.example/m?x=1");
    EXPECT_EQ(connect.endpoint.headers.dump(), R"({"leg":"7","n":3})");
    EXPECT_EQ(connect.endpoint.custom_value, "Bearer t");
}

TEST(LabVonageNcco, WhatTheCarrierRefusesIsNamed) {
    const std::string good = R"("uri":"wss://a.example/m","content-type":"audio/l16;rate=8000")";
    EXPECT_EQ(socket_fault(good), "");
    EXPECT_EQ(fault("[]"), "");
    const std::pair<std::string, const char*> refused[] = {
        {"{}", "no array"},
        {"[", "no JSON"},
        {R"([{"action":"dance"}])", "no such action"},
        {R"([{"action":"talk"}])", "text is missing"},
        {R"([{"action":"talk","text":")" + std::string(1501, 'x') + R"("}])", "longer than 1500"},
        {R"([{"action":"talk","text":"a","level":2}])", "level is not a number from -1 to 1"},
        {R"([{"action":"stream","streamUrl":"https://a.example/a.mp3"}])", "streamUrl"},
        {R"([{"action":"wait","timeout":7201}])", "timeout"},
        {R"([{"action":"input"}])", "type"},
        {R"([{"action":"notify","payload":{}}])", "eventUrl is missing"},
        {R"([{"action":"connect","endpoint":{}}])", "exactly one"},
        {R"([{"action":"connect","endpoint":[]}])", "exactly one"},
        {R"([{"action":"connect","from":"+1555","endpoint":[{"type":"phone","number":"15550100"}]}])", "digits"},
        {R"([{"action":"connect","endpoint":[{"type":"pigeon"}]}])", "pigeon"},
    };
    for (const auto& [ncco, wanted] : refused) EXPECT_NE(fault(ncco).find(wanted), std::string::npos) << fault(ncco);
    const std::pair<std::string, const char*> sockets[] = {
        {R"("content-type":"audio/l16;rate=8000")", "uri"},
        {R"("uri":"https://a.example","content-type":"audio/l16;rate=8000")", "ws://"},
        {R"("uri":"wss://a.example")", "content-type"},
        {R"("uri":"wss://a.example","content-type":"audio/l16;rate=44100")", "44100"},
        {R"("uri":"wss://a.example","contentType":"audio/l16;rate=8000")", "unknown field 'contentType'"},
        {good + R"(,"headers":["a"])", "headers is not an object"},
        {good + R"(,"headers":{"a":")" + std::string(512, 'x') + "\"}", "512 bytes"},
        {good + R"(,"authorization":{"type":"basic"})", "basic"},
        {good + R"(,"authorization":{"type":"custom"})", "value is missing"},
    };
    for (const auto& [fields, wanted] : sockets)
        EXPECT_NE(socket_fault(fields).find(wanted), std::string::npos) << socket_fault(fields);
}

class LabVonagePlayout : public testing::Test {
  protected:
    std::vector<std::string> returned;
    Playout playout{
        3, [this](const std::string& payload, MarkEcho how) { returned.push_back(payload + ":" + to_string(how)); }};
};

TEST_F(LabVonagePlayout, Line49_TheNewestIsDroppedWhenFull) {
    for (int16_t i = 0; i < 3; ++i) EXPECT_TRUE(playout.push({i}));
    EXPECT_FALSE(playout.push({9}));
    for (int16_t i = 0; i < 3; ++i) EXPECT_EQ(playout.tick(), Samples{i});
    EXPECT_FALSE(playout.tick());
}

TEST_F(LabVonagePlayout, Line49_AQueueThatRunsDryForAMomentIsAnUnderrun) {
    const auto tick = [this](int n) {
        for (int i = 0; i < n; ++i) playout.tick();
    };
    tick(3);
    playout.push({1});
    tick(1);
    EXPECT_EQ(playout.underruns(), 0U) << "nothing had been playing before";
    playout.push({2});
    tick(6);
    playout.push({3});
    tick(1);
    EXPECT_EQ(playout.underruns(), 1U) << "five ticks without a frame";
    tick(6);
    playout.push({4});
    tick(2);
    EXPECT_EQ(playout.underruns(), 1U) << "six ticks are a pause";
    playout.clear(false);
    tick(1);
    playout.push({5});
    tick(1);
    EXPECT_EQ(playout.underruns(), 1U) << "a clear ends what could be missed";
}

TEST_F(LabVonagePlayout, Line50_NotifyComesWhenTheFrameBeforeItIsOver) {
    playout.push({1});
    playout.notify("a");
    EXPECT_TRUE(playout.tick());
    EXPECT_TRUE(returned.empty()) << "the frame has only begun to play";
    playout.notify("b");
    EXPECT_FALSE(playout.tick());
    playout.notify("c");
    EXPECT_EQ(returned, (std::vector<std::string>{"a:played", "b:played", "c:at-once"}));
}

TEST_F(LabVonagePlayout, Line50_ClearForgetsOrReturnsNotifies) {
    playout.push({1});
    playout.notify("a");
    playout.clear(false);
    EXPECT_TRUE(returned.empty());
    EXPECT_FALSE(playout.tick());
    EXPECT_TRUE(returned.empty());
    playout.push({2});
    playout.notify("b");
    playout.clear(true);
    EXPECT_EQ(returned, (std::vector<std::string>{"b:cleared"}));
}

TEST(LabVonageMessages, Line47_KeyMessagesHaveThreeForms) {
    EXPECT_EQ(dtmf_message('5', 260, DtmfForm::kFlat), R"({"event":"websocket:dtmf","digit":"5","duration":260})");
    EXPECT_EQ(dtmf_message('#', 90, DtmfForm::kNested),
              R"({"event":"websocket:dtmf","dtmf":{"digit":"#","duration":90}})");
    EXPECT_EQ(dtmf_message('1', 260, DtmfForm::kBare), R"({"digit":"1","duration":260})");
}

TEST(LabVonageMessages, ServerTextIsJudged) {
    ASSERT_TRUE(read_server_text(R"({"action":"clear"})"));
    auto notify = read_server_text(R"( {"action":"notify","payload":{"id":"r1:3"}})");
    ASSERT_TRUE(notify);
    EXPECT_EQ(notify->payload, R"({"id":"r1:3"})");
    EXPECT_EQ(notify_name(notify->payload), "r1:3");
    for (const char* bad : {"clear", "[]", R"({"event":"clear"})", R"({"action":"notify"})",
                            R"({"action":"notify","payload":"x"})", R"({"action":"clear","streamSid":"MZ"})"})
        EXPECT_FALSE(read_server_text(bad)) << bad;
}

TEST(LabVonageMessages, Line47_BytesAreLittleEndian) {
    EXPECT_EQ(pcm_bytes(Samples{1, -2}), std::string("\x01\x00\xFE\xFF", 4));
    EXPECT_EQ(pcm_samples(std::string("\x01\x00\xFE\xFF", 4)), (Samples{1, -2}));
}

}  // namespace
}  // namespace trunkline::lab::vonage::test
