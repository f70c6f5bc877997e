// RFC 6455 section 4.2: what our server makes of upgrade requests, over TCP. The numbers in the names are those of the
// RFC's sections; what tests/unit/net/http_server_test.cc shows already is not repeated here.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <future>
#include <thread>

#include "tests/unit/net/server_support.h"

namespace trunkline::test {
namespace {

const std::string kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const std::string kVersion = "Sec-WebSocket-Version: 13\r\n";
const std::string kHost = "Host: x\r\n";
const std::string kUpgrade = "Upgrade: websocket\r\n";
const std::string kConnection = "Connection: Upgrade\r\n";
const std::string kAll = kHost + kUpgrade + kConnection + kVersion + kKey;

class ServerHandshake : public testing::Test {
  protected:
    std::string answer(const std::string& headers, const std::string& first = "GET /echo/x HTTP/1.1") {
        return RawClient(server.port()).send(first + "\r\n" + headers + "\r\n").read_head();
    }
    /// "101", or whatever came instead.
    std::string status(const std::string& headers, const std::string& first = "GET /echo/x HTTP/1.1") {
        std::string head = answer(headers, first);
        return head.size() > 12 && head.starts_with("HTTP/1.") ? head.substr(9, 3) : "no answer: " + head;
    }
    TestServer server;
};

TEST_F(ServerHandshake, s4_2_2_the_answer_is_a_101_with_the_accept_value_and_nothing_nobody_asked_for) {
    std::string head = answer(kAll);
    EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
    EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos) << head;
    EXPECT_NE(head.find("Upgrade: websocket\r\n"), std::string::npos) << head;
    EXPECT_NE(head.find("Connection: Upgrade\r\n"), std::string::npos) << head;
    for (const char* absent : {"Content-Length", "Transfer-Encoding", "Sec-WebSocket-Protocol", "Sec-WebSocket-Ext"})
        EXPECT_EQ(head.find(absent), std::string::npos) << head;
}

TEST_F(ServerHandshake, s4_2_1_names_and_tokens_have_no_case_and_lists_any_order) {
    EXPECT_EQ(status("hOST: x\r\nUPGRADE: WebSocket\r\nconnection: keep-alive, uPGRADE\r\n" + kVersion + kKey), "101");
    EXPECT_EQ(status(kHost + "Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: keep-alive\r\n" + kConnection +
                     kVersion + kKey),
              "101");
    EXPECT_EQ(status(kHost + kUpgrade + "Connection: Upgrade , keep-alive\r\n" + kVersion + kKey), "101");
}

TEST_F(ServerHandshake, s4_2_1_another_method_is_405_and_says_which_is_right) {
    for (const char* method : {"POST", "PUT", "HEAD", "OPTIONS", "DELETE"}) {
        std::string head = answer(kAll, std::string(method) + " /echo/x HTTP/1.1");
        EXPECT_TRUE(head.starts_with("HTTP/1.1 405")) << method << head;
        EXPECT_NE(head.find("Allow: GET\r\n"), std::string::npos) << method << head;
    }
}

TEST_F(ServerHandshake, s4_2_1_http_1_0_cannot_ask_for_an_upgrade) {
    EXPECT_EQ(status(kAll, "GET /echo/x HTTP/1.0"), "426");
}

TEST_F(ServerHandshake, s4_2_1_a_missing_or_doubled_host_is_400) {
    EXPECT_EQ(status(kUpgrade + kConnection + kVersion + kKey), "400");
    EXPECT_EQ(status("Host: y\r\n" + kAll), "400");
    EXPECT_EQ(status(kAll + kHost), "400");
}

TEST_F(ServerHandshake, s4_2_1_without_an_upgrade_to_websocket_it_is_426_and_names_the_upgrade) {
    for (const std::string& upgrade : {std::string(), std::string("Upgrade: h2c\r\n")}) {
        std::string head = answer(kHost + upgrade + kConnection + kVersion + kKey);
        EXPECT_TRUE(head.starts_with("HTTP/1.1 426")) << head;
        EXPECT_NE(head.find("Upgrade: websocket\r\n"), std::string::npos) << head;
    }
}

TEST_F(ServerHandshake, s4_2_1_a_connection_that_does_not_say_upgrade_is_400) {
    for (const char* connection : {"", "Connection: keep-alive\r\n", "Connection: Upgraded\r\n", "Connection: \r\n"})
        EXPECT_EQ(status(kHost + kUpgrade + connection + kVersion + kKey), "400") << connection;
}

TEST_F(ServerHandshake, s4_2_1_a_key_that_is_not_16_bytes_in_base64_or_comes_twice_is_400) {
    for (const char* key : {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25j",
                            "dGhlIHNhbXBsZSBub25jZSE=", "dGhlIHNhbXBsZSBub25j!Q==", "dGhl IHNhbXBsZSBub25jZQ=="})
        EXPECT_EQ(status(kHost + kUpgrade + kConnection + kVersion + "Sec-WebSocket-Key: " + key + "\r\n"), "400")
            << key;
    EXPECT_EQ(status(kHost + kUpgrade + kConnection + kVersion), "400");
    EXPECT_EQ(status(kAll + kKey), "400");
}

TEST_F(ServerHandshake, s4_4_every_version_but_13_is_426_and_the_answer_names_13_and_the_upgrade) {
    for (const char* version :
         {"", "Sec-WebSocket-Version: \r\n", "Sec-WebSocket-Version: 0\r\n", "Sec-WebSocket-Version: 8\r\n",
          "Sec-WebSocket-Version: 14\r\n", "Sec-WebSocket-Version: 013\r\n", "Sec-WebSocket-Version: 13, 8\r\n",
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8\r\n"}) {
        std::string head = answer(kHost + kUpgrade + kConnection + version + kKey);
        EXPECT_TRUE(head.starts_with("HTTP/1.1 426")) << version << head;
        EXPECT_NE(head.find("Sec-WebSocket-Version: 13\r\n"), std::string::npos) << version << head;
        EXPECT_NE(head.find("Upgrade: websocket\r\n"), std::string::npos) << version << head;
    }
}

TEST_F(ServerHandshake, s4_2_2_extensions_and_subprotocols_of_any_shape_are_offered_in_vain) {
    for (const char* offer : {"Sec-WebSocket-Extensions: permessage-deflate\r\n", "Sec-WebSocket-Extensions: ;;,,\r\n",
                              "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n",
                              "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: superchat, chat\r\n",
                              "Sec-WebSocket-Protocol: \r\n"}) {
        std::string head = answer(kAll + offer);
        EXPECT_TRUE(head.starts_with("HTTP/1.1 101")) << offer << head;
        EXPECT_EQ(head.find("Sec-WebSocket-Extensions"), std::string::npos) << offer;
        EXPECT_EQ(head.find("Sec-WebSocket-Protocol"), std::string::npos) << offer;
    }
}

TEST_F(ServerHandshake, s4_2_1_a_request_that_trickles_in_byte_by_byte_is_a_request) {
    RawClient client(server.port());
    for (char c : "GET /echo/x HTTP/1.1\r\n" + kAll + "\r\n") client.send(std::string_view(&c, 1));
    EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101"));
    client.send(frame(kText, "works"));
    EXPECT_EQ(client.read_until([](const std::string& text) { return text.size() >= 7; }),
              frame(kText, "works", {.masked = false}));
}

TEST(ServerHandshakeLimits, s10_1_a_request_that_never_ends_is_cut_off_however_lively_it_trickles) {
    HttpServerOptions options;
    options.header_timeout_ms = 100;
    TestServer server(options);
    RawClient client(server.port());
    client.send("GET /echo/x HTTP/1.1\r\n" + kAll);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    std::atomic<bool> over = false;
    std::thread trickle([&] {
        while (!over && std::chrono::steady_clock::now() < until) {
            client.send("X: y\r\n");
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    });
    while (!client.ended && std::chrono::steady_clock::now() < until) client.read_to_end();
    over = true;
    trickle.join();
    EXPECT_TRUE(client.ended);
}

TEST_F(ServerHandshake, s10_1_headers_above_64_KiB_are_no_upgrade_and_end_the_connection) {
    RawClient client(server.port());
    client.send("GET /echo/x HTTP/1.1\r\n" + kAll);
    for (int i = 0; i < 3000; ++i) client.send("X-" + std::to_string(i) + ": " + std::string(100, 'x') + "\r\n");
    client.send("\r\n");
    std::string got = client.read_to_end();
    EXPECT_TRUE(client.ended);
    EXPECT_EQ(got.find("101"), std::string::npos) << got;
    EXPECT_EQ(server.rooms[0]->opened, 0);
}

/// Takes numbered messages and answers the last with how many were in order.
class Counter final : public WebSocketListener {
  public:
    explicit Counter(std::unique_ptr<WebSocket> socket) : socket_(std::move(socket)) { socket_->set_listener(this); }

  private:
    void on_text(std::string_view message) override {
        if (message == "end") return void(socket_->send_text(std::to_string(in_order_)));
        if (message.starts_with(std::to_string(in_order_) + ":")) ++in_order_;
    }
    void on_binary(std::span<const uint8_t>) override {}
    void on_close(CloseCause, uint16_t, std::string_view) override {}
    std::unique_ptr<WebSocket> socket_;
    size_t in_order_ = 0;
};

TEST(ServerHandshakeLimits, s4_1_nothing_that_a_peer_sends_before_a_late_101_is_lost_however_much_it_is) {
    constexpr size_t kMessages = 16'000;  // of a kilobyte each: more than the sockets between us hold
    ShardPool pool(1);
    std::promise<void> full;
    std::vector<std::unique_ptr<Counter>> counters;
    HttpServerOptions options;
    options.port = 0;
    HttpServer server(&pool, options);
    server.upgrade("/late", [&](Shard*, const HttpRequest&, auto* accepted) {
        full.get_future().wait();  // a shard that is busy until the peer can send no more
        *accepted = [&](std::unique_ptr<WebSocket> socket) {
            counters.push_back(std::make_unique<Counter>(std::move(socket)));
        };
        return std::optional<HttpResponse>();
    });
    ASSERT_TRUE(server.listen());
    std::string all = "GET /late HTTP/1.1\r\n" + kAll + "\r\n";
    for (size_t i = 0; i < kMessages; ++i) all += frame(kText, std::to_string(i) + ":" + std::string(1000, 'm'));
    all += frame(kText, "end");
    RawClient client(server.port());
    const size_t before = client.send_what_fits(all);
    EXPECT_GT(before, size_t{512} << 10) << "the test must send more than could ever be read ahead";
    EXPECT_LT(before, all.size());
    full.set_value();
    client.send(std::string_view(all).substr(before));
    EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101"));
    const std::string wanted = frame(kText, std::to_string(kMessages), {.masked = false});
    EXPECT_EQ(client.read_until([&](const std::string& text) { return text.size() >= wanted.size(); }), wanted);
    pool.run_on_each([&](Shard*) { counters.clear(); });
}

}  // namespace
}  // namespace trunkline::test
