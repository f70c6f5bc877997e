// Checklist lines 36 and 37: how the media socket is dialed.
#include "lab/twilio/signature.h"
#include "tests/unit/lab_twilio/lab_call.h"

namespace trunkline::lab::test {
namespace {

class LabTwilioDial : public LabCall {};

constexpr char kSigned[] = "wss://voice.example.com/media/k7";

TEST_F(LabTwilioDial, Line36_SignatureIsCorrectAndItsHeaderNameLowerCase) {
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    const auto& headers = socket->request().headers;
    ASSERT_EQ(headers.count("x-twilio-signature"), 1U);
    EXPECT_EQ(headers.at("x-twilio-signature"), twilio_signature(kToken, kSigned, {}));
    EXPECT_EQ(socket->request().header("host"), "voice.example.com");
    EXPECT_EQ(socket->request().header("sec-websocket-extensions"), "");
}

TEST_F(LabTwilioDial, Line36_SignatureCanBeWrongMissingWithPortOrOfHttps) {
    struct Case {
        SignatureMode mode;
        std::string wanted;
    };
    const Case cases[] = {
        {SignatureMode::kMissing, ""},
        {SignatureMode::kWithPort, twilio_signature(kToken, "wss://voice.example.com:443/media/k7", {})},
        {SignatureMode::kHttpsScheme, twilio_signature(kToken, "https://voice.example.com/media/k7", {})},
    };
    for (const auto& one : cases) {
        options.stream_signature = one.mode;
        ring();
        socket = server.socket();
        ASSERT_NE(socket, nullptr);
        EXPECT_EQ(socket->request().header("x-twilio-signature"), one.wanted);
    }
    options.stream_signature = SignatureMode::kWrong;
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    EXPECT_NE(socket->request().header("x-twilio-signature"), twilio_signature(kToken, kSigned, {}));
    EXPECT_EQ(socket->request().header("x-twilio-signature").size(), 28U);
}

TEST_F(LabTwilioDial, Line37_QueryIsRemovedAndRecorded) {
    server.twiml("/voice", R"(<Connect><Stream url="wss://voice.example.com/media?token=1"/></Connect>)");
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    EXPECT_EQ(socket->request().target, "/media");
    EXPECT_TRUE(wait_violation(kStreamHandshake));
}

TEST_F(LabTwilioDial, Line37_AnythingBut101Is31920AndFallsThrough) {
    server.refuse_upgrades("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    server.twiml("/voice", R"(<Connect><Stream url="wss://voice.example.com/m"/></Connect><Say>Sorry</Say>)");
    ring();
    ASSERT_TRUE(wait_ended());
    auto result = call->result();
    ASSERT_NE(result.violation(kStreamHandshake), nullptr);
    EXPECT_EQ(result.stream().http_status, 403);
    EXPECT_EQ(result.stream().end_reason, "refused");
    EXPECT_EQ(result.verbs, (std::vector<std::string>{"Connect", "Say Sorry"}));
}

TEST_F(LabTwilioDial, Line37_SelectedExtensionIsAFailedHandshake) {
    server.refuse_upgrades(
        "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n");
    ring();
    EXPECT_TRUE(wait_violation(kStreamHandshake));
}

TEST_F(LabTwilioDial, Line37_PlainSchemeIsRefusedUnlessAllowed) {
    server.twiml("/voice", R"(<Connect><Stream url="ws://voice.example.com/m"/></Connect>)");
    ring();
    ASSERT_TRUE(wait_ended());
    EXPECT_NE(call->result().violation(kStreamNotWss), nullptr);
    EXPECT_EQ(server.count("/m"), 0U);

    options.allow_plain = true;
    ring();
    EXPECT_NE(server.socket(), nullptr);
}

TEST_F(LabTwilioDial, Line37_NobodyListeningIs31902) {
    options.dial = "127.0.0.1:1";
    ring();
    EXPECT_TRUE(wait_violation(kStreamRefused));
}

TEST_F(LabTwilioDial, Line37_TlsTowardsAPlainPortIs31910) {
    options.dial.clear();
    server.twiml("/voice", "<Connect><Stream url=\"wss://" + server.address() + "/m\"/></Connect>");
    ring();
    ASSERT_TRUE(wait_ended());
    auto result = call->result();
    EXPECT_NE(result.violation(kStreamTls), nullptr) << call_to_json(result);
}

TEST_F(LabTwilioDial, Line37_PublicAddressIsSignedWhileLoopbackIsDialed) {
    options.public_url = "https://voice.example.com";
    options.dial.clear();
    ring();
    auto webhook = server.request("/voice");
    ASSERT_TRUE(webhook);
    EXPECT_EQ(webhook->header("host"), "voice.example.com");
    FormFields fields(webhook->fields.begin(), webhook->fields.end());
    EXPECT_EQ(webhook->header("x-twilio-signature"),
              twilio_signature(kToken, "https://voice.example.com/voice", fields));
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    EXPECT_EQ(socket->request().header("x-twilio-signature"), twilio_signature(kToken, kSigned, {}));
}

}  // namespace
}  // namespace trunkline::lab::test
