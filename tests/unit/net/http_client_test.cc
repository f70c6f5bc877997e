// HttpClient against our server: answers, limits, errors, cancelling.
#include "engine/net/http_client.h"

#include <glib.h>
#include <gtest/gtest.h>

#include "server_support.h"

namespace trunkline::test {
namespace {

using std::chrono_literals::operator""s;

class HttpClientTest : public testing::Test {
  protected:
    HttpClientTest() {
        g_main_context_push_thread_default(shard.context());
        client = std::make_unique<HttpClient>();
    }
    ~HttpClientTest() override {
        client.reset();
        g_main_context_pop_thread_default(shard.context());
    }
    Result<HttpAnswer> call(HttpCall what) {
        std::optional<Result<HttpAnswer>> answer;
        client->call(std::move(what), [&](Result<HttpAnswer> got) { answer = std::move(got); });
        EXPECT_FALSE(answer);  // never inside call()
        EXPECT_TRUE(shard.run_until([&] { return answer.has_value(); }, 5s));
        return answer ? std::move(*answer) : Result<HttpAnswer>(fail("none", "no callback"));
    }
    std::string url(const std::string& path) { return "http://127.0.0.1:" + std::to_string(server.port()) + path; }

    TestServer server;
    Shard shard{0};
    std::unique_ptr<HttpClient> client;
};

TEST_F(HttpClientTest, posts_a_body_and_gets_the_answer) {
    auto answer = call({.url = url("/echo"), .headers = {{"X-A", "b"}}, .body = std::string("a\0b", 3)});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, std::string("a\0b", 3));
}

TEST_F(HttpClientTest, an_error_status_is_an_answer) {
    auto answer = call({.method = "GET", .url = url("/nowhere"), .headers = {}});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 404);
}

TEST_F(HttpClientTest, an_answer_above_the_limit_is_an_error) {
    auto answer = call({.url = url("/echo"), .headers = {}, .body = std::string(50'000, 'x'), .max_response = 49'999});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, "response-too-large");
    EXPECT_TRUE(call({.url = url("/echo"), .headers = {}, .body = std::string(50'000, 'x'), .max_response = 50'000}));
}

TEST_F(HttpClientTest, silence_is_a_timeout) {
    auto answer = call({.method = "GET", .url = url("/late"), .headers = {}, .timeout_ms = 20});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, "timeout");
}

TEST_F(HttpClientTest, nobody_listening_is_connect) {
    std::string gone;
    {
        TestServer other;
        gone = "http://127.0.0.1:" + std::to_string(other.port()) + "/";
    }
    auto answer = call({.url = gone, .headers = {}});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, "connect");
}

TEST_F(HttpClientTest, a_bad_url_is_an_error_that_does_not_repeat_it) {
    auto answer = call({.url = "ftp://secret", .headers = {}});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, "bad-url");
    EXPECT_EQ(answer.error().message.find("secret"), std::string::npos);
}

TEST_F(HttpClientTest, many_calls_run_side_by_side) {
    int done = 0;
    for (int i = 0; i < 50; ++i)
        client->call({.method = "GET", .url = url("/late"), .headers = {}}, [&](const Result<HttpAnswer>&) { ++done; });
    ASSERT_TRUE(shard.run_until(
        [&] {
            if (server.handled >= 30)
                server.on_shard([&] {
                    for (auto& reply : server.late) reply(HttpResponse::json(200, "{}"));
                    server.late.clear();
                });
            return done == 50;
        },
        5s));
}

TEST_F(HttpClientTest, destroying_it_silences_what_is_under_way) {
    int done = 0;
    client->call({.method = "GET", .url = url("/late"), .headers = {}}, [&](const Result<HttpAnswer>&) { ++done; });
    client->call({.url = "bad"}, [&](const Result<HttpAnswer>&) { ++done; });
    client.reset();
    shard.run_until([] { return false; }, std::chrono::milliseconds(20));
    EXPECT_EQ(done, 0);
}

}  // namespace
}  // namespace trunkline::test
