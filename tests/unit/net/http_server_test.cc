// HttpServer as clients see it over real TCP: routes, limits, late answers, upgrades, and clients that misbehave.
#include "engine/net/http_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <thread>

#include "server_support.h"

namespace trunkline::test {
namespace {

const std::string kUpgrade =
    "Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"; }

std::string answer_to(uint16_t port, const std::string& request) { return RawClient(port).send(request).read_to_end(); }

bool eventually(const std::function<bool()>& done) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!done() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return done();
}

TEST(HttpServer, answers_on_the_shard_and_only_once) {
    TestServer server;
    std::string answer = answer_to(server.port(), get("/hello?a=%20b"));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(answer.ends_with("\r\n\r\nhello from shard 0 a=%20b"));
    EXPECT_NE(answer.find("\r\nServer: trunkline\r\n"), std::string::npos);
}

// libsoup 3.2 leaks a connection that the client closes while it is idle, so none is ever idle.
TEST(HttpServer, a_connection_ends_with_its_answer_even_when_the_client_would_keep_it) {
    TestServer server;
    std::string answer = answer_to(server.port(), "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos);
}

// libsoup answers these itself, without asking a handler. The client would have to wait longer than its limit of 5 s.
TEST(HttpServer, a_connection_ends_with_its_answer_even_when_no_handler_is_asked) {
    TestServer server;
    for (const char* method : {"OPTIONS", "GET", "NOVELTY"}) {
        RawClient client(server.port());
        const std::string answer = client.send(std::string(method) + " * HTTP/1.1\r\nHost: x\r\n\r\n").read_to_end();
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 4")) << answer;
        EXPECT_TRUE(client.ended) << method;
    }
}

TEST(HttpServer, head_has_the_length_but_not_the_body) {
    TestServer server;
    std::string answer = answer_to(server.port(), "HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200"));
    EXPECT_NE(answer.find("Content-Length: 19\r\n"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST(HttpServer, unknown_paths_and_methods_are_problems) {
    TestServer server;
    std::string missing = answer_to(server.port(), get("/nothing"));
    EXPECT_TRUE(missing.starts_with("HTTP/1.1 404"));
    EXPECT_NE(missing.find("application/problem+json"), std::string::npos);
    EXPECT_NE(missing.find("\"status\":404"), std::string::npos);
    std::string wrong = answer_to(server.port(), "DELETE /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(wrong.starts_with("HTTP/1.1 405"));
    EXPECT_NE(wrong.find("\r\nAllow: GET, HEAD\r\n"), std::string::npos);
}

TEST(HttpServer, captures_are_decoded_and_odd_encodings_do_no_harm) {
    TestServer server;
    EXPECT_TRUE(answer_to(server.port(), get("/calls/a%2Fb/log")).ends_with("\r\n\r\n/calls/a%2Fb/log a/b"));
    EXPECT_TRUE(answer_to(server.port(), get("/calls/..%2f..%2fetc/log")).ends_with(" ../../etc"));
    for (const char* path : {"/calls/%zz/log", "/calls/%/log", "/calls/%00/log", "/calls/%ff%fe/log", "/%c0%ae", "*"}) {
        std::string answer = answer_to(server.port(), get(path));
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 ")) << path;
    }
    EXPECT_TRUE(answer_to(server.port(), get("/hello")).starts_with("HTTP/1.1 200"));
}

TEST(HttpServer, rubbish_instead_of_http_does_no_harm) {
    TestServer server;
    for (const char* rubbish :
         {"\x16\x03\x01\x02", "GET\r\n\r\n", "\r\n\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n",
          "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
          "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"})
        RawClient(server.port()).send(rubbish);
    EXPECT_TRUE(answer_to(server.port(), get("/hello")).starts_with("HTTP/1.1 200"));
}

TEST(HttpServer, a_body_as_large_as_the_limit_passes_and_one_byte_more_is_413) {
    HttpServerOptions options;
    options.max_body = 100'000;
    TestServer server(options);
    auto post = [](size_t size) {
        return "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " + std::to_string(size) +
               "\r\n\r\n" + std::string(size, 'b');
    };
    EXPECT_TRUE(answer_to(server.port(), post(100'000)).ends_with(std::string(100'000, 'b')));
    EXPECT_TRUE(answer_to(server.port(), post(100'001)).starts_with("HTTP/1.1 413"));
    EXPECT_EQ(server.handled, 1);
}

TEST(HttpServer, a_chunked_body_above_the_limit_is_413) {
    HttpServerOptions options;
    options.max_body = 1000;
    TestServer server(options);
    std::string chunks;
    for (int i = 0; i < 30; ++i) chunks += "64\r\n" + std::string(100, 'c') + "\r\n";
    std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_TRUE(answer_to(server.port(), head + chunks + "0\r\n\r\n").starts_with("HTTP/1.1 413"));
    EXPECT_EQ(server.handled, 0);
}

TEST(HttpServer, expect_continue_with_too_large_a_body_is_413_at_once) {
    TestServer server;
    RawClient client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
    EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 413"));
}

TEST(HttpServer, an_answer_may_come_late) {
    TestServer server;
    RawClient client(server.port());
    client.send(get("/late"));
    ASSERT_TRUE(eventually([&] { return server.handled == 1; }));
    server.on_shard([&] { server.late.at(0)(HttpResponse::json(202, "{\"late\":true}")); });
    std::string answer = client.read_to_end();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 202"));
    EXPECT_TRUE(answer.ends_with("{\"late\":true}"));
}

TEST(HttpServer, a_late_answer_to_a_client_that_is_gone_is_nothing) {
    TestServer server;
    { RawClient(server.port()).send(get("/late")); }
    ASSERT_TRUE(eventually([&] { return server.handled == 1; }));
    server.on_shard([&] { server.late.at(0)(HttpResponse::json(200, std::string(2'000'000, 'x'))); });
    EXPECT_TRUE(answer_to(server.port(), get("/hello")).starts_with("HTTP/1.1 200"));
}

TEST(HttpServer, a_late_answer_after_the_server_has_gone_is_nothing) {
    TestServer server;
    RawClient client(server.port());
    client.send(get("/late"));
    ASSERT_TRUE(eventually([&] { return server.handled == 1; }));
    server.server.reset();
    server.on_shard([&] { server.late.at(0)(HttpResponse::json(200, "{}")); });
    EXPECT_EQ(client.read_to_end(), "");
}

TEST(HttpServer, a_handler_that_forgets_its_answer_is_a_500) {
    TestServer server;
    EXPECT_TRUE(answer_to(server.port(), get("/never")).starts_with("HTTP/1.1 500"));
}

TEST(HttpServer, header_values_with_line_ends_are_dropped) {
    TestServer server;
    std::string answer = answer_to(server.port(), get("/injected"));
    EXPECT_NE(answer.find("X-Good: 1"), std::string::npos);
    EXPECT_EQ(answer.find("X-Evil"), std::string::npos);
}

TEST(HttpServer, half_a_request_is_cut_off_in_time) {
    HttpServerOptions options;
    options.header_timeout_ms = 30;
    TestServer server(options);
    RawClient silent(server.port());
    RawClient half(server.port());
    half.send("GET /hello HTTP/1.1\r\nHos");
    RawClient body(server.port());
    body.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    RawClient idle(server.port());
    idle.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    for (RawClient* client : {&silent, &half, &body, &idle}) {
        client->read_to_end();
        EXPECT_TRUE(client->ended);
    }
}

TEST(HttpServer, a_handler_may_take_longer_than_a_client) {
    HttpServerOptions options;
    options.header_timeout_ms = 20;
    TestServer server(options);
    RawClient slow(server.port());
    slow.send(get("/late"));
    RawClient silent(server.port());
    silent.read_to_end();  // its limit has passed, so that of the other would have
    server.on_shard([&] { server.late.at(0)(HttpResponse::json(200, "{}")); });
    EXPECT_TRUE(slow.read_to_end().starts_with("HTTP/1.1 200"));
}

TEST(HttpServer, a_busy_port_is_an_error_that_names_it) {
    TestServer server;
    ShardPool pool(1);
    HttpServerOptions options;
    options.port = server.port();
    HttpServer second(&pool, options);
    auto status = second.listen();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, "listen");
    EXPECT_NE(status.error().message.find("127.0.0.1:" + std::to_string(server.port())), std::string::npos);
}

TEST(HttpServer, every_shard_serves_the_one_port) {
    TestServer server({}, 2);
    std::set<std::string> answers;
    ASSERT_TRUE(eventually([&] {
        answers.insert(answer_to(server.port(), get("/hello")));
        std::erase_if(answers, [](const std::string& text) { return text.find("from shard") == std::string::npos; });
        std::set<char> shards;
        for (const auto& text : answers) shards.insert(text[text.find("from shard") + 11]);
        return shards.size() == 2;
    }));
}

TEST(HttpServer, after_stop_nobody_gets_in_but_open_sockets_live) {
    TestServer server;
    RawClient open(server.port());
    open.send("GET /echo/x HTTP/1.1\r\n" + kUpgrade);
    EXPECT_TRUE(open.read_head().starts_with("HTTP/1.1 101"));
    server.server->stop();
    EXPECT_THROW(RawClient(server.port()).send(get("/hello")), std::runtime_error);
    open.send(frame(kText, "still here"));
    std::string got = open.read_until([](const std::string& text) { return text.size() >= 12; });
    EXPECT_EQ(got, frame(kText, "still here", {.masked = false}));
}

TEST(HttpUpgrade, conformance_1_selects_no_extension_and_no_subprotocol) {
    TestServer server;
    RawClient client(server.port());
    client.send(
        "GET /echo/ticket%201 HTTP/1.1\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
        "Sec-WebSocket-Protocol: chat, audio\r\n" +
        kUpgrade);
    std::string head = client.read_head();
    EXPECT_TRUE(head.starts_with("HTTP/1.1 101"));
    EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos) << head;
    EXPECT_EQ(head.find("Sec-WebSocket-Extensions"), std::string::npos);
    EXPECT_EQ(head.find("Sec-WebSocket-Protocol"), std::string::npos);
    std::lock_guard lock(server.mutex);
    EXPECT_EQ(server.captured, "ticket 1");
}

TEST(HttpUpgrade, conformance_1_other_paths_are_not_upgraded) {
    TestServer server;
    EXPECT_TRUE(answer_to(server.port(), "GET /nowhere HTTP/1.1\r\nConnection: close\r\n" + kUpgrade)
                    .starts_with("HTTP/1.1 404"));
    EXPECT_TRUE(answer_to(server.port(), get("/echo/x")).starts_with("HTTP/1.1 426"));
}

TEST(HttpUpgrade, P8_conformance_5_messages_in_the_segment_of_the_request_are_not_lost) {
    TestServer server;
    std::string all = "GET /echo/x HTTP/1.1\r\n" + kUpgrade + frame(kText, "connected") + frame(kText, "start");
    std::string wanted = frame(kText, "connected", {.masked = false}) + frame(kText, "start", {.masked = false});
    for (int i = 0; i < 50; ++i) {
        all += frame(kText, std::string(300, 'm'));
        wanted += frame(kText, std::string(300, 'm'), {.masked = false});
    }
    RawClient client(server.port());
    client.send(all);
    EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101"));
    EXPECT_EQ(client.read_until([&](const std::string& text) { return text.size() >= wanted.size(); }), wanted);
}

TEST(HttpUpgrade, P8_a_frame_cut_at_every_place_by_the_end_of_the_first_segment_is_whole) {
    TestServer server;
    std::string message = frame(kText, "connected");
    for (size_t cut = 0; cut <= message.size(); ++cut) {
        RawClient client(server.port());
        client.send("GET /echo/x HTTP/1.1\r\n" + kUpgrade + message.substr(0, cut));
        ASSERT_TRUE(client.read_head().starts_with("HTTP/1.1 101"));
        client.send(message.substr(cut));
        EXPECT_EQ(client.read_until([](const std::string& text) { return text.size() >= 11; }),
                  frame(kText, "connected", {.masked = false}));
    }
}

TEST(HttpUpgrade, a_refusal_comes_before_the_101) {
    TestServer server;
    std::string answer =
        RawClient(server.port()).send("GET /closed HTTP/1.1\r\n" + kUpgrade).read_until([](const std::string& text) {
            return text.ends_with("}");
        });
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 403"));
    EXPECT_NE(answer.find("X-Twilio-Signature"), std::string::npos);
}

TEST(HttpUpgrade, a_wrong_version_is_426_and_a_wrong_key_400) {
    TestServer server;
    std::string head = "GET /echo/x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    std::string version = RawClient(server.port()).send(head + "Sec-WebSocket-Version: 8\r\n\r\n").read_head();
    EXPECT_TRUE(version.starts_with("HTTP/1.1 426"));
    EXPECT_NE(version.find("Sec-WebSocket-Version: 13"), std::string::npos);
    EXPECT_TRUE(RawClient(server.port())
                    .send(head + "Sec-WebSocket-Version: 13\r\n\r\n")
                    .read_head()
                    .starts_with("HTTP/1.1 400"));
}

TEST(HttpUpgrade, a_served_socket_is_not_cut_by_the_limit_of_requests) {
    HttpServerOptions options;
    options.header_timeout_ms = 20;
    TestServer server(options);
    RawClient client(server.port());
    client.send("GET /echo/x HTTP/1.1\r\n" + kUpgrade);
    EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101"));
    RawClient silent(server.port());
    silent.read_to_end();  // the limit has passed
    client.send(frame(kText, "alive"));
    EXPECT_EQ(client.read_until([](const std::string& text) { return text.size() >= 7; }),
              frame(kText, "alive", {.masked = false}));
}

}  // namespace
}  // namespace trunkline::test
