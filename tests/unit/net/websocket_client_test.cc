// Dialling: our client against our server, against libsoup's server, and against scripted servers that answer wrongly;
// and libsoup's client against our server. libsoup's WebSocket is code that nobody here wrote, so it judges both sides.
#include "engine/net/websocket_client.h"

#include <gtest/gtest.h>
#include <libsoup/soup.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "engine/net/upgrade_request.h"
#include "server_support.h"
#include "tests/support/listening_socket.h"

// libsoup's own listener leaks the address it listens on.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:soup_server_listen_local\n"; }

namespace trunkline::test {
namespace {

using std::chrono_literals::operator""s;
using Texts = std::vector<std::string>;

/// A server that reads one request and sends what the test says, driven by the same thread.
class ScriptedServer {
  public:
    explicit ScriptedServer(std::function<std::string(const std::string& key)> answer, bool close_after = false)
        : answer_(std::move(answer)), close_after_(close_after) {}
    ~ScriptedServer() {
        if (peer_ >= 0) ::close(peer_);
    }
    void pump() {
        if (peer_ < 0) peer_ = accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK);
        char buffer[4096];
        ssize_t n = peer_ < 0 ? -1 : ::recv(peer_, buffer, sizeof buffer, 0);
        if (n > 0) request.append(buffer, static_cast<size_t>(n));
        if (answered_ || request.find("\r\n\r\n") == std::string::npos) return;
        answered_ = true;
        size_t at = request.find("Sec-WebSocket-Key: ") + 19;
        std::string text = answer_(request.substr(at, request.find("\r\n", at) - at));
        if (::send(peer_, text.data(), text.size(), MSG_NOSIGNAL) < 0) throw std::runtime_error("send");
        if (close_after_) ::close(std::exchange(peer_, -1));
    }
    uint16_t port() const { return listener_.port(); }
    std::string request;

  private:
    std::function<std::string(const std::string&)> answer_;
    bool close_after_;
    bool answered_ = false;
    const ListeningSocket listener_{5, SOCK_NONBLOCK};
    int peer_ = -1;
};

class DialTest : public testing::Test {
  protected:
    std::string url(uint16_t port, const std::string& path = "/echo/x", const std::string& scheme = "ws",
                    const std::string& host = "127.0.0.1") {
        return scheme + "://" + host + ":" + std::to_string(port) + path;
    }
    void dial(WebSocketRequest request) {
        handle = dial_websocket(&shard, std::move(request), [this](auto result, const UpgradeRefusal& why) {
            ++calls;
            refusal = why;
            if (result) {
                socket = std::move(*result);
                socket->set_listener(&seen);
            } else {
                error = result.error();
            }
        });
    }
    bool dial_ends(WebSocketRequest request, ScriptedServer* server = nullptr) {
        dial(std::move(request));
        return until([&] {
            if (server) server->pump();
            return calls > 0;
        });
    }
    bool until(const std::function<bool()>& done) {
        // A timer ends the wait of the loop, so that `done` sees what happened outside of it.
        std::function<void()> tick = [&] { timer = shard.after(std::chrono::milliseconds(1), tick); };
        tick();
        bool ok = shard.run_until(done, 5s);
        shard.cancel(timer);
        return ok;
    }
    std::string error_of(const std::function<std::string(const std::string&)>& answer, bool close_after = false) {
        ScriptedServer server(answer, close_after);
        EXPECT_TRUE(dial_ends({.url = url(server.port()), .headers = {}, .timeout_ms = 4000, .options = {}}, &server));
        return error.code;
    }

    Shard shard{0};
    TimerId timer = 0;
    Recorder seen;
    int calls = 0;
    Error error;
    UpgradeRefusal refusal;
    std::unique_ptr<WebSocket> socket;
    std::unique_ptr<WebSocketDial> handle;
};

std::string good_answer(const std::string& key) {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
           websocket_accept(key) + "\r\n\r\n";
}

TEST_F(DialTest, our_client_and_our_server_echo_and_close) {
    TestServer server;
    ASSERT_TRUE(dial_ends({.url = url(server.port()), .headers = {{"Authorization", "Token x"}}}));
    ASSERT_TRUE(socket) << error.message;
    std::string big(1'500'000, 'b');
    socket->send_text("hello");
    socket->send_binary({reinterpret_cast<const uint8_t*>(big.data()), big.size()});
    ASSERT_TRUE(until([&] { return !seen.binaries.empty(); }));
    EXPECT_EQ(seen.texts, Texts{"hello"});
    EXPECT_EQ(seen.binaries, Texts{big});
    socket->close(1000, "");
    ASSERT_TRUE(until([&] { return seen.closes > 0 && server.rooms[0]->closed == 1; }));
    EXPECT_EQ(seen.cause, CloseCause::kWeClosed);
    EXPECT_EQ(seen.code, 1000);
    EXPECT_EQ(server.rooms[0]->last_code, 1000);
}

TEST_F(DialTest, the_server_closes_and_the_client_learns_why) {
    TestServer server;
    ASSERT_TRUE(dial_ends({.url = url(server.port()), .headers = {}}));
    socket->send_text("close me");
    ASSERT_TRUE(until([&] { return seen.closes > 0; }));
    EXPECT_EQ(seen.cause, CloseCause::kPeerClosed);
    EXPECT_EQ(seen.code, 4000);
    EXPECT_EQ(seen.reason, "as you wish");
}

TEST_F(DialTest, P15_a_reset_is_a_peer_that_is_gone) {
    TestServer server;
    ASSERT_TRUE(dial_ends({.url = url(server.port()), .headers = {}}));
    socket->send_text("abort me");
    ASSERT_TRUE(until([&] { return seen.closes > 0; }));
    EXPECT_EQ(seen.cause, CloseCause::kPeerGone);
    EXPECT_EQ(seen.code, 1006);
}

TEST_F(DialTest, an_open_client_and_its_served_end_cost_one_descriptor_each) {
    TestServer server;
    auto count = [] {
        auto all = std::filesystem::directory_iterator("/proc/self/fd");
        return std::distance(begin(all), end(all));
    };
    ASSERT_TRUE(dial_ends({.url = url(server.port()), .headers = {}}));
    socket->send_text("x");
    ASSERT_TRUE(until([&] { return seen.texts.size() == 1; }));
    auto before = count();
    auto first = std::move(socket);
    calls = 0;
    ASSERT_TRUE(dial_ends({.url = url(server.port()), .headers = {}}));
    socket->send_text("y");
    ASSERT_TRUE(until([&] { return seen.texts.size() == 2 && count() - before <= 2; }));
    EXPECT_EQ(count() - before, 2);
}

TEST_F(DialTest, localhost_is_resolved) {
    TestServer server;
    ASSERT_TRUE(dial_ends({.url = url(server.port(), "/echo/x", "ws", "localhost"), .headers = {}}));
    EXPECT_TRUE(socket) << error.message;
}

TEST_F(DialTest, a_refusal_tells_status_and_detail) {
    TestServer server;
    ASSERT_TRUE(dial_ends({.url = url(server.port(), "/closed"), .headers = {}}));
    EXPECT_EQ(error.code, "refused");
    EXPECT_EQ(refusal.http_status, 403);
    EXPECT_EQ(refusal.detail, "no entry");
    EXPECT_NE(error.message.find("403"), std::string::npos);
}

TEST_F(DialTest, a_401_without_length_that_stays_open_is_told_when_time_is_up) {
    ScriptedServer server([](const std::string&) { return "HTTP/1.1 401 Unauthorized\r\n\r\nINVALID_AUTH"; });
    ASSERT_TRUE(dial_ends({.url = url(server.port()), .headers = {}, .timeout_ms = 50, .options = {}}, &server));
    EXPECT_EQ(error.code, "refused");
    EXPECT_EQ(refusal.http_status, 401);
    EXPECT_EQ(refusal.detail, "INVALID_AUTH");
}

TEST_F(DialTest, P8_messages_in_the_segment_of_the_101_are_delivered) {
    ScriptedServer server([](const std::string& key) {
        return good_answer(key) + frame(kText, "Welcome", {.masked = false}) +
               frame(kText, "second", {.masked = false});
    });
    ASSERT_TRUE(dial_ends({.url = url(server.port()), .headers = {}}, &server));
    ASSERT_TRUE(until([&] { return seen.texts.size() == 2; }));
    EXPECT_EQ(seen.texts, (Texts{"Welcome", "second"}));
}

TEST_F(DialTest, a_wrong_accept_key_is_a_bad_upgrade) {
    EXPECT_EQ(error_of([](const std::string&) { return good_answer("AAAAAAAAAAAAAAAAAAAAAA=="); }), "bad-upgrade");
    EXPECT_EQ(calls, 1);
}

TEST_F(DialTest, an_extension_nobody_offered_is_a_bad_upgrade) {
    auto answer = [](const std::string& key) {
        std::string text = good_answer(key);
        return text.insert(text.size() - 2, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    };
    EXPECT_EQ(error_of(answer), "bad-upgrade");
}

TEST_F(DialTest, no_http_at_all_is_a_bad_upgrade) {
    EXPECT_EQ(error_of([](const std::string&) { return "SSH-2.0-OpenSSH\r\n"; }), "bad-upgrade");
}

TEST_F(DialTest, a_server_that_hangs_up_is_a_bad_upgrade) {
    EXPECT_EQ(error_of([](const std::string&) { return ""; }, true), "bad-upgrade");
}

TEST_F(DialTest, endless_headers_are_a_bad_upgrade) {
    EXPECT_EQ(error_of([](const std::string&) { return "HTTP/1.1 101 x\r\nx: " + std::string(20'000, 'a'); }),
              "bad-upgrade");
}

TEST_F(DialTest, silence_is_a_timeout) {
    ScriptedServer server([](const std::string&) { return ""; });
    ASSERT_TRUE(dial_ends({.url = url(server.port()), .headers = {}, .timeout_ms = 20, .options = {}}, &server));
    EXPECT_EQ(error.code, "timeout");
}

TEST_F(DialTest, nobody_listening_is_connect) {
    const uint16_t port = ListeningSocket().port();
    ASSERT_TRUE(dial_ends({.url = url(port), .headers = {}}));
    EXPECT_EQ(error.code, "connect");
    EXPECT_NE(error.message.find(std::to_string(port)), std::string::npos);
}

TEST_F(DialTest, an_unknown_name_is_dns) {
    ASSERT_TRUE(dial_ends({.url = "ws://nobody.invalid/", .headers = {}}));
    EXPECT_EQ(error.code, "dns");
}

TEST_F(DialTest, a_bad_url_is_told_in_the_next_turn) {
    dial({.url = "http://x/", .headers = {}});
    EXPECT_EQ(calls, 0);
    ASSERT_TRUE(until([&] { return calls > 0; }));
    EXPECT_EQ(error.code, "bad-url");
}

TEST_F(DialTest, a_dial_that_was_dropped_never_calls_back) {
    ScriptedServer server(good_answer);
    for (int turns : {0, 1, 3}) {
        dial({.url = url(server.port()), .headers = {}});
        int turn = 0;
        until([&] { return turn++ >= turns; });
        handle.reset();
    }
    int turn = 0;
    until([&] {
        server.pump();
        return turn++ > 20;
    });
    EXPECT_EQ(calls, 0);
}

TEST_F(DialTest, the_dial_may_be_dropped_inside_its_callback) {
    TestServer server;
    handle = dial_websocket(&shard, {.url = url(server.port()), .headers = {}}, [this](auto result, const auto&) {
        ++calls;
        socket = result ? std::move(*result) : nullptr;
        handle.reset();
    });
    ASSERT_TRUE(until([&] { return calls > 0; }));
    EXPECT_TRUE(socket);
}

// ---- libsoup as the other side

void soup_echo(SoupWebsocketConnection* connection, int type, GBytes* message, gpointer) {
    gsize size = 0;
    const void* data = g_bytes_get_data(message, &size);
    if (type == SOUP_WEBSOCKET_DATA_TEXT) {
        soup_websocket_connection_send_message(connection, SOUP_WEBSOCKET_DATA_TEXT, message);
    } else {
        soup_websocket_connection_send_binary(connection, data, size);
    }
}

void soup_closed(SoupWebsocketConnection* connection, gpointer closes) {
    ++*static_cast<int*>(closes);
    g_object_unref(connection);
}

TEST_F(DialTest, our_client_against_libsoups_server) {
    g_main_context_push_thread_default(shard.context());
    int soup_closes = 0;
    SoupServer* soup = soup_server_new(nullptr, nullptr);
    auto handler = [](SoupServer*, SoupServerMessage*, const char*, SoupWebsocketConnection* connection,
                      gpointer data) {
        g_object_ref(connection);
        g_signal_connect(connection, "message", G_CALLBACK(soup_echo), nullptr);
        g_signal_connect(connection, "closed", G_CALLBACK(soup_closed), data);
        soup_websocket_connection_send_text(connection, "Welcome");
    };
    soup_server_add_websocket_handler(soup, "/ws", nullptr, nullptr, handler, &soup_closes, nullptr);
    ASSERT_TRUE(soup_server_listen_local(soup, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, nullptr));
    GSList* uris = soup_server_get_uris(soup);
    auto port = static_cast<uint16_t>(g_uri_get_port(static_cast<GUri*>(uris->data)));
    g_slist_free_full(uris, reinterpret_cast<GDestroyNotify>(g_uri_unref));
    g_main_context_pop_thread_default(shard.context());

    ASSERT_TRUE(dial_ends({.url = url(port, "/ws"), .headers = {}}));
    ASSERT_TRUE(socket) << error.message;
    std::string big(100'000, 'b');
    socket->send_text("caf\xc3\xa9");
    socket->send_text("");
    socket->send_binary({reinterpret_cast<const uint8_t*>(big.data()), big.size()});
    ASSERT_TRUE(until([&] { return seen.binaries.size() == 1; }));
    EXPECT_EQ(seen.texts, (Texts{"Welcome", "caf\xc3\xa9", ""}));
    EXPECT_EQ(seen.binaries, Texts{big});
    socket->close(4100, "enough");
    ASSERT_TRUE(until([&] { return seen.closes > 0 && soup_closes > 0; }));
    EXPECT_EQ(seen.cause, CloseCause::kWeClosed);
    EXPECT_EQ(seen.code, 4100);
    g_object_unref(soup);
}

struct SoupClient {
    SoupWebsocketConnection* connection = nullptr;
    Texts messages;
    int pongs = 0;
    bool failed = false;
    bool closed = false;

    static void connected(GObject* session, GAsyncResult* result, gpointer data) {
        auto* self = static_cast<SoupClient*>(data);
        self->connection = soup_session_websocket_connect_finish(SOUP_SESSION(session), result, nullptr);
        self->failed = self->connection == nullptr;
        if (self->failed) return;
        g_signal_connect(self->connection, "message", G_CALLBACK(on_message), self);
        g_signal_connect(self->connection, "closed", G_CALLBACK(on_closed), self);
        g_signal_connect(self->connection, "pong", G_CALLBACK(on_pong), self);
    }
    static void on_message(SoupWebsocketConnection*, int, GBytes* message, gpointer data) {
        gsize size = 0;
        const void* bytes = g_bytes_get_data(message, &size);
        static_cast<SoupClient*>(data)->messages.emplace_back(static_cast<const char*>(bytes), size);
    }
    static void on_closed(SoupWebsocketConnection*, gpointer data) { static_cast<SoupClient*>(data)->closed = true; }
    static void on_pong(SoupWebsocketConnection*, GBytes*, gpointer data) { ++static_cast<SoupClient*>(data)->pongs; }
};

TEST_F(DialTest, libsoups_client_against_our_server) {
    TestServer server;
    SoupClient client;
    g_main_context_push_thread_default(shard.context());
    SoupSession* session = soup_session_new();
    soup_session_add_feature_by_type(session, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);  // offers permessage-deflate
    SoupMessage* message = soup_message_new("GET", url(server.port()).c_str());
    soup_session_websocket_connect_async(session, message, nullptr, nullptr, 0, nullptr, SoupClient::connected,
                                         &client);
    g_object_unref(message);
    g_main_context_pop_thread_default(shard.context());
    ASSERT_TRUE(until([&] { return client.connection || client.failed; }));
    ASSERT_TRUE(client.connection);
    EXPECT_EQ(soup_websocket_connection_get_extensions(client.connection), nullptr);

    std::string big(120'000, 's');
    soup_websocket_connection_send_text(client.connection, "hello");
    soup_websocket_connection_send_binary(client.connection, big.data(), big.size());
    ASSERT_TRUE(until([&] { return client.messages.size() == 2; }));
    EXPECT_EQ(client.messages, (Texts{"hello", big}));
    soup_websocket_connection_send_text(client.connection, "close me");
    ASSERT_TRUE(until([&] { return client.closed; }));
    EXPECT_EQ(soup_websocket_connection_get_close_code(client.connection), 4000);
    EXPECT_STREQ(soup_websocket_connection_get_close_data(client.connection), "as you wish");
    g_object_unref(client.connection);
    g_object_unref(session);
}

}  // namespace
}  // namespace trunkline::test
