// The NCCO documents that we answer.
#include <gtest/gtest.h>

#include "engine/carriers/vonage.h"
#include "engine/core/json.h"

namespace trunkline::vonage {
namespace {

const std::string kUuid = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";

Settings settings() {
    Settings s;
    s.public_url = "https://voice.example.com";
    return s;
}

Json ncco(const Settings& s, const FormPairs& params = {}) {
    IncomingCall call;
    call.carrier_call_id = kUuid;
    const auto doc = Json::parse(connect_ncco(s, call, "tick.et", params));
    EXPECT_TRUE(doc);
    return doc.value_or(Json());
}

TEST(VonageNcco, Line22P26OneConnectAndNothingBehindIt) {
    const Json doc = ncco(settings());
    ASSERT_TRUE(doc.is_array());
    ASSERT_EQ(doc.size(), 1U);
    const Json action = doc.at(0);
    EXPECT_EQ(action["action"].text_or(""), "connect") << "`stream` would play a file";
    EXPECT_EQ(action["eventType"].text_or(""), "synchronous");
    EXPECT_EQ(action["eventUrl"].dump(), R"(["https://voice.example.com/vonage/event"])");
    ASSERT_EQ(action["endpoint"].size(), 1U);
    const Json endpoint = action["endpoint"].at(0);
    EXPECT_EQ(endpoint["type"].text_or(""), "websocket");
    EXPECT_EQ(endpoint["uri"].text_or(""), "wss://voice.example.com/vonage/media/tick.et");
    EXPECT_EQ(endpoint["content-type"].text_or(""), "audio/l16;rate=16000");
    EXPECT_EQ(endpoint["headers"].dump(), R"({"leg":")" + kUuid + "\"}");
    EXPECT_EQ(endpoint["authorization"].dump(), R"({"type":"vonage"})");
    EXPECT_EQ(endpoint.keys(), (std::vector<std::string>{"type", "uri", "content-type", "headers", "authorization"}));
}

TEST(VonageNcco, TheMediaRateIsTheConfiguredOne) {
    for (const int rate : {8'000, 16'000, 24'000}) {
        Settings s = settings();
        s.media_rate = rate;
        EXPECT_EQ(ncco(s).at(0)["endpoint"].at(0)["content-type"].text_or(""),
                  "audio/l16;rate=" + std::to_string(rate));
    }
}

TEST(VonageNcco, APlainAddressGivesAPlainSocket) {
    Settings s = settings();
    s.public_url = "http://127.0.0.1:8080";
    EXPECT_EQ(ncco(s).at(0)["endpoint"].at(0)["uri"].text_or(""), "ws://127.0.0.1:8080/vonage/media/tick.et");
}

TEST(VonageNcco, ParamsAreHeaders) {
    const Json headers =
        ncco(settings(), {{"greeting", "Grüß \"Gott\""}, {"rounds", "3"}}).at(0)["endpoint"].at(0)["headers"];
    EXPECT_EQ(headers["greeting"].text_or(""), "Grüß \"Gott\"");
    EXPECT_EQ(headers["rounds"].text_or(""), "3");
    EXPECT_EQ(headers["leg"].text_or(""), kUuid);
}

TEST(VonageNcco, HeadersNeverPassTheirLimitNorTakeReservedNames) {
    for (const FormPairs& params : {FormPairs{{"greeting", std::string(600, 'x')}}, FormPairs{{"event", "x"}},
                                    FormPairs{{"a", "b"}, {"content-type", "x"}}, FormPairs{{"leg", "another"}}}) {
        const Json headers = ncco(settings(), params).at(0)["endpoint"].at(0)["headers"];
        EXPECT_EQ(headers.dump(), R"({"leg":")" + kUuid + "\"}") << "all or none: a part would be taken for the whole";
        EXPECT_LE(headers.dump().size(), kMaxHeaderBytes);
    }
}

TEST(VonageNcco, ACustomAuthorizationIsAnotherOneForEveryTicket) {
    Settings s = settings();
    s.socket_auth = SocketAuth::kCustom;
    s.socket_key = "the key";
    const Json authorization = ncco(s).at(0)["endpoint"].at(0)["authorization"];
    EXPECT_EQ(authorization["type"].text_or(""), "custom");
    EXPECT_EQ(authorization["value"].text_or(""), socket_authorization(s, "tick.et"));
    EXPECT_TRUE(authorization["value"].text_or("").starts_with("Bearer "));
    EXPECT_NE(socket_authorization(s, "tick.et"), socket_authorization(s, "tick.eu"));
    EXPECT_EQ(socket_authorization(s, "tick.et").find("the key"), std::string::npos);
}

TEST(VonageNcco, TheFallbackIsAnApologyOrTheConfiguredOne) {
    const auto apology = Json::parse(fallback_ncco(settings()));
    ASSERT_TRUE(apology);
    ASSERT_EQ(apology->size(), 1U);
    EXPECT_EQ(apology->at(0)["action"].text_or(""), "talk");
    EXPECT_FALSE(apology->at(0)["text"].text_or("").empty());
    Settings s = settings();
    s.fallback_ncco = R"([{"action":"talk","text":"Entschuldigung","language":"de-DE"}])";
    EXPECT_EQ(fallback_ncco(s), s.fallback_ncco);
}

}  // namespace
}  // namespace trunkline::vonage
