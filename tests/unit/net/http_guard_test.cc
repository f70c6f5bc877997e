// What a server does with clients that never get to the point: connections that say nothing, or a byte at a time, heads
// and bodies without an end, answers that nobody takes, and the end of all descriptors.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "engine/net/http_counters.h"
#include "engine/net/http_server.h"
#include "server_support.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kHello = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

bool eventually(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!done() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    return done();
}

int connect_to(uint16_t port, int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
}

bool is_problem(const std::string& answer, const std::string& status) {
    return answer.starts_with("HTTP/1.1 " + status) && answer.find("application/problem+json") != std::string::npos &&
           answer.find("\"detail\":") != std::string::npos;
}

TEST(HttpGuard, a_head_that_comes_byte_by_byte_is_served) {
    TestServer server;
    RawClient client(server.port());
    for (const char c : std::string(kHello)) client.send(std::string(1, c));
    EXPECT_TRUE(client.read_to_end().starts_with("HTTP/1.1 200"));
}

TEST(HttpGuard, a_head_whose_body_nobody_can_measure_is_400_at_once_and_when_it_comes_in_pieces) {
    TestServer server;
    const std::string request = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10'\r\n\r\nabc";
    EXPECT_TRUE(is_problem(RawClient(server.port()).send(request).read_to_end(), "400"));
    RawClient slow(server.port());
    for (const char c : request) slow.send(std::string(1, c));
    EXPECT_TRUE(is_problem(slow.read_to_end(), "400"));
    EXPECT_EQ(server.handled, 0);
}

TEST(HttpGuard, a_head_that_is_not_there_in_time_is_408_and_silence_is_closed_without_a_word) {
    HttpServerOptions options;
    options.header_timeout_ms = 50;
    TestServer server(options);
    RawClient silent(server.port());
    RawClient half(server.port());
    half.send("GET /hello HTTP/1.1\r\nHos");
    EXPECT_TRUE(is_problem(half.read_to_end(), "408"));
    EXPECT_EQ(silent.read_to_end(), "");
    EXPECT_TRUE(silent.ended);
    EXPECT_EQ(server.server->counters().timed_out, 2U);
    EXPECT_EQ(server.server->counters().waiting, 0);
}

TEST(HttpGuard, a_body_that_is_not_there_in_time_is_408) {
    HttpServerOptions options;
    options.header_timeout_ms = 50;
    TestServer server(options);
    RawClient client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_TRUE(is_problem(client.read_to_end(), "408"));
    EXPECT_EQ(server.handled, 0);
}

TEST(HttpGuard, a_head_beyond_the_limit_is_431) {
    HttpServerOptions options;
    options.max_head = 1'000;
    TestServer server(options);
    const auto head = [](size_t padding) {
        return "GET /hello HTTP/1.1\r\nHost: x\r\nX: " + std::string(padding, 'x') + "\r\n\r\n";
    };
    const size_t rest = head(0).size();
    EXPECT_TRUE(RawClient(server.port()).send(head(1'000 - rest)).read_to_end().starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(is_problem(RawClient(server.port()).send(head(1'001 - rest)).read_to_end(), "431"));
    EXPECT_TRUE(is_problem(RawClient(server.port()).send(head(200'000)).read_to_end(), "431"));
    EXPECT_EQ(server.server->counters().oversized, 2U);
}

TEST(HttpGuard, a_client_that_leaves_with_half_a_head_is_forgotten_at_once) {
    TestServer server;
    { RawClient(server.port()).send("GET /hello HT"); }
    { RawClient(server.port()).send(""); }
    EXPECT_TRUE(eventually([&] {
        const HttpCounters& c = server.server->counters();
        return c.accepted == 2 && c.waiting == 0;
    }));
    EXPECT_EQ(server.server->counters().timed_out, 0U);
}

TEST(HttpGuard, in_a_crowd_the_one_that_has_waited_longest_goes_and_the_newcomer_is_served) {
    HttpServerOptions options;
    options.max_waiting = 3;
    TestServer server(options);
    std::vector<std::unique_ptr<RawClient>> crowd;
    const auto come = [&] {
        crowd.push_back(std::make_unique<RawClient>(server.port()));
        crowd.back()->send("GET /hel");
        const auto n = static_cast<uint64_t>(crowd.size());
        ASSERT_TRUE(eventually([&] { return server.server->counters().accepted == n; }));
    };
    for (int i = 0; i < 3; ++i) come();
    EXPECT_EQ(server.server->counters().crowded_out, 0U);
    come();
    come();
    EXPECT_TRUE(is_problem(crowd[0]->read_to_end(), "503"));
    EXPECT_TRUE(is_problem(crowd[1]->read_to_end(), "503"));
    EXPECT_EQ(server.server->counters().crowded_out, 2U);
    EXPECT_TRUE(RawClient(server.port()).send(kHello).read_to_end().starts_with("HTTP/1.1 200"));
    // The newcomer needed a place himself if his request came after his connection.
    for (size_t i = 3; i < 5; ++i)
        EXPECT_TRUE(crowd[i]->send("lo HTTP/1.1\r\nHost: x\r\n\r\n").read_to_end().starts_with("HTTP/1.1 200")) << i;
}

TEST(HttpGuard, slow_bodies_have_a_crowd_of_their_own) {
    HttpServerOptions options;
    options.max_in_progress = 2;
    TestServer server(options);
    std::vector<std::unique_ptr<RawClient>> crowd;
    for (int64_t i = 1; i <= 4; ++i) {
        crowd.push_back(std::make_unique<RawClient>(server.port()));
        crowd.back()->send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na");
        ASSERT_TRUE(eventually([&] {
            const HttpCounters& c = server.server->counters();
            return c.in_progress == std::min<int64_t>(i, 2) &&
                   static_cast<int64_t>(c.crowded_out) == std::max<int64_t>(i - 2, 0);
        }));
    }
    EXPECT_TRUE(is_problem(crowd[0]->read_to_end(), "503"));
    EXPECT_TRUE(is_problem(crowd[1]->read_to_end(), "503"));
    for (size_t i = 2; i < 4; ++i) EXPECT_TRUE(crowd[i]->send("bc").read_to_end().ends_with("abc")) << i;
}

TEST(HttpGuard, a_body_without_an_end_is_cut_and_does_not_hold_the_shard) {
    TestServer server;
    const int flood = connect_to(server.port());
    const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string chunk = "10000\r\n" + std::string(65'536, 'c') + "\r\n";
    ASSERT_GT(send(flood, head.data(), head.size(), MSG_NOSIGNAL), 0);
    size_t chunks = 0;
    while (chunks < 16'384 && send(flood, chunk.data(), chunk.size(), MSG_NOSIGNAL) > 0) ++chunks;
    EXPECT_LT(chunks, 1'024U) << "of 64 KiB";
    EXPECT_EQ(server.server->counters().oversized, 1U);
    EXPECT_EQ(server.handled, 0);
    EXPECT_TRUE(RawClient(server.port()).send(kHello).read_to_end().starts_with("HTTP/1.1 200"));
    close(flood);
}

TEST(HttpGuard, an_answer_that_nobody_takes_is_given_up) {
    HttpServerOptions options;
    options.header_timeout_ms = 100;
    TestServer server(options);
    RawClient client(server.port());
    client.send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return server.handled == 1; }));
    server.on_shard([&] { server.late.at(0)(HttpResponse::json(200, std::string(32U << 20, 'x'))); });
    EXPECT_TRUE(eventually(
        [&] { return server.server->counters().timed_out == 1 && server.server->counters().in_progress == 0; }));
}

TEST(HttpGuard, ranges_are_not_served_however_many_are_asked_for) {
    TestServer server;
    std::string ranges = "bytes=0-0";
    for (int i = 1; i < 1'000; ++i) ranges += ",0-" + std::to_string(i);
    const std::string answer =
        RawClient(server.port()).send("GET /hello HTTP/1.1\r\nHost: x\r\nRange: " + ranges + "\r\n\r\n").read_to_end();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(answer.ends_with("hello from shard 0 "));
}

int highest_fd() {
    int highest = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
        highest = std::max(highest, std::atoi(entry.path().filename().c_str()));
    return highest;
}

TEST(HttpGuard, out_of_descriptors_sockets_live_on_and_accepting_resumes_by_itself) {
    TestServer server;
    RawClient live(server.port());
    live.send(
        "GET /echo/x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    ASSERT_TRUE(live.read_head().starts_with("HTTP/1.1 101"));
    ASSERT_TRUE(eventually([&] { return server.rooms[0]->opened == 1; }));
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    // Every number up to the limit is taken, so that no accept() finds one.
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(highest_fd()) + 1;
    std::vector<int> fillers;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (int fd = dup(client); fd >= 0; fd = dup(client)) fillers.push_back(fd);

    connect_to(server.port(), client);
    const std::string hello = kHello;
    EXPECT_GT(send(client, hello.data(), hello.size(), 0), 0);
    const HttpCounters& counters = server.server->counters();
    EXPECT_TRUE(eventually([&] { return counters.out_of_fds >= 1; }));
    const uint64_t failures = counters.out_of_fds, turns = server.pool.at(0)->wakeups();
    EXPECT_TRUE(eventually([&] { return counters.out_of_fds >= failures + 3; }));
    EXPECT_LT(server.pool.at(0)->wakeups() - turns, 100U * (counters.out_of_fds - failures)) << "it spins";
    live.send(frame(kText, "alive"));
    EXPECT_EQ(live.read_until([](const std::string& text) { return text.size() >= 7; }),
              frame(kText, "alive", {.masked = false}));

    for (const int fd : fillers) close(fd);
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    std::string answer(15, ' ');
    EXPECT_EQ(recv(client, answer.data(), answer.size(), MSG_WAITALL), 15);
    EXPECT_EQ(answer, "HTTP/1.1 200 OK");
    close(client);
}

TEST(HttpGuard, an_upgrade_that_finds_no_descriptor_free_is_a_socket_all_the_same) {
    TestServer server;
    RawClient client(server.port());
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    std::vector<int> fillers;
    // The connection has been accepted; from its request on there is none.
    client.send("GET /echo/x HTTP/1.1\r\nHost: x\r\n");
    ASSERT_TRUE(eventually([&] { return server.server->counters().waiting == 1; }));
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(highest_fd()) + 1;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (int fd = dup(0); fd >= 0; fd = dup(0)) fillers.push_back(fd);
    client.send(
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
        frame(kText, "hello"));
    EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101"));
    EXPECT_EQ(client.read_until([](const std::string& text) { return text.size() >= 7; }),
              frame(kText, "hello", {.masked = false}));
    for (const int fd : fillers) close(fd);
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    client.send(frame(kClose, close_payload(1000)));
    std::string farewell = client.read_to_end();
    EXPECT_EQ(take_frames(farewell).size(), 1U);
    EXPECT_TRUE(client.ended);
}

}  // namespace
}  // namespace trunkline::test
