// Who gets in: signatures, tickets, the API's key; and what the API tells about calls.
#include <gtest/gtest.h>

#include "tests/integration/rig.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;
using lab::CallResult;

bool has_violation(const CallResult& call, int code) { return call.violation(code) != nullptr; }

TEST(Door, Line2AWebhookWithoutOrWithAWrongSignatureGetsNoCall) {
    Rig rig;
    for (const auto mode : {lab::SignatureMode::kMissing, lab::SignatureMode::kWrong}) {
        auto call = rig.call([&](auto& o) { o.webhook_signature = mode; });
        ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.ended; }, 20s));
        EXPECT_TRUE(call->result().streams.empty());
    }
    EXPECT_TRUE(rig.sql("select id from calls").empty());
}

TEST(Door, ARefusedSignatureIsInTheLogWithoutWhatWasSent) {
    Rig rig;
    testing::internal::CaptureStderr();
    EXPECT_EQ(rig.get("/twilio/voice?key=hidden-word").status, 403);
    EXPECT_EQ(rig.get("/twilio/voice?key=hidden-word", {"X-Twilio-Signature: AAAA"}).status, 403);
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find("signature=missing"), std::string::npos) << log;
    EXPECT_NE(log.find("signature=wrong"), std::string::npos) << log;
    EXPECT_NE(log.find("TWILIO_AUTH_TOKEN"), std::string::npos) << log;
    EXPECT_EQ(log.find("hidden-word"), std::string::npos) << log;
}

TEST(Door, Line2TheSignatureMayHaveBeenMadeWithThePort) {
    Rig rig;
    auto call = rig.call([](auto& o) { o.webhook_signature = lab::SignatureMode::kWithPort; });
    EXPECT_TRUE(
        call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().opened_ms >= 0; }, 20s));
}

TEST(Door, P13TheUpgradeIsCheckedAgainstTheWssUrl) {
    for (const auto mode :
         {lab::SignatureMode::kMissing, lab::SignatureMode::kWrong, lab::SignatureMode::kHttpsScheme}) {
        Rig rig;
        auto call = rig.call([&](auto& o) { o.stream_signature = mode; });
        ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.ended; }, 20s));
        EXPECT_TRUE(has_violation(call->result(), lab::kStreamHandshake));
        EXPECT_EQ(call->result().stream().http_status, 403);
        EXPECT_TRUE(rig.agent().sessions().empty());
    }
}

TEST(Door, P11Line1OnlyTheMediaPathUpgrades) {
    Rig rig;
    for (const char* path : {"/", "/twilio/media/", "/twilio/media/abc", "/twilio/media/a/b", "/nope"}) {
        EXPECT_NE(rig.get(path, {"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="})
                      .status,
                  101)
            << path;
    }
}

TEST(Door, Line7P12ATicketIsMintedWithTheTwimlAndUsedOnce) {
    Rig rig;
    auto call = rig.call();
    ASSERT_TRUE(
        call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().opened_ms >= 0; }, 20s));
    const std::string url = call->result().stream().dialed_url;
    const std::string path = url.substr(url.find("/twilio/media/"));
    const auto again = rig.get(path, {"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="});
    EXPECT_EQ(again.status, 403);
    EXPECT_EQ(url.find('?'), std::string::npos) << "Line19: no query in the stream's URL";
}

TEST(Door, Line6MissingConnectedIsNoMatter) {
    Rig rig;
    auto call = rig.call([](auto& o) { o.faults.skip_connected = true; });
    EXPECT_TRUE(
        call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 20s));
}

TEST(Door, Line8Line9OddMessagesDoNotDisturbTheCall) {
    Rig rig;
    auto call = rig.call([](auto& o) {
        o.faults.counters_as_numbers = true;
        o.faults.unknown_event_every = 5;
        o.faults.bad_base64_every = 50;
        o.faults.start_twice = true;
        o.faults.payload_bytes = {160, 0, 1, 159, 161, 4000};
    });
    ASSERT_TRUE(
        call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 20s));
    call->press("5#");
    ASSERT_TRUE(rig.wait_sql("select 1 from call_events where type = 'dtmf'", 2));
    call->hang_up();
    const std::string id = rig.ended_call(call->result().call_sid);
    expect_one_clean_end(rig, id);
    EXPECT_EQ(rig.facts(id, "dtmf").size(), 2U);  // Line16
    for (const auto& s : rig.agent().sessions()) EXPECT_TRUE(s.violations.empty()) << s.violations[0].what;
}

TEST(Door, Line20StatusCallbacksMayComeTwiceAndOutOfOrder) {
    Rig rig;
    auto call = rig.call([&](auto& o) {
        o.status_callback = rig.base_url() + "/twilio/status";
        o.reorder_status = true;
        o.duplicate_status = true;
    });
    ASSERT_TRUE(
        call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 20s));
    call->hang_up();
    expect_one_clean_end(rig, rig.ended_call(call->result().call_sid));
    ASSERT_TRUE(call->wait_for(
        [](const CallResult& c) { return !c.status_callbacks.empty() && c.status_callbacks.back().http_status != 0; },
        10s));
    for (const auto& callback : call->result().status_callbacks) EXPECT_EQ(callback.http_status / 100, 2);
}

TEST(Door, TheApiTellsOfCallsAndNamesWhatIsWrong) {
    Rig rig;
    auto call = rig.call();
    ASSERT_TRUE(
        call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 20s));
    call->hang_up();
    const std::string sid = call->result().call_sid;
    const std::string id = rig.ended_call(sid);
    for (const std::string& name : {id, sid}) {
        const auto [status, body] = rig.get("/api/v1/calls/" + name);
        ASSERT_EQ(status, 200) << body;
        EXPECT_EQ((*Json::parse(body))["id"].text_or(""), id);
    }
    EXPECT_EQ((*Json::parse(rig.get("/api/v1/calls?status=completed").body))["calls"].size(), 1U);
    EXPECT_EQ((*Json::parse(rig.get("/api/v1/calls/" + id + "/log").body))["log"].size(), 1U);
    EXPECT_GE((*Json::parse(rig.get("/api/v1/calls/" + id + "/events").body))["events"].size(), 5U);
    EXPECT_EQ((*Json::parse(rig.get("/api/v1/calls/" + id + "/turns").body))["turns"].size(), 1U);
    EXPECT_EQ(rig.get("/api/v1/calls/nobody").status, 404);
    const auto [bad, problem] = rig.get("/api/v1/calls?stauts=completed");
    EXPECT_EQ(bad, 400);
    EXPECT_NE(problem.find("stauts"), std::string::npos);
    EXPECT_EQ(rig.get("/healthz").status, 200);
    EXPECT_EQ(rig.get("/readyz").status, 200);
    const std::string metrics = rig.get("/metrics").body;
    EXPECT_NE(metrics.find("trunkline_calls_ended_total{status=\"completed\",reason=\"caller-hangup\"} 1"),
              std::string::npos)
        << metrics;
}

TEST(Door, WithoutAKeyWhoComesThroughAProxyOnThisMachineIsNoNeighbour) {
    Rig rig;
    const std::vector<std::string> strangers[] = {{"Host: voice.example.com"},
                                                  {"Host: 127.example.com"},  // a name that was made to mean us
                                                  {"Host: localhost.example.com:8080"},
                                                  {"Host:"},
                                                  {"X-Forwarded-For: 203.0.113.9"},
                                                  {"Forwarded: for=203.0.113.9"},
                                                  {"X-Real-IP: 203.0.113.9"},
                                                  {"CF-Connecting-IP: 203.0.113.9"},
                                                  {"Via: 1.1 edge"}};
    for (const auto& headers : strangers) {
        for (const char* path : {"/api/v1/calls", "/metrics"}) {
            const auto [status, body] = rig.get(path, headers);
            EXPECT_EQ(status / 100, 4) << headers[0] << " " << path << ": " << body.substr(0, 200);
        }
    }
    EXPECT_NE(rig.get("/metrics", {"Host: voice.example.com"}).body.find("TRUNKLINE_API_KEY"), std::string::npos);
    for (const char* host : {"Host: localhost", "Host: LOCALHOST:8080", "Host: 127.0.0.1:1", "Host: [::1]:8080"})
        EXPECT_EQ(rig.get("/metrics", {host}).status, 200) << host;
    EXPECT_EQ(rig.get("/healthz", {"Host: voice.example.com"}).status, 200) << "probes may come from anywhere";
}

}  // namespace
}  // namespace trunkline::test
