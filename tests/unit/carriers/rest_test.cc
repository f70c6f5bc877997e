// Twilio's REST API as the engine uses it, against a stand-in server.
#include <gtest/gtest.h>

#include <optional>

#include "engine/carriers/twilio_rest.h"
#include "fake_api.h"

namespace trunkline::twilio {
namespace {

using test::FakeApi;
using namespace std::chrono_literals;

const std::string kSid = "CA0123456789abcdef0123456789abcdef";
const std::string kQueued = R"({"sid":")" + kSid + R"(","status":"queued","queue_time":"2000"})";
constexpr const char* kBusy = R"({"code":20429,"message":"Too many requests","status":429})";
constexpr const char* kGone = R"({"code":20404,"message":"The requested resource was not found","status":404})";

class RestTest : public testing::Test {
  protected:
    FakeApi& api(std::vector<FakeApi::Answer> answers) {
        api_.emplace(std::move(answers));
        return *api_;
    }
    RestSettings settings() const {
        RestSettings s;
        s.base_url = api_ ? api_->url() + "/2010-04-01" : "http://127.0.0.1:1";
        s.account_sid = "AC1";
        s.user = "SK1";
        s.password = "secret";
        s.first_retry_ms = 1;
        return s;
    }
    /// Runs `ask` with a client on the shard until its answer is there.
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
            10s);
        shard_.run_until([&] { return client.reset(), true; }, 1s);
        return done ? *answer : Result<T>(fail("no-answer", "none came"));
    }
    Result<RestCall> place(const PlaceCall& call) {
        return run<RestCall>([&](RestClient& client, auto done) { client.place(call, done); });
    }
    Status hang_up() {
        return run<void>([&](RestClient& client, auto done) { client.hang_up(kSid, done); });
    }

    Shard shard_{0};
    std::optional<FakeApi> api_;
};

TEST_F(RestTest, Line21A201IsAPlacedCall) {
    auto& server = api({{201, kQueued}});
    const auto call = place({"+15550199", "+15550100", "https://voice.example.com/twilio/voice", "",
                             "https://voice.example.com/twilio/status", 30});
    ASSERT_TRUE(call) << call.error().message;
    EXPECT_EQ(call->sid, kSid);
    ASSERT_EQ(server.asked().size(), 1U);
    const auto asked = server.asked()[0];
    EXPECT_EQ(asked.method, "POST");
    EXPECT_EQ(asked.path, "/2010-04-01/Accounts/AC1/Calls.json");
    EXPECT_EQ(asked.authorization, "Basic U0sxOnNlY3JldA==");
    EXPECT_EQ(asked.body,
              "To=%2B15550199&From=%2B15550100&Url=https%3A%2F%2Fvoice.example.com%2Ftwilio%2Fvoice"
              "&StatusCallback=https%3A%2F%2Fvoice.example.com%2Ftwilio%2Fstatus&StatusCallbackEvent=initiated"
              "&StatusCallbackEvent=ringing&StatusCallbackEvent=answered&StatusCallbackEvent=completed&Timeout=30");
}

TEST_F(RestTest, Line21ACallAboveTheRateIsQueuedNotRefused) {
    api({{201, kQueued}});
    const auto call = place({"+1", "+2", "", "<Response/>", "", 60});
    ASSERT_TRUE(call);
    EXPECT_EQ(call->status, "initiated");
    EXPECT_EQ(call->queue_ms, 2000);
}

TEST_F(RestTest, Line21A200IsAFetchedCall) {
    auto& server = api({{200, R"({"sid":")" + kSid + R"(","status":"in-progress","queue_time":null})"}});
    const auto call = run<RestCall>([&](RestClient& client, auto done) { client.fetch(kSid, done); });
    ASSERT_TRUE(call) << call.error().message;
    EXPECT_EQ(call->status, "in_progress");
    EXPECT_EQ(server.asked().at(0).method, "GET");
    EXPECT_EQ(server.asked().at(0).path, "/2010-04-01/Accounts/AC1/Calls/" + kSid + ".json");
}

TEST_F(RestTest, Line21AnErrorIsSurfacedWithItsCode) {
    api({{400, R"({"code":21211,"message":"The 'To' number is not valid","status":400})"}});
    const auto call = place({"nobody", "+2", "", "<Response/>", "", 60});
    ASSERT_FALSE(call);
    EXPECT_EQ(call.error().code, "twilio-21211");
    EXPECT_NE(call.error().message.find("The 'To' number is not valid"), std::string::npos);
    EXPECT_EQ(call.error().message.find("secret"), std::string::npos);
}

TEST_F(RestTest, AnErrorWithoutACodeNamesTheHttpStatus) {
    api({{500, "<html>oops</html>"}});
    const auto call = place({"+1", "+2", "", "<Response/>", "", 60});
    ASSERT_FALSE(call);
    EXPECT_EQ(call.error().code, "twilio-http");
    EXPECT_NE(call.error().message.find("500"), std::string::npos);
}

TEST_F(RestTest, AnAnswerThatIsNoCallIsAnError) {
    api({{201, R"({"status":"queued"})"}});
    const auto call = place({"+1", "+2", "", "<Response/>", "", 60});
    ASSERT_FALSE(call);
    EXPECT_EQ(call.error().code, "twilio-http");
}

TEST_F(RestTest, Line21A429IsTriedAgainUntilItSucceeds) {
    auto& server = api({{429, kBusy}, {429, kBusy}, {201, kQueued}});
    const auto call = place({"+1", "+2", "", "<Response/>", "", 60});
    ASSERT_TRUE(call) << call.error().message;
    ASSERT_EQ(server.asked().size(), 3U);
    EXPECT_EQ(server.asked()[2].body, server.asked()[0].body);
}

TEST_F(RestTest, Line21A429IsGivenUpOnInTheEnd) {
    auto& server = api({{429, kBusy}});
    const auto call = place({"+1", "+2", "", "<Response/>", "", 60});
    ASSERT_FALSE(call);
    EXPECT_EQ(call.error().code, "twilio-20429");
    EXPECT_EQ(server.asked().size(), 4U);
}

TEST_F(RestTest, A503IsTriedAgainWhereTwiceIsHarmless) {
    auto& server = api({{503, ""}, {200, kQueued}});
    EXPECT_TRUE(hang_up());
    EXPECT_EQ(server.asked().size(), 2U);
}

TEST_F(RestTest, A503NeverPlacesACallTwice) {
    auto& server = api({{503, ""}, {201, kQueued}});
    EXPECT_FALSE(place({"+1", "+2", "", "<Response/>", "", 60}));
    EXPECT_EQ(server.asked().size(), 1U);
}

TEST_F(RestTest, HangUpEndsTheCall) {
    auto& server = api({{200, kQueued}});
    EXPECT_TRUE(hang_up());
    EXPECT_EQ(server.asked().at(0).path, "/2010-04-01/Accounts/AC1/Calls/" + kSid + ".json");
    EXPECT_EQ(server.asked().at(0).body, "Status=completed");
}

TEST_F(RestTest, Line17HangingUpACallThatIsGoneIsDone) {
    api({{404, kGone}});
    EXPECT_TRUE(hang_up());
}

TEST_F(RestTest, Line17TheCodeAloneSaysThatItIsGone) {
    api({{400, kGone}});
    EXPECT_TRUE(hang_up());
}

TEST_F(RestTest, HangUpSurfacesOtherErrors) {
    api({{401, R"({"code":20003,"message":"Authenticate"})"}});
    const auto done = hang_up();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, "twilio-20003");
}

TEST_F(RestTest, AServerThatIsNotThereIsAnError) {
    const auto done = hang_up();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, "connect");
}

}  // namespace
}  // namespace trunkline::twilio
