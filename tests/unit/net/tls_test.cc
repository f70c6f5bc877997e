// TLS with certificates made on the spot: what is trusted, what is refused, and that sockets over TLS work whole.
#include "engine/net/tls.h"

#include <glib.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "engine/net/http_client.h"
#include "engine/net/websocket_client.h"
#include "server_support.h"

// LeakSanitizer's tracer itself crashes while GIO's handshake threads with their GnuTLS thread-locals exist; the memory
// of everything but TLS is watched in the other programs of this folder.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace trunkline::test {
namespace {

using std::chrono_literals::operator""s;

class TlsTest : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        folder = std::make_unique<CertificateFolder>();
        ASSERT_TRUE(tls_init(folder->ca()));
    }
    static void TearDownTestSuite() { folder.reset(); }

    std::unique_ptr<TestServer> serve(const Certificate& files) {
        HttpServerOptions options;
        options.tls_certificate = files.certificate;
        options.tls_key = files.key;
        return std::make_unique<TestServer>(options);
    }
    void dial(uint16_t port, const std::string& host = "127.0.0.1") {
        auto done = [this](auto result, const UpgradeRefusal&) {
            ++calls;
            if (result) {
                socket = std::move(*result);
                socket->set_listener(&seen);
            } else {
                error = result.error();
            }
        };
        handle = dial_websocket(&shard,
                                {.url = "wss://" + host + ":" + std::to_string(port) + "/echo/x", .headers = {}}, done);
        ASSERT_TRUE(shard.run_until([&] { return calls > 0; }, 5s));
    }
    void expect_refused(const Certificate& files, const std::string& words) {
        auto server = serve(files);
        dial(server->port());
        EXPECT_FALSE(socket);
        EXPECT_EQ(error.code, "tls") << error.message;
        EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
    }

    static std::unique_ptr<CertificateFolder> folder;
    Shard shard{0};
    Recorder seen;
    int calls = 0;
    Error error;
    std::unique_ptr<WebSocket> socket;
    std::unique_ptr<WebSocketDial> handle;
};
std::unique_ptr<CertificateFolder> TlsTest::folder;

TEST_F(TlsTest, a_trusted_certificate_carries_messages_of_all_sizes_both_ways) {
    auto server = serve(folder->issue("good", "IP:127.0.0.1"));
    dial(server->port());
    ASSERT_TRUE(socket) << error.message;
    for (size_t length : {0, 1, 200, 16384, 70000, 1'000'000}) {
        std::string payload(length, 't');
        seen.texts.clear();
        ASSERT_TRUE(socket->send_text(payload));
        ASSERT_TRUE(shard.run_until([&] { return !seen.texts.empty(); }, 5s)) << length;
        EXPECT_EQ(seen.texts.front(), payload);
    }
    std::vector<std::string> many;
    for (int i = 0; i < 500; ++i) {
        many.push_back(std::to_string(i) + std::string(400, 'm'));
        socket->send_text(many.back());
    }
    seen.texts.clear();
    ASSERT_TRUE(shard.run_until([&] { return seen.texts.size() == 500; }, 5s));
    EXPECT_EQ(seen.texts, many);
    socket->close(1000, "");
    ASSERT_TRUE(shard.run_until([&] { return seen.closes > 0; }, 5s));
    EXPECT_EQ(seen.cause, CloseCause::kWeClosed);
}

TEST_F(TlsTest, the_end_of_a_tls_peer_is_noticed) {
    auto server = serve(folder->issue("ending", "IP:127.0.0.1"));
    dial(server->port());
    ASSERT_TRUE(socket) << error.message;
    socket->send_text("abort me");
    ASSERT_TRUE(shard.run_until([&] { return seen.closes > 0; }, 5s));
    EXPECT_EQ(seen.cause, CloseCause::kPeerGone);
}

TEST_F(TlsTest, a_certificate_of_another_host_is_refused) {
    expect_refused(folder->issue("other", "DNS:other.example"), "another host name");
}

TEST_F(TlsTest, an_expired_certificate_is_refused) {
    expect_refused(folder->issue("expired", "IP:127.0.0.1", true), "expired");
}

TEST_F(TlsTest, a_self_signed_certificate_is_refused) {
    expect_refused(folder->self_signed("self", "IP:127.0.0.1"), "no trusted authority");
}

TEST_F(TlsTest, a_certificate_of_an_unknown_authority_is_refused) {
    CertificateFolder stranger;
    expect_refused(stranger.issue("stranger", "IP:127.0.0.1"), "no trusted authority");
}

TEST_F(TlsTest, a_plain_server_behind_a_wss_url_is_refused) {
    HttpServerOptions options;
    options.header_timeout_ms = 30;  // it waits for a request line and gets a handshake
    TestServer server(options);
    dial(server.port());
    EXPECT_FALSE(socket);
    EXPECT_EQ(error.code, "tls") << error.message;
}

TEST_F(TlsTest, the_http_client_checks_certificates_too) {
    auto good = serve(folder->issue("web", "IP:127.0.0.1"));
    auto bad = serve(folder->self_signed("webself", "IP:127.0.0.1"));
    std::vector<Result<HttpAnswer>> answers;
    shard.run_until([] { return true; }, 0s);
    g_main_context_push_thread_default(shard.context());
    HttpClient client;
    for (uint16_t port : {good->port(), bad->port()}) {
        client.call({.method = "GET", .url = "https://127.0.0.1:" + std::to_string(port) + "/hello", .headers = {}},
                    [&](Result<HttpAnswer> answer) { answers.push_back(std::move(answer)); });
        EXPECT_TRUE(shard.run_until([&, n = answers.size()] { return answers.size() > n; }, 5s));
    }
    g_main_context_pop_thread_default(shard.context());
    ASSERT_EQ(answers.size(), 2U);
    ASSERT_TRUE(answers[0]) << answers[0].error().message;
    EXPECT_EQ(answers[0]->status, 200);
    ASSERT_FALSE(answers[1]);
    EXPECT_EQ(answers[1].error().code, "tls");
    EXPECT_NE(answers[1].error().message.find("no trusted authority"), std::string::npos);
}

TEST_F(TlsTest, a_client_that_never_shakes_hands_is_cut_off) {
    Certificate files = folder->issue("slow", "IP:127.0.0.1");
    HttpServerOptions options;
    options.tls_certificate = files.certificate;
    options.tls_key = files.key;
    options.header_timeout_ms = 30;
    TestServer server(options);
    RawClient client(server.port());
    client.read_to_end();
    EXPECT_TRUE(client.ended);
}

TEST(TlsInit, the_default_is_a_subset_of_the_system_store) {
    unsetenv("TRUNKLINE_CA_FILE");
    auto status = tls_init("");
    EXPECT_TRUE(status) << status.error().message;
}

TEST(TlsInit, a_missing_or_empty_bundle_is_named) {
    auto missing = tls_init("/nonexistent/ca.pem");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, "tls-ca");
    EXPECT_NE(missing.error().message.find("/nonexistent/ca.pem"), std::string::npos);
    setenv("TRUNKLINE_CA_FILE", "/nonexistent/other.pem", 1);
    auto other = tls_init("");
    unsetenv("TRUNKLINE_CA_FILE");
    ASSERT_FALSE(other);
    EXPECT_NE(other.error().message.find("/nonexistent/other.pem"), std::string::npos);
    auto empty = tls_init("/dev/null");
    ASSERT_FALSE(empty);
    EXPECT_EQ(empty.error().code, "tls-ca");
}

TEST(ServerCertificate, half_a_pair_or_a_missing_file_is_an_error_of_listen) {
    ShardPool pool(1);
    HttpServerOptions options;
    options.port = 0;
    options.tls_certificate = "/nonexistent.pem";
    HttpServer half(&pool, options);
    EXPECT_EQ(half.listen().error().code, "listen");
    options.tls_key = "/nonexistent.key";
    HttpServer missing(&pool, options);
    auto status = missing.listen();
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().message.find("/nonexistent.pem"), std::string::npos);
}

TEST_F(TlsTest, peers_that_stop_inside_the_handshake_do_not_keep_others_out) {
    const auto files = folder->issue("crowd", "IP:127.0.0.1");
    auto server = serve(files);
    // A ClientHello of 4 KiB, of which two bytes come.
    const std::string half("\x16\x03\x01\x00\x06\x01\x00\x10\x00\x03\x03", 11);
    std::vector<std::unique_ptr<RawClient>> stalled;
    for (int i = 0; i < 40; ++i) {
        stalled.push_back(std::make_unique<RawClient>(server->port()));
        stalled.back()->send(half);
    }
    dial(server->port());
    ASSERT_TRUE(socket) << error.message;
    socket->send_text("still quick");
    EXPECT_TRUE(shard.run_until([&] { return !seen.texts.empty(); }, 5s));
}

}  // namespace
}  // namespace trunkline::test
