// The rig's own wire code: a rig that misreads its peers would blame the engine.
#include <gtest/gtest.h>

#include <cstring>

#include "benchmarks/load/http_text.h"
#include "benchmarks/load/media_text.h"
#include "benchmarks/load/ws_channel.h"

namespace trunkline::load {
namespace {

std::vector<uint8_t> framed(const std::string& payload, bool masked) {
    std::memcpy(frame_builder().payload(), payload.data(), payload.size());
    const auto bytes = frame_builder().finish(WsOpcode::kText, payload.size(), masked);
    return {bytes.begin(), bytes.end()};
}

class AnySize : public testing::TestWithParam<size_t> {};

TEST_P(AnySize, AFrameReadsAsItWasWritten) {
    const std::string payload(GetParam(), 'x');
    for (const bool masked : {false, true}) {
        auto bytes = framed(payload, masked);
        std::span<uint8_t> view(bytes);
        WsFrame frame;
        ASSERT_EQ(take_frame(view, frame), WsParse::kFrame);
        EXPECT_EQ(std::string(frame.payload.begin(), frame.payload.end()), payload);
        EXPECT_TRUE(view.empty());
    }
}

INSTANTIATE_TEST_SUITE_P(Lengths, AnySize, testing::Values(0, 1, 125, 126, 127, 65535, 65536));

TEST(TakeFrame, WaitsForEveryByteOfAFrame) {
    auto bytes = framed(std::string(200, 'y'), true);
    WsFrame frame;
    for (size_t size = 0; size < bytes.size(); ++size) {
        std::span<uint8_t> view(bytes.data(), size);
        ASSERT_EQ(take_frame(view, frame), WsParse::kIncomplete) << size;
        ASSERT_EQ(view.size(), size);
    }
}

TEST(TakeFrame, RefusesAFrameThatIsTooLong) {
    std::array<uint8_t, 10> head{0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0};
    std::span<uint8_t> view(head);
    WsFrame frame;
    EXPECT_EQ(take_frame(view, frame), WsParse::kBroken);
}

TEST(MediaText, CallerMediaIsWhatTheCarrierSends) {
    const std::array<uint8_t, 4> audio{0xFF, 0xFF, 0xFF, 0xFF};
    std::array<char, 512> out;
    const size_t size = write_caller_media(out.data(), "MZ1", 2, 1, 61, audio);
    EXPECT_EQ(std::string(out.data(), size),
              R"({"event":"media","sequenceNumber":"2","streamSid":"MZ1","media":{"track":"inbound","chunk":"1",)"
              R"("timestamp":"61","payload":"/////w=="}})");
}

TEST(MediaText, ReadsAudioWithBlanksAnyOrderAndEscapedSlashes) {
    const auto audio =
        base64_field(R"({ "media" : { "payload" : "\/\/\/\/\/w==" }, "event" : "media" })", "\"payload\"");
    EXPECT_EQ(std::vector<uint8_t>(audio.begin(), audio.end()), std::vector<uint8_t>(4, 0xFF));
}

TEST(MediaText, BrokenBase64IsNoAudio) {
    EXPECT_TRUE(base64_field(R"({"event":"media","media":{"payload":"/w="}})", "\"payload\"").empty());
}

TEST(HttpText, AcceptKeyIsTheOneOfTheRfc) {
    EXPECT_NE(upgrade_answer("dGhlIHNhbXBsZSBub25jZQ==").find("Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
              std::string::npos);
}

TEST(HttpText, SignsAWebhookAsTheCarrierDoes) {
    const Pairs fields = {{"To", "+18005551212"},
                          {"CallSid", "CA1234567890ABCDE"},
                          {"Caller", "+14158675309"},
                          {"Digits", "1234"},
                          {"From", "+14158675309"}};
    EXPECT_EQ(twilio_signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", fields),
              "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    EXPECT_EQ(twilio_signature("12345", "wss://voice.example.com/twilio/media", {}), "PGLrn08/Ba1sEIuSwPQRBPD54PA=");
}

TEST(HttpText, SignsAJsonWebTokenAsVonageDoes) {
    const std::string body = R"({"status":"answered","uuid":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab"})";
    const std::string hash = "3b98c9072a87490e8518bd6d2cc5a5becdfff627784c7f3b0ac9b48b095bfd37";
    EXPECT_EQ(sha256_hex(body), hash);
    const std::string claims =
        R"({"iat":1700000000,"jti":"11111111-2222-3333-4444-555555555555","iss":"Vonage","payload_hash":")" + hash +
        R"(","api_key":"a1b2c3d4","application_id":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab"})";
    const std::string token = hs256_token("0123456789abcdef0123456789abcdef", claims);
    EXPECT_EQ(token.substr(token.rfind('.') + 1), "LzC0mcImPW3y7HOXz_82gWGk7L2dnSM_Wb6iL2hyKSQ");
}

TEST(HttpText, FindsTheStreamAndItsParameters) {
    const auto verb = find_stream(
        R"(<Response><Connect><Stream url="wss://h.example/tw/a&amp;b"><Parameter name="ticket" value="k7"/>)"
        R"(<Parameter name='x' value='&lt;1&gt;'/></Stream></Connect></Response>)");
    ASSERT_TRUE(verb);
    EXPECT_EQ(verb->url, "wss://h.example/tw/a&b");
    EXPECT_EQ(verb->parameters, (Pairs{{"ticket", "k7"}, {"x", "<1>"}}));
}

TEST(HttpText, ABodyIsWholeByItsLengthOrByTheEndOfTheConnection) {
    EXPECT_FALSE(whole_body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcd", false));
    EXPECT_EQ(whole_body("HTTP/1.1 200 OK\r\nContent-length: 4\r\n\r\nabcd", false), "abcd");
    EXPECT_FALSE(whole_body("HTTP/1.1 200 OK\r\n\r\nabcd", false));
    EXPECT_EQ(whole_body("HTTP/1.1 200 OK\r\n\r\nabcd", true), "abcd");
}

TEST(HttpText, UrlPartsAndUsualPorts) {
    const auto url = parse_url("wss://voice.example.com/twilio/media/k7");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "voice.example.com");
    EXPECT_EQ(url->port, 443);
    EXPECT_EQ(url->path, "/twilio/media/k7");
    EXPECT_EQ(parse_url("ws://127.0.0.1:9000/x")->port, 9000);
    EXPECT_FALSE(parse_url("127.0.0.1:9000"));
}

}  // namespace
}  // namespace trunkline::load

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
