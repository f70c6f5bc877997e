// A WebSocket whose other end reads slowly, not at all, or sends more than anybody could want.
#include "engine/net/websocket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>

#include "websocket_fixture.h"

namespace trunkline::test {
namespace {

using std::chrono_literals::operator""s;
using Role = WebSocket::Role;

TEST_F(WebSocketTest, a_slow_reader_is_reported_at_the_high_and_at_the_low_watermark) {
    open(Role::kServer, {.high_watermark = 100'000, .low_watermark = 10'000});
    std::string payload(10'000, 'z');
    size_t sent = 0;
    while (seen.highs == 0 && sent < 1000) {
        ASSERT_TRUE(pair->socket->send_text(payload));
        ++sent;
    }
    EXPECT_EQ(seen.highs, 1);
    EXPECT_GE(pair->socket->pending_bytes(), 100'000U);
    pair->socket->send_text(payload);
    EXPECT_EQ(seen.highs, 1);  // once, not per message
    ++sent;
    EXPECT_EQ(frames(sent).size(), sent);
    EXPECT_EQ(seen.lows, 1);
    EXPECT_EQ(pair->socket->pending_bytes(), 0U);
}

TEST_F(WebSocketTest, a_peer_that_does_not_read_at_all_is_aborted) {
    open(Role::kServer, {.high_watermark = 10'000, .max_pending = 100'000});
    std::string payload(10'000, 'z');
    size_t sent = 0;
    while (pair->socket->send_text(payload) && sent < 1000) ++sent;
    EXPECT_LT(sent, 1000U);
    EXPECT_EQ(seen.closes, 0);
    ASSERT_TRUE(shard.run_until([&] { return seen.closes > 0; }, 5s));
    EXPECT_EQ(seen.cause, CloseCause::kPeerDead);
}

TEST_F(WebSocketTest, a_peer_that_talks_and_never_reads_is_dead_when_nothing_was_taken_for_long) {
    open(Role::kServer, {.ping_interval_ms = 10, .missed_pings = 2});
    std::string payload(100'000, 'z');
    while (pair->socket->pending_bytes() == 0) ASSERT_TRUE(pair->socket->send_text(payload));
    ASSERT_TRUE(shard.run_until(
        [&] {
            const std::string talk = frame(kText, "alive");
            [[maybe_unused]] ssize_t n = ::send(pair->peer, talk.data(), talk.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            return seen.closes > 0;
        },
        5s));
    EXPECT_EQ(seen.cause, CloseCause::kPeerDead);
    EXPECT_EQ(seen.reason, "the peer does not read");
    EXPECT_FALSE(seen.texts.empty());
}

TEST_F(WebSocketTest, a_peer_that_reads_slowly_lives) {
    open(Role::kServer, {.max_pending = 64U << 20, .ping_interval_ms = 10, .missed_pings = 2});
    std::string payload(100'000, 'z');
    int sent = 0;
    while (pair->socket->pending_bytes() < 2'000'000) {
        ASSERT_TRUE(pair->socket->send_text(payload));
        ++sent;
    }
    // It reads, and answers no ping but with talk; the socket pair takes what it took.
    ASSERT_TRUE(until([&] {
        pair->write(frame(kText, "alive"));
        return pair->socket->pending_bytes() == 0;
    }));
    EXPECT_EQ(seen.closes, 0);
    EXPECT_GT(sent, 20);
}

TEST_F(WebSocketTest, a_message_of_endless_empty_fragments_is_too_large_some_time) {
    open(Role::kServer, {.max_message = 1'000});
    const std::string empty = frame(kContinuation, "", {.fin = false});
    std::string fits = frame(kText, "x", {.fin = false});
    for (int i = 0; i < 60; ++i) fits += empty;
    pair->write(fits + frame(kContinuation, "y"));
    ASSERT_TRUE(until([&] { return seen.texts.size() == 1; }));
    EXPECT_EQ(seen.texts, std::vector<std::string>{"xy"});
    pair->write(frame(kText, "x", {.fin = false}));
    for (int i = 0; i < 70; ++i) pair->write(empty);
    auto got = frames(1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].payload, close_payload(1009));
}

TEST_F(WebSocketTest, a_peer_that_floods_pings_and_reads_nothing_is_aborted) {
    open(Role::kServer, {.max_pending = 50'000});
    std::string pings;
    for (int i = 0; i < 200; ++i) pings += frame(kPing, std::string(125, 'p'));
    ASSERT_TRUE(shard.run_until(
        [&] {
            [[maybe_unused]] ssize_t n = ::send(pair->peer, pings.data(), pings.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            return seen.closes > 0;
        },
        5s));
    EXPECT_EQ(seen.cause, CloseCause::kPeerDead);
}

TEST_F(WebSocketTest, an_echo_out_of_the_callback_works) {
    open();
    seen.echo = pair->socket.get();
    pair->write(frame(kText, "a") + frame(kBinary, "b"));
    auto got = frames(2);
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0].payload + got[1].payload, "ab");
}

TEST_F(WebSocketTest, a_busy_peer_gets_at_most_64_KiB_per_turn) {
    open();
    std::string all;
    while (all.size() < 150'000) all += frame(kBinary, std::string(1000, 'x'));
    int size = 400'000;
    setsockopt(pair->peer, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    pair->write(all);
    size_t largest = 0;
    size_t before = 0;
    ASSERT_TRUE(until([&] {
        largest = std::max(largest, seen.binaries.size() - before);
        before = seen.binaries.size();
        return before == all.size() / 1008;
    }));
    EXPECT_LE(largest, 66U);
    EXPECT_GT(largest, 1U);
}

TEST_F(WebSocketTest, an_open_socket_costs_one_descriptor) {
    auto count = [] {
        auto all = std::filesystem::directory_iterator("/proc/self/fd");
        return std::distance(begin(all), end(all));
    };
    auto before = count();
    open();
    pair->write(frame(kText, "a"));
    ASSERT_TRUE(until([&] { return !seen.texts.empty(); }));
    EXPECT_EQ(count() - before, 2);  // one of them is the peer's end
    pair->socket.reset();
    EXPECT_EQ(count() - before, 1);
}

}  // namespace
}  // namespace trunkline::test
