// Vonage's REST API as the engine uses it, against a stand-in server.
#include "engine/carriers/vonage_rest.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <optional>

#include "engine/carriers/vonage_hangup.h"
#include "engine/core/json.h"
#include "fake_api.h"
#include "rsa_key.h"

namespace trunkline::vonage {
namespace {

using test::FakeApi;
using namespace std::chrono_literals;

const std::string kUuid = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";
const std::string kStarted =
    R"({"uuid":")" + kUuid + R"(","status":"started","direction":"outbound","conversation_uuid":"CON-1"})";
constexpr const char* kThrottled =
    R"({"type":"https://developer.vonage.com/api-errors#throttled","title":"Rate Limit Hit",
    "detail":"Please wait, then retry your request","instance":"bf0ca0bf927b3b52e3cb03217e1a1ddf"})";
constexpr const char* kNotFound = R"({"type":"https://developer.vonage.com/api-errors#not-found","title":"Not Found.",
    "detail":"Call does not exist","instance":"1"})";

class VonageRestTest : public testing::Test {
  protected:
    FakeApi& api(std::vector<FakeApi::Answer> answers) {
        api_.emplace(std::move(answers));
        return *api_;
    }
    RestSettings settings() const {
        RestSettings s;
        s.base_url = api_ ? api_->url() : "http://127.0.0.1:1";
        s.application_id = "app-1";
        s.private_key = test::private_key_pem();
        s.first_retry_ms = 1;
        // As many as the tests like, and no waiting: the limits have tests of their own.
        s.limits.reset(new RestLimits{.creates{100, 1, 1'000'000'000}, .others{100, 1, 1'000'000'000}});
        return s;
    }
    template <class T, class Ask>
    Result<T> run(Ask ask) {
        std::optional<Result<T>> answer;
        std::optional<RestClient> client;
        const bool done = shard_.run_until(
            [&] {
                if (!client) {
                    client.emplace(&shard_, settings());
                    ask(*client, [&](Result<T> got) { answer = std::move(got); });
                }
                return answer.has_value();
            },
            30s);
        shard_.run_until([&] { return client.reset(), true; }, 1s);
        return done ? *answer : Result<T>(fail("no-answer", "none came"));
    }
    Result<RestCall> place(const PlaceCall& call) {
        return run<RestCall>([&](RestClient& client, auto done) { client.place(call, done); });
    }
    Status hang_up() {
        return run<void>([&](RestClient& client, auto done) { client.hang_up(kUuid, done); });
    }

    static PlaceCall simple_call() {
        PlaceCall call;
        call.to = "+15550199";
        call.from = "15550100";
        call.answer_url = "https://voice.example.com/vonage/answer";
        call.event_url = "https://voice.example.com/vonage/event";
        return call;
    }

    Shard shard_{0};
    std::optional<FakeApi> api_;
};

TEST_F(VonageRestTest, Line35A201IsAPlacedCall) {
    auto& server = api({{201, kStarted}});
    const auto call = place(simple_call());
    ASSERT_TRUE(call) << call.error().message;
    EXPECT_EQ(call->uuid, kUuid);
    EXPECT_EQ(call->conversation_uuid, "CON-1");
    EXPECT_EQ(call->status, "initiated");
    ASSERT_EQ(server.asked().size(), 1U);
    const auto asked = server.asked()[0];
    EXPECT_EQ(asked.method, "POST");
    EXPECT_EQ(asked.path, "/v1/calls");
    EXPECT_EQ(asked.body,
              R"({"to":[{"type":"phone","number":"15550199"}],"from":{"type":"phone","number":"15550100"},)"
              R"("answer_url":["https://voice.example.com/vonage/answer"],"answer_method":"GET",)"
              R"("event_url":["https://voice.example.com/vonage/event"],"event_method":"POST","ringing_timer":60})");
}

/// The same bodies are what the official SDK sends for such calls: tests/judges/vonage.test.mjs.
TEST_F(VonageRestTest, BodiesAreThoseOfTheSdk) {
    std::ifstream in(TRUNKLINE_REST_BODIES);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto cases = Json::parse(text);
    ASSERT_TRUE(cases) << TRUNKLINE_REST_BODIES;
    ASSERT_EQ(cases->size(), 2U);
    for (size_t i = 0; i < cases->size(); ++i) {
        const Json wanted = cases->at(i)["call"];
        PlaceCall call;
        call.to = wanted["to"].text_or("");
        call.from = wanted["from"].text_or("");
        call.answer_url = wanted["answer_url"].text_or("");
        call.event_url = wanted["event_url"].text_or("");
        if (wanted["ncco"].exists()) call.ncco = wanted["ncco"].dump();
        call.machine_detection = wanted["machine_detection"].text_or("");
        call.ringing_timer_s = static_cast<int>(wanted["ringing_timer_s"].int_or(60));
        EXPECT_EQ(place_body(call), cases->at(i)["body"].dump()) << cases->at(i)["what"].text_or("");
    }
}

TEST_F(VonageRestTest, Line35EveryRequestHasATokenOfTheApplication) {
    auto& server = api({{204, ""}});
    ASSERT_TRUE(hang_up());
    const std::string authorization = server.asked().at(0).authorization;
    ASSERT_TRUE(authorization.starts_with("Bearer "));
    const auto claims = Json::parse(test::claims_signed(authorization.substr(7)));
    ASSERT_TRUE(claims) << "signed with the application's key";
    EXPECT_EQ((*claims)["application_id"].text_or(""), "app-1");
    EXPECT_FALSE((*claims)["jti"].text_or("").empty());
    const int64_t life = (*claims)["exp"].int_or(0) - (*claims)["iat"].int_or(0);
    EXPECT_GE(life, 30);
    EXPECT_LE(life, 86'400);
}

TEST_F(VonageRestTest, Line33Line35A204IsAHangUp) {
    auto& server = api({{204, ""}});
    EXPECT_TRUE(hang_up());
    EXPECT_EQ(server.asked().at(0).method, "PUT");
    EXPECT_EQ(server.asked().at(0).path, "/v1/calls/" + kUuid);
    EXPECT_EQ(server.asked().at(0).body, R"({"action":"hangup"})");
}

TEST_F(VonageRestTest, Line35A200IsAFetchedCallWhoseNumbersAreObjects) {
    auto& server =
        api({{200, R"({"uuid":")" + kUuid + R"(","status":"answered","to":{"type":"phone","number":"1"}})"}});
    const auto call = run<RestCall>([&](RestClient& client, auto done) { client.fetch(kUuid, done); });
    ASSERT_TRUE(call) << call.error().message;
    EXPECT_EQ(call->status, "in_progress");
    EXPECT_EQ(server.asked().at(0).method, "GET");
}

TEST_F(VonageRestTest, ACallThatIsGoneIsHungUp) {
    api({{404, kNotFound}});
    EXPECT_TRUE(hang_up());
}

TEST_F(VonageRestTest, AnErrorIsSurfacedWithItsTitleDetailAndParameters) {
    api({{400, R"({"type":"https://developer.vonage.com/api-errors","title":"Bad Request","detail":"The request failed",
        "instance":"x","invalid_parameters":[{"name":"to.number","reason":"must be 7 to 15 digits"}]})"}});
    const auto call = place(simple_call());
    ASSERT_FALSE(call);
    EXPECT_EQ(call.error().code, "vonage-400");
    EXPECT_EQ(call.error().message,
              "Vonage refused (HTTP 400): Bad Request: The request failed (to.number must be 7 to 15 digits)");
}

TEST_F(VonageRestTest, ErrorsOfOtherShapesHaveASentenceToo) {
    for (const char* body : {"", "<html>", "[]", R"({"type":9})", R"({"title":null,"invalid_parameters":"x"})"}) {
        const Error error = read_error({500, {}, body});
        EXPECT_EQ(error.code, "vonage-500");
        EXPECT_EQ(error.message, "Vonage refused (HTTP 500): no reason given") << body;
    }
    EXPECT_NE(read_error({403, {}, R"({"type":"x","error_title":"Forbidden"})"}).message.find("Forbidden"),
              std::string::npos);
    EXPECT_LE(read_error({400, {}, R"({"title":")" + std::string(9'000, 'x') + "\"}"}).message.size(), 1'200U);
}

TEST_F(VonageRestTest, AnAnswerThatIsNoCallIsAnError) {
    api({{201, R"({"status":"started"})"}});
    const auto call = place(simple_call());
    ASSERT_FALSE(call);
    EXPECT_EQ(call.error().code, "vonage-201");
}

TEST_F(VonageRestTest, Line35A429IsTriedAgainUntilItSucceedsOrIsGivenUp) {
    {
        auto& server = api({{429, kThrottled}, {429, kThrottled}, {201, kStarted}});
        EXPECT_TRUE(place(simple_call()));
        EXPECT_EQ(server.asked().size(), 3U);
    }
    auto& server = api({{429, kThrottled}});
    const auto call = place(simple_call());
    ASSERT_FALSE(call);
    EXPECT_EQ(call.error().code, "vonage-429");
    EXPECT_EQ(server.asked().size(), 4U);
}

TEST_F(VonageRestTest, A503NeverPlacesACallTwiceButHangsUpAgain) {
    {
        auto& server = api({{503, ""}, {201, kStarted}});
        EXPECT_FALSE(place(simple_call()));
        EXPECT_EQ(server.asked().size(), 1U);
    }
    auto& server = api({{503, ""}, {204, ""}});
    EXPECT_TRUE(hang_up());
    EXPECT_EQ(server.asked().size(), 2U);
}

TEST_F(VonageRestTest, Line35A401IsTriedOnceMoreWithANewToken) {
    {
        auto& server = api({{401, R"({"title":"Unauthorized"})"}, {204, ""}});
        EXPECT_TRUE(hang_up());
        ASSERT_EQ(server.asked().size(), 2U);
        EXPECT_NE(server.asked()[0].authorization, server.asked()[1].authorization);
    }
    auto& server = api({{401, R"({"title":"Unauthorized"})"}});
    const auto done = hang_up();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, "vonage-401");
    EXPECT_NE(done.error().message.find("VONAGE_PRIVATE_KEY"), std::string::npos);
    EXPECT_EQ(server.asked().size(), 2U);
}

TEST_F(VonageRestTest, AServerThatIsNotThereIsAnError) {
    const auto done = hang_up();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, "connect");
}

TEST_F(VonageRestTest, Line33AHangUpIsRememberedAndToldWhenVonageHasAnswered) {
    auto& server = api({{204, ""}});
    HangUps hang_ups(1, settings());
    bool asked = false, told = false;
    shard_.run_until(
        [&] {
            if (!std::exchange(asked, true)) {
                hang_ups.hang_up(&shard_, kUuid, [&] { told = true; });
                EXPECT_TRUE(hang_ups.intended(kUuid)) << "before anything is sent";
                EXPECT_FALSE(told) << "never inside the call";
            }
            return told;
        },
        30s);
    EXPECT_TRUE(told);
    EXPECT_EQ(server.asked().size(), 1U);
    EXPECT_FALSE(hang_ups.intended("another"));
    shard_.run_until([&] { return hang_ups.release(&shard_), true; }, 1s);
}

TEST_F(VonageRestTest, WithoutCredentialsOrAServerAHangUpIsToldAllTheSame) {
    for (const bool credentials : {false, true}) {
        HangUps hang_ups(1, credentials ? std::optional(settings()) : std::nullopt);
        int told = 0;
        bool asked = false;
        shard_.run_until(
            [&] {
                if (!std::exchange(asked, true)) hang_ups.hang_up(&shard_, kUuid, [&] { ++told; });
                return told > 0;
            },
            30s);
        EXPECT_EQ(told, 1);
        EXPECT_TRUE(hang_ups.intended(kUuid));
        shard_.run_until([&] { return hang_ups.release(&shard_), true; }, 1s);
    }
}

TEST(VonageHangUps, RememberABoundedNumber) {
    Shard shard(0);
    HangUps hang_ups(1, std::nullopt);
    size_t told = 0;
    bool asked = false;
    const size_t many = HangUps::kRemembered + 10;
    shard.run_until(
        [&] {
            if (!std::exchange(asked, true)) {
                for (size_t i = 0; i < many; ++i) hang_ups.hang_up(&shard, std::to_string(i), [&] { ++told; });
            }
            return told == many;
        },
        30s);
    EXPECT_FALSE(hang_ups.intended("9"));
    EXPECT_TRUE(hang_ups.intended("10"));
}

TEST(VonageTokens, Line35AreKeptAndRenewedBeforeTheyExpire) {
    TokenSource tokens("app-1", test::private_key_pem(), 900);
    const std::string first = *tokens.token(1'000);
    EXPECT_EQ(*tokens.token(1'839), first);
    const std::string second = *tokens.token(1'840);
    EXPECT_NE(second, first) << "60 s before the end";
    EXPECT_EQ(*tokens.token(1'841), second);
    EXPECT_NE(*tokens.token(900), second) << "a clock that was set back makes it a token of the future";
    tokens.forget();
    EXPECT_NE(*tokens.token(901), second);
}

TEST(VonageTokens, AShortLifeIsUsedByHalf) {
    TokenSource tokens("app-1", test::private_key_pem(), 30);
    const std::string first = *tokens.token(1'000);
    EXPECT_EQ(*tokens.token(1'014), first);
    EXPECT_NE(*tokens.token(1'015), first);
}

TEST(VonageTokens, ABadKeyIsAnError) {
    TokenSource tokens("app-1", "nonsense", 900);
    const auto token = tokens.token(1'000);
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, "jwt-key");
}

TEST(RollingLimit, Line35LetsThreeGoInAnyRollingSecond) {
    constexpr int64_t kSecond = 1'000'000'000;
    RollingLimit limit(3, kSecond, 60 * kSecond);
    std::vector<int64_t> moments;
    for (int64_t now : {0, 0, 100, 100, 100, 500, 2'100, 2'100}) moments.push_back(*limit.take(now * 1'000'000));
    for (size_t i = 3; i < moments.size(); ++i) EXPECT_GE(moments[i] - moments[i - 3], kSecond) << i;
    EXPECT_EQ(moments[0], 0);
    EXPECT_EQ(moments[2], 100'000'000) << "what is allowed goes at once";
    EXPECT_EQ(moments[3], kSecond);
}

TEST(RollingLimit, BacksOffWhenTheOtherSideSaysSo) {
    RollingLimit limit(3, 1'000, 10'000);
    EXPECT_EQ(*limit.take(0), 0);
    limit.back_off(500);
    EXPECT_EQ(*limit.take(500), 1'500);
}

TEST(RollingLimit, RefusesWhatWouldWaitTooLong) {
    RollingLimit limit(1, 1'000, 2'500);
    EXPECT_EQ(*limit.take(0), 0);
    EXPECT_EQ(*limit.take(0), 1'000);
    EXPECT_EQ(*limit.take(0), 2'000);
    EXPECT_FALSE(limit.take(0));
    EXPECT_EQ(*limit.take(600), 3'000) << "a refused one took no place";
}

}  // namespace
}  // namespace trunkline::vonage
