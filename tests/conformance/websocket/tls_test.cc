// WebSockets over TLS: what our client refuses and how it says so, certificates that change under a running server, and
// OpenSSL (tls_judge.py) at the other end, which cuts its records wherever it likes.
#include <glib.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "engine/net/tls.h"
#include "engine/net/websocket_client.h"
#include "judge.h"
#include "tests/unit/net/server_support.h"

// LeakSanitizer's tracer itself crashes while GIO's handshake threads with their GnuTLS thread-locals exist.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace trunkline::test {
namespace {

using std::chrono_literals::operator""s;
namespace fs = std::filesystem;

HttpServerOptions with(const Certificate& files) {
    HttpServerOptions options;
    options.tls_certificate = files.certificate;
    options.tls_key = files.key;
    return options;
}

/// Certificates for all tests of this program, of one CA that is trusted.
class Tls : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        if (folder) return;
        folder = std::make_unique<CertificateFolder>();
        ASSERT_TRUE(tls_init(folder->ca()));
        good = folder->issue("good", "IP:127.0.0.1");
    }
    struct Dialled {
        std::unique_ptr<WebSocket> socket;
        Error error;
    };
    Dialled dial(uint16_t port, const std::string& host = "127.0.0.1") {
        Dialled out;
        bool over = false;
        auto handle = dial_websocket(&shard, {.url = "wss://" + host + ":" + std::to_string(port) + "/echo/x"},
                                     [&](auto result, const UpgradeRefusal&) {
                                         over = true;
                                         if (result) out.socket = std::move(*result);
                                         if (!result) out.error = result.error();
                                     });
        EXPECT_TRUE(shard.run_until([&] { return over; }, 20s));
        return out;
    }
    bool echoes(WebSocket& socket) {
        Recorder seen;
        socket.set_listener(&seen);
        socket.send_text("there?");
        bool ok = shard.run_until([&] { return !seen.texts.empty() || seen.closes > 0; }, 20s) && seen.closes == 0;
        socket.set_listener(nullptr);
        return ok;
    }
    void expect_refused(const Certificate& files, std::initializer_list<const char*> words,
                        const std::string& host = "127.0.0.1") {
        TestServer server(with(files));
        auto [socket, error] = dial(server.port(), host);
        EXPECT_FALSE(socket);
        EXPECT_EQ(error.code, "tls") << error.message;
        EXPECT_NE(error.message.find(host + ":" + std::to_string(server.port())), std::string::npos) << error.message;
        for (const char* word : words) EXPECT_NE(error.message.find(word), std::string::npos) << error.message;
    }

    static std::unique_ptr<CertificateFolder> folder;
    static Certificate good;
    Shard shard{0};
};
std::unique_ptr<CertificateFolder> Tls::folder;
Certificate Tls::good;

TEST_F(Tls, client_refuses_a_wrong_host_with_place_cause_and_cure) {
    expect_refused(folder->issue("other", "DNS:other.example"), {"another host name", "use a name that stands in it"});
    expect_refused(folder->issue("otherip", "IP:127.0.0.2"), {"another host name"});
    expect_refused(good, {"another host name"}, "localhost");  // a certificate for the address only
}

TEST_F(Tls, client_refuses_an_expired_certificate_with_place_cause_and_cure) {
    expect_refused(folder->issue("expired", "IP:127.0.0.1", true), {"expired", "must renew it"});
}

TEST_F(Tls, client_refuses_a_self_signed_certificate_with_place_cause_and_cure) {
    expect_refused(folder->self_signed("self", "IP:127.0.0.1"), {"no trusted authority", "TRUNKLINE_CA_FILE"});
}

TEST_F(Tls, client_refuses_an_unknown_authority_with_place_cause_and_cure) {
    CertificateFolder stranger;
    expect_refused(stranger.issue("stranger", "IP:127.0.0.1"), {"no trusted authority", "TRUNKLINE_CA_FILE"});
}

TEST_F(Tls, client_names_every_fault_of_a_certificate_that_has_several) {
    CertificateFolder stranger;
    expect_refused(stranger.issue("worst", "DNS:other.example", true),
                   {"no trusted authority", "another host name", "expired"});
}

/// A pair of files that can be overwritten, as a renewal does it.
class Rotation : public Tls {
  protected:
    Rotation() {
        files = {folder->ca() + ".rotated.pem", folder->ca() + ".rotated.key"};
        put(good);
    }
    void put(const Certificate& from) const {
        fs::copy_file(from.certificate, files.certificate, fs::copy_options::overwrite_existing);
        fs::copy_file(from.key, files.key, fs::copy_options::overwrite_existing);
    }
    Certificate files;
};

TEST_F(Rotation, new_connections_get_the_new_certificate_and_live_ones_go_on) {
    TestServer server(with(files), 2);
    auto live = dial(server.port());
    ASSERT_TRUE(live.socket) << live.error.message;
    put(folder->issue("elsewhere", "DNS:elsewhere.example"));  // told apart by what our client says of it
    EXPECT_TRUE(dial(server.port()).socket) << "nothing changes before it is told to";
    ASSERT_TRUE(server.server->reload_certificate());
    for (int i = 0; i < 8; ++i)  // on every shard
        EXPECT_NE(dial(server.port()).error.message.find("another host name"), std::string::npos);
    EXPECT_TRUE(echoes(*live.socket));
    put(folder->issue("renewed", "IP:127.0.0.1"));
    ASSERT_TRUE(server.server->reload_certificate());
    EXPECT_TRUE(dial(server.port()).socket);
    EXPECT_TRUE(echoes(*live.socket));
}

TEST_F(Rotation, files_that_do_not_work_leave_the_old_certificate_and_are_named) {
    TestServer server(with(files));
    auto refused = [&](const char* words) {
        auto status = server.server->reload_certificate();
        ASSERT_FALSE(status) << words;
        EXPECT_EQ(status.error().code, "tls-certificate");
        EXPECT_NE(status.error().message.find(files.certificate), std::string::npos) << status.error().message;
        EXPECT_NE(status.error().message.find(words), std::string::npos) << status.error().message;
        EXPECT_TRUE(dial(server.port()).socket);
    };
    const Certificate other = folder->issue("half", "IP:127.0.0.1");
    fs::copy_file(other.certificate, files.certificate, fs::copy_options::overwrite_existing);
    refused("the key belongs to another certificate");  // a renewal that has written one file so far
    fs::resize_file(files.certificate, 100);
    refused("cannot be used");
    fs::remove(files.certificate);
    refused("cannot be used");
    put(other);
    EXPECT_TRUE(server.server->reload_certificate());
}

TEST_F(Rotation, a_key_of_another_certificate_is_found_before_the_server_listens) {
    fs::copy_file(folder->issue("alone", "IP:127.0.0.1").key, files.key, fs::copy_options::overwrite_existing);
    ShardPool pool(1);
    HttpServerOptions options = with(files);
    options.port = 0;
    auto status = HttpServer(&pool, options).listen();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, "listen");
    EXPECT_NE(status.error().message.find("the key belongs to another certificate"), std::string::npos);
}

TEST_F(Rotation, sighup_reads_the_certificate_again_in_a_running_engine) {
    const char* build = std::getenv("TRUNKLINE_BUILD_DIR");
    const Certificate next = folder->issue("next", "IP:127.0.0.1");
    Judge judge("sighup_judge.py " + std::string(build ? build : "build/release") + "/engine/trunkline " +
                fs::path(folder->ca()).parent_path().string() + " " + folder->ca() + " " + good.certificate + " " +
                good.key + " " + next.certificate + " " + next.key);
    EXPECT_EQ(judge.end().first, "ok\n");
}

TEST_F(Rotation, a_server_without_tls_has_nothing_to_read_again) {
    TestServer server;
    EXPECT_TRUE(server.server->reload_certificate());
}

/// OpenSSL as the client of our server: the judge runs once, each of its cases is one here.
class OpensslAsClient : public Tls, public testing::WithParamInterface<const char*> {
  protected:
    static void SetUpTestSuite() {
        Tls::SetUpTestSuite();
        if (!said.empty()) return;  // once for the cases and for their count
        TestServer server(with(good));
        said = "\n" + Judge("tls_judge.py client " + std::to_string(server.port()) + " " + folder->ca()).end().first;
    }
    static std::string said;
};
std::string OpensslAsClient::said;

constexpr const char* kCases[] = {"tls_1_3_carries_messages_larger_than_a_record",
                                  "tls_1_2_carries_messages_larger_than_a_record",
                                  "records_that_trickle_in_byte_by_byte",
                                  "records_cut_across_their_borders",
                                  "many_messages_in_one_record",
                                  "one_frame_over_many_records",
                                  "a_record_cut_in_two_waits_for_its_rest",
                                  "messages_in_the_record_of_the_request",
                                  "the_close_frame_is_followed_by_a_close_notify",
                                  "a_violation_is_closed_with_its_code_and_a_close_notify",
                                  "a_peer_that_only_stops_sending_still_gets_its_echoes",
                                  "a_close_notify_without_a_close_frame_ends_the_connection",
                                  "tls_1_1_is_refused",
                                  "rubbish_inside_the_encryption_is_a_broken_connection"};
TEST_P(OpensslAsClient, judges_our_server) {
    EXPECT_NE(said.find("\nok " + std::string(GetParam()) + "\n"), std::string::npos) << said;
}
INSTANTIATE_TEST_SUITE_P(Tls, OpensslAsClient, testing::ValuesIn(kCases), [](const auto& one) { return one.param; });

TEST_F(OpensslAsClient, has_no_case_that_is_not_listed_here) {
    auto lines = std::count(said.begin(), said.end(), '\n') - 1;
    EXPECT_EQ(static_cast<size_t>(lines), std::size(kCases)) << said;
}

/// OpenSSL as the server of our client, which echoes.
class OpensslAsServer : public Tls {
  protected:
    void serve(const std::string& name) {
        Judge judge("tls_judge.py server " + name + " " + good.certificate + " " + good.key);
        std::string port = judge.line();
        ASSERT_GT(std::atoi(port.c_str()), 0) << port;
        auto [socket, error] = dial(static_cast<uint16_t>(std::atoi(port.c_str())));
        ASSERT_TRUE(socket) << error.message;
        seen.echo = socket.get();
        socket->set_listener(&seen);
        EXPECT_TRUE(shard.run_until([&] { return seen.closes > 0; }, 60s));
        EXPECT_EQ(judge.end().first, "ok " + name + "\n");
        seen.echo = nullptr;
    }
    Recorder seen;
};

TEST_F(OpensslAsServer, records_that_trickle_in_byte_by_byte) {
    serve("trickled");
    EXPECT_EQ(seen.cause, CloseCause::kPeerClosed);
    EXPECT_EQ(seen.code, 4000);
}

TEST_F(OpensslAsServer, records_cut_across_their_borders) {
    serve("cut");
    EXPECT_EQ(seen.code, 4000);
}

TEST_F(OpensslAsServer, messages_larger_than_a_record_and_our_close_notify) {
    serve("large");
    EXPECT_EQ(seen.code, 4000);
}

TEST_F(OpensslAsServer, a_close_notify_ends_the_socket_behind_its_last_message) {
    serve("close_notify");
    EXPECT_EQ(seen.texts, std::vector<std::string>{"last words"});
    EXPECT_EQ(seen.cause, CloseCause::kPeerGone);
}

TEST_F(OpensslAsServer, an_end_without_close_notify_is_a_peer_that_is_gone_not_one_that_closed) {
    serve("no_close_notify");
    EXPECT_EQ(seen.texts, std::vector<std::string>{"last words"});
    EXPECT_EQ(seen.cause, CloseCause::kPeerGone);
    EXPECT_EQ(seen.code, 1006);
}

}  // namespace
}  // namespace trunkline::test
