// Who may call Twilio's routes: X-Twilio-Signature of webhooks and upgrades against the configured public URL.
#include <gtest/gtest.h>

#include "engine/carriers/twilio.h"

namespace trunkline::twilio {
namespace {

const Settings kSettings{"12345", "https://voice.example.com"};

HttpRequest request(std::string method, std::string path, std::string query = "", std::string body = "") {
    HttpRequest r;
    r.method = std::move(method);
    r.path = std::move(path);
    r.query = std::move(query);
    r.body = std::move(body);
    if (!r.body.empty()) r.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    return r;
}

HttpRequest signed_by(HttpRequest r, const std::string& signature, const char* header = "X-Twilio-Signature") {
    r.headers.emplace_back(header, signature);
    return r;
}

bool accepted(const HttpRequest& r, bool websocket = false) { return !check_signature(kSettings, r, websocket); }

TEST(SignedUrl, IsThePublicOneWithTheRequestsOwnPathAndQuery) {
    HttpRequest r = request("POST", "/twilio/voice/a%20b", "x=1&y=%2B2");
    r.headers.emplace_back("Host", "10.0.0.7:8080");
    EXPECT_EQ(signed_url(kSettings, r, false), "https://voice.example.com/twilio/voice/a%20b?x=1&y=%2B2");
}

TEST(SignedUrl, OfAnUpgradeHasTheWebSocketScheme) {
    EXPECT_EQ(signed_url(kSettings, request("GET", "/twilio/media/t"), true), "wss://voice.example.com/twilio/media/t");
    EXPECT_EQ(signed_url({"", "http://127.0.0.1:8080"}, request("GET", "/m"), true), "ws://127.0.0.1:8080/m");
}

TEST(SignedUrl, KeepsPortAndPathOfThePublicUrl) {
    EXPECT_EQ(signed_url({"", "https://voice.example.com:8443/base"}, request("GET", "/m"), true),
              "wss://voice.example.com:8443/base/m");
}

TEST(Signature, MissingIsRefusedWithTheReason) {
    const auto refusal = check_signature(kSettings, request("POST", "/twilio/voice", "", "CallSid=CA1"), false);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->status, 403);
    EXPECT_NE(refusal->body.find("no X-Twilio-Signature"), std::string::npos);
}

TEST(Signature, WrongIsRefusedWithTheUrlThatWasExpected) {
    const auto r = signed_by(request("POST", "/twilio/voice", "", "a=1"), "mFAT0W+OtpU0jOS4aHjZiiT0ZmE=");
    const auto refusal = check_signature(kSettings, r, false);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->status, 403);
    EXPECT_NE(refusal->body.find("https://voice.example.com/twilio/voice"), std::string::npos);
    EXPECT_NE(refusal->body.find("SERVER_URL"), std::string::npos);
    EXPECT_EQ(refusal->body.find("12345"), std::string::npos) << "the token is never told";
}

TEST(Signature, OfAFormPostIsAccepted) {
    const auto r = request("POST", "/twilio/voice", "", "CallSid=CA1&SpeechResult=caf%C3%A9+%C3%B1");
    EXPECT_TRUE(accepted(signed_by(r, "+DyBcY+e/9fxHLoJBzswJMfMaW4=")));
}

TEST(Signature, Line4AnEmptyFieldCounts) {
    const auto r = request("POST", "/twilio/voice", "", "CallSid=CA1&CallerName=&From=%2B15550100");
    EXPECT_TRUE(accepted(signed_by(r, "jP4SMekWKjhui37Ab7DPVUhYyEU=")));
}

TEST(Signature, Line4FieldsNobodyKnowsArePartOfWhatIsSigned) {
    const FormPairs fields = {{"CallSid", "CA1"}, {"ZzNew", "1"}, {"AaNew", "2"}, {"ZzNew", "0"}};
    const auto r = request("POST", "/twilio/voice", "", "CallSid=CA1&ZzNew=1&AaNew=2&ZzNew=0");
    EXPECT_TRUE(accepted(signed_by(r, twilio_signature("12345", "https://voice.example.com/twilio/voice", fields))));
    EXPECT_FALSE(accepted(
        signed_by(r, twilio_signature("12345", "https://voice.example.com/twilio/voice", {{"CallSid", "CA1"}}))));
}

TEST(Signature, OfAGetIsAccepted) {
    const auto r = request("GET", "/twilio/voice", "CallSid=CA1&From=%2B15550100");
    EXPECT_TRUE(accepted(signed_by(r, "/IgUdSDB7l00IUXtSB/QtzJryJg=")));
}

TEST(Signature, OfAJsonBodyIsAcceptedWhenTheBodyIsTheOneThatWasSigned) {
    HttpRequest r;
    r.method = "POST";
    r.path = "/twilio/status";
    r.body = R"({"property": "value", "boolean": true})";
    r.query = "bodySHA256=" + sha256_hex(r.body);
    r.headers.emplace_back("content-type", "application/json; charset=utf-8");
    const std::string signature = twilio_signature("12345", "https://voice.example.com/twilio/status?" + r.query, {});
    EXPECT_TRUE(accepted(signed_by(r, signature)));
    r.body += " ";
    EXPECT_FALSE(accepted(signed_by(r, signature)));
}

TEST(Signature, Line3HeaderNamesHaveNoCase) {
    const auto r = request("GET", "/twilio/voice", "CallSid=CA1&From=%2B15550100");
    EXPECT_TRUE(accepted(signed_by(r, "/IgUdSDB7l00IUXtSB/QtzJryJg=", "x-twilio-signature")));
    EXPECT_TRUE(accepted(signed_by(r, "/IgUdSDB7l00IUXtSB/QtzJryJg=", "X-TWILIO-SIGNATURE")));
}

TEST(Signature, OfAnUpgradeIsAccepted) {
    EXPECT_TRUE(accepted(signed_by(request("GET", "/twilio/media"), "PGLrn08/Ba1sEIuSwPQRBPD54PA="), true));
}

TEST(Signature, P13OfAnUpgradeOverTheHttpsUrlIsRefused) {
    EXPECT_FALSE(accepted(signed_by(request("GET", "/twilio/media"), "O4P2Ggul8e4hQEZViN+aHilXfFo="), true));
}

TEST(Signature, OfAnotherPathOrQueryIsRefused) {
    const std::string good = "/IgUdSDB7l00IUXtSB/QtzJryJg=";
    EXPECT_FALSE(accepted(signed_by(request("GET", "/twilio/status", "CallSid=CA1&From=%2B15550100"), good)));
    EXPECT_FALSE(accepted(signed_by(request("GET", "/twilio/voice", "CallSid=CA1&From=+15550100"), good)));
}

TEST(Signature, IsNotAskedForWithoutAToken) {
    EXPECT_FALSE(check_signature({"", "https://voice.example.com"}, request("POST", "/twilio/voice"), false));
}

}  // namespace
}  // namespace trunkline::twilio
