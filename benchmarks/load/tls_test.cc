// TLS below the sockets of rig and bare bridge: bytes arrive as without it, and nobody is trusted who should not be.
#include "benchmarks/load/tls_files.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <filesystem>

#include "benchmarks/load/tcp_socket.h"
#include "engine/core/clock.h"

namespace trunkline::load {
namespace {

constexpr int64_t kPatience = 30'000'000'000;

/// Two ends of one connection on loopback.
struct Pair {
    TcpSocket client, server;
    std::string at_client, at_server;  // what arrived there

    Pair() {
        auto listener = listen_on(ipv4_address("127.0.0.1", 0).value()).value();
        client.start_connect(ipv4_address("127.0.0.1", local_port(listener)).value());
        pollfd waiting{listener.fd(), POLLIN, 0};
        poll(&waiting, 1, static_cast<int>(kPatience / 1'000'000));
        server = accept_from(listener);
    }

    /// Both read and write what they can until `done` or one has ended; false when neither came to be.
    template <class Done>
    bool run_until(Done done) {
        const int64_t limit = monotonic_ns() + kPatience;
        while (!done() && !client.ended() && !server.ended() && monotonic_ns() < limit) {
            pollfd both[] = {{client.fd(), events_of(client), 0}, {server.fd(), events_of(server), 0}};
            poll(both, 2, 1000);
            turn(client, at_client);
            turn(server, at_server);
        }
        return done();
    }

  private:
    static short events_of(const TcpSocket& socket) {
        return static_cast<short>(socket.has_queued() ? POLLIN | POLLOUT : POLLIN);
    }
    static void turn(TcpSocket& socket, std::string& arrived) {
        socket.flush();
        const auto bytes = socket.receive();
        arrived.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
};

class Tls : public testing::Test {
  protected:
    TlsFiles files_ = TlsFiles::make().value();
    TlsContext server_ = TlsContext::server(files_.certificate(), files_.key()).value();
    TlsContext client_ = TlsContext::client(files_.ca()).value();

    void secure(Pair& pair, const std::string& name = "localhost") {
        pair.server.begin_tls(server_);
        pair.client.begin_tls(client_, name);
    }
    /// Says hello and waits for what comes of it: the reason of the client's refusal, empty when the hello arrived.
    std::string refusal(Pair& pair) {
        pair.client.send("hello");
        if (pair.run_until([&] { return pair.at_server == "hello"; })) return {};
        return pair.client.tls_error().empty() ? "nothing" : pair.client.tls_error();
    }
};

TEST_F(Tls, BytesArriveInBothDirectionsWhateverTheirNumber) {
    Pair pair;
    secure(pair);
    std::string up, down;
    for (const size_t size : {size_t{1}, size_t{125}, size_t{16'383}, size_t{16'385}, size_t{300'000}, size_t{1}}) {
        up += std::string(size, static_cast<char>('a' + size % 26));
        down += std::string(size, static_cast<char>('A' + size % 26));
        ASSERT_TRUE(pair.client.send(std::string_view(up).substr(up.size() - size)));
        ASSERT_TRUE(pair.server.send(std::string_view(down).substr(down.size() - size)));
    }
    ASSERT_TRUE(
        pair.run_until([&] { return pair.at_server.size() >= up.size() && pair.at_client.size() >= down.size(); }));
    EXPECT_EQ(pair.at_server, up);
    EXPECT_EQ(pair.at_client, down);
}

TEST_F(Tls, WhatIsSaidBeforeTheHandshakeIsSentAfterIt) {
    Pair pair;
    secure(pair);
    for (const char* word : {"one ", "two ", "three"}) ASSERT_TRUE(pair.client.send(word));
    EXPECT_TRUE(pair.at_server.empty());
    ASSERT_TRUE(pair.run_until([&] { return pair.at_server.size() == 13; }));
    EXPECT_EQ(pair.at_server, "one two three");
}

TEST_F(Tls, NothingOnTheWireIsReadable) {
    Pair pair;
    pair.client.begin_tls(client_, "localhost");  // the other end reads the raw bytes
    pair.client.send("a secret");
    ASSERT_TRUE(pair.run_until([&] { return pair.at_server.size() > 100; }));
    EXPECT_EQ(pair.at_server[0], 0x16) << "a handshake record";
    EXPECT_EQ(pair.at_server.find("secret"), std::string::npos);
}

TEST_F(Tls, ACloseIsAnOrderlyEnd) {
    Pair pair;
    secure(pair);
    ASSERT_EQ(refusal(pair), "");
    pair.client.send("goodbye");
    pair.client.close();
    const int64_t limit = monotonic_ns() + kPatience;
    while (!pair.server.ended() && monotonic_ns() < limit) {
        pollfd waiting{pair.server.fd(), POLLIN, 0};
        poll(&waiting, 1, 1000);
        const auto bytes = pair.server.receive();
        pair.at_server.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    EXPECT_EQ(pair.at_server, "hellogoodbye");
    EXPECT_TRUE(pair.server.ended());
    EXPECT_EQ(pair.server.tls_error(), "");
}

TEST_F(Tls, TheAddressStandsInTheCertificateToo) {
    Pair pair;
    secure(pair, "127.0.0.1");
    EXPECT_EQ(refusal(pair), "");
}

TEST_F(Tls, AnotherNameIsRefused) {
    Pair pair;
    secure(pair, "voice.example.com");
    EXPECT_NE(refusal(pair).find("mismatch"), std::string::npos);
    EXPECT_EQ(pair.at_server, "");
}

TEST_F(Tls, AnUnknownAuthorityIsRefused) {
    const TlsFiles others = TlsFiles::make().value();
    const TlsContext stranger = TlsContext::client(others.ca()).value();
    Pair pair;
    pair.server.begin_tls(server_);
    pair.client.begin_tls(stranger, "localhost");
    EXPECT_NE(refusal(pair), "");
    EXPECT_FALSE(pair.client.tls_error().empty());
    EXPECT_EQ(pair.at_server, "");
}

TEST_F(Tls, PlainTextIsNoHandshake) {
    Pair pair;
    pair.server.begin_tls(server_);
    pair.client.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_FALSE(pair.run_until([&] { return !pair.at_server.empty(); }));
    EXPECT_TRUE(pair.server.ended());
    EXPECT_FALSE(pair.server.tls_error().empty());
}

TEST(TlsFilesTest, AreGoneWithTheirOwnerAndTheKeyIsPrivate) {
    std::string ca, folder;
    {
        const TlsFiles files = TlsFiles::make().value();
        ca = files.ca();
        folder = std::filesystem::path(ca).parent_path();
        EXPECT_TRUE(std::filesystem::exists(ca));
        const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
        EXPECT_EQ(std::filesystem::status(folder).permissions() & others, std::filesystem::perms::none);
    }
    EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(TlsFilesTest, MissingFilesAreNamed) {
    const auto server = TlsContext::server("/nowhere/c.pem", "/nowhere/k.pem");
    ASSERT_FALSE(server);
    EXPECT_NE(server.error().message.find("/nowhere/c.pem"), std::string::npos);
    const auto client = TlsContext::client("/nowhere/ca.pem");
    ASSERT_FALSE(client);
    EXPECT_NE(client.error().message.find("/nowhere/ca.pem"), std::string::npos);
}

}  // namespace
}  // namespace trunkline::load

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
