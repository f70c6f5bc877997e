// WebSocket over a socket pair whose other end is written byte by byte: framing, limits, and every way to end.
#include "engine/net/websocket.h"

#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "websocket_fixture.h"

namespace trunkline::test {
namespace {

using std::chrono_literals::operator""s;
using Role = WebSocket::Role;
using Texts = std::vector<std::string>;

TEST_F(WebSocketTest, delivers_text_and_binary_messages_of_any_length) {
    open();
    for (const size_t length : {0U, 1U, 125U, 126U, 4096U, 5000U, 65535U, 65536U}) {
        std::string payload(length, 'x');
        pair->write(frame(kText, payload) + frame(kBinary, payload));
        ASSERT_TRUE(until([&] { return seen.binaries.size() == 1 && seen.texts.size() == 1; })) << length;
        EXPECT_EQ(seen.texts, Texts{payload});
        EXPECT_EQ(seen.binaries, Texts{payload});
        seen.texts.clear();
        seen.binaries.clear();
    }
}

TEST_F(WebSocketTest, a_message_that_trickles_in_byte_by_byte_is_whole) {
    open();
    for (char c : frame(kText, "h\xc3\xa9llo")) {
        pair->write(std::string(1, c));
        shard.run_until([this] { return !pair->read(); }, std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(until([&] { return !seen.texts.empty(); }));
    EXPECT_EQ(seen.texts, Texts{"h\xc3\xa9llo"});
}

TEST_F(WebSocketTest, many_messages_in_one_segment_all_arrive_in_order) {
    open();
    std::string all;
    for (int i = 0; i < 200; ++i) all += frame(kText, std::to_string(i));
    pair->write(all);
    ASSERT_TRUE(until([&] { return seen.texts.size() == 200; }));
    EXPECT_EQ(seen.texts[199], "199");
}

TEST_F(WebSocketTest, fragments_are_joined_around_control_frames_between_them) {
    open();
    pair->write(frame(kText, "one ", {.fin = false}) + frame(kPing, "p") + frame(kContinuation, "", {.fin = false}) +
                frame(kPong, "unasked") + frame(kContinuation, "two"));
    ASSERT_TRUE(until([&] { return !seen.texts.empty(); }));
    EXPECT_EQ(seen.texts, Texts{"one two"});
    auto got = frames(1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].opcode, kPong);
    EXPECT_EQ(got[0].payload, "p");
}

TEST_F(WebSocketTest, utf8_may_be_split_between_fragments) {
    open();
    pair->write(frame(kText, "\xc3", {.fin = false}) + frame(kContinuation, "\xa9"));
    ASSERT_TRUE(until([&] { return !seen.texts.empty(); }));
    EXPECT_EQ(seen.texts, Texts{"\xc3\xa9"});
}

TEST_F(WebSocketTest, a_message_as_long_as_the_limit_passes) {
    open(Role::kServer, {.max_message = 1000});
    pair->write(frame(kBinary, std::string(600, 'a'), {.fin = false}) + frame(kContinuation, std::string(400, 'b')));
    EXPECT_TRUE(until([&] { return !seen.binaries.empty(); }));
}

TEST_F(WebSocketTest, a_client_refuses_masked_frames) {
    open(Role::kClient);
    pair->write(frame(kText, "x"));
    auto got = frames(1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].payload, close_payload(1002));
    EXPECT_TRUE(got[0].masked);
}

TEST_F(WebSocketTest, only_a_client_masks_and_never_twice_alike) {
    open(Role::kClient);
    pair->socket->send_text("hello");
    pair->socket->send_text("hello");
    ASSERT_TRUE(until([&] { return pair->received.size() == 22; }));
    EXPECT_NE(pair->received.substr(0, 11), pair->received.substr(11));
    auto got = frames(2);
    ASSERT_EQ(got.size(), 2U);
    EXPECT_TRUE(got[1].masked && got[1].fin);
    EXPECT_EQ(got[1].payload, "hello");
}

TEST_F(WebSocketTest, a_message_is_one_unfragmented_frame_however_long) {
    open();
    std::string payload(300'000, 'y');
    EXPECT_TRUE(pair->socket->send_binary({reinterpret_cast<const uint8_t*>(payload.data()), payload.size()}));
    auto got = frames(1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].opcode, kBinary);
    EXPECT_FALSE(got[0].masked);
    EXPECT_EQ(got[0].payload, payload);
    EXPECT_EQ(pair->socket->pending_bytes(), 0U);
}

TEST_F(WebSocketTest, nothing_is_delivered_before_a_listener_is_set) {
    pair.emplace(&shard, Role::kServer, WebSocketOptions{}, frame(kText, "early"));
    pair->write(frame(kText, "later"));
    shard.run_until([] { return false; }, std::chrono::milliseconds(5));
    int waiting = 0;
    ioctl(pair->socket->fd(), FIONREAD, &waiting);
    EXPECT_GT(waiting, 0);  // not even read
    pair->socket->set_listener(&seen);
    EXPECT_TRUE(seen.texts.empty());  // not inside set_listener() either
    ASSERT_TRUE(until([&] { return seen.texts.size() == 2; }));
    EXPECT_EQ(seen.texts, (Texts{"early", "later"}));
}

TEST_F(WebSocketTest, a_second_listener_takes_over) {
    open();
    Recorder other;
    pair->write(frame(kText, "a"));
    ASSERT_TRUE(until([&] { return seen.texts.size() == 1; }));
    pair->socket->set_listener(&other);
    pair->write(frame(kText, "b"));
    ASSERT_TRUE(until([&] { return other.texts.size() == 1; }));
    EXPECT_EQ(seen.texts.size(), 1U);
}

TEST_F(WebSocketTest, a_socket_destroyed_in_on_text_says_nothing_more) {
    open();
    seen.owned = std::move(pair->socket);
    seen.destroy_on_text = true;
    pair->write(frame(kText, "a") + frame(kText, "b") + frame(kPing, "c"));
    ASSERT_TRUE(until([&] { return pair->ended; }));
    EXPECT_EQ(seen.texts, Texts{"a"});
    EXPECT_EQ(seen.closes, 0);
}

TEST_F(WebSocketTest, a_socket_may_be_destroyed_in_on_close) {
    open();
    seen.owned = std::move(pair->socket);
    seen.destroy_on_close = true;
    pair->write(frame(kClose, close_payload(1000)));
    ASSERT_TRUE(until([&] { return pair->ended; }));
    EXPECT_EQ(seen.closes, 1);
}

TEST_F(WebSocketTest, the_peers_close_is_answered_and_told) {
    open();
    pair->write(frame(kText, "last") + frame(kClose, close_payload(4001, "bye")) + frame(kText, "too late"));
    ASSERT_TRUE(closed());
    EXPECT_EQ(seen.texts, Texts{"last"});
    EXPECT_EQ(seen.cause, CloseCause::kPeerClosed);
    EXPECT_EQ(seen.code, 4001);
    EXPECT_EQ(seen.reason, "bye");
    auto got = frames(1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].payload, close_payload(4001, "bye"));
    EXPECT_FALSE(pair->socket->is_open());
    EXPECT_FALSE(pair->socket->send_text("x"));
}

TEST_F(WebSocketTest, a_close_frame_without_code_is_1005) {
    open();
    pair->write(frame(kClose, ""));
    ASSERT_TRUE(closed());
    EXPECT_EQ(seen.cause, CloseCause::kPeerClosed);
    EXPECT_EQ(seen.code, 1005);
}

TEST_F(WebSocketTest, our_close_is_a_handshake_and_drops_late_messages) {
    open();
    pair->socket->close(1000, "done");
    EXPECT_FALSE(pair->socket->is_open());
    EXPECT_FALSE(pair->socket->send_text("x"));
    auto got = frames(1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].payload, close_payload(1000, "done"));
    EXPECT_EQ(seen.closes, 0);
    pair->write(frame(kText, "late") + frame(kClose, close_payload(1000)));
    ASSERT_TRUE(closed());
    EXPECT_EQ(seen.cause, CloseCause::kWeClosed);
    EXPECT_EQ(seen.code, 1000);
    EXPECT_TRUE(seen.texts.empty());
}

TEST_F(WebSocketTest, a_close_that_nobody_answers_ends_by_itself) {
    open(Role::kServer, {.close_timeout_ms = 20});
    pair->socket->close(1001, std::string(200, 'r'));
    ASSERT_TRUE(closed());
    EXPECT_EQ(seen.cause, CloseCause::kWeClosed);
    EXPECT_EQ(seen.code, 1006);
    auto got = frames(1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].payload.size(), 125U);  // the reason was cut
}

TEST_F(WebSocketTest, P15_an_end_without_a_close_frame_is_told_once) {
    open();
    pair->write(frame(kText, "stop"));
    ::close(std::exchange(pair->peer, -1));
    ASSERT_TRUE(shard.run_until([&] { return seen.closes > 0; }, 5s));
    EXPECT_EQ(seen.texts, Texts{"stop"});
    EXPECT_EQ(seen.cause, CloseCause::kPeerGone);
    EXPECT_EQ(seen.code, 1006);
    shard.run_until([] { return false; }, std::chrono::milliseconds(5));
    EXPECT_EQ(seen.closes, 1);
}

TEST_F(WebSocketTest, what_a_peer_said_before_it_left_is_delivered_even_when_our_send_found_it_gone) {
    open();
    pair->write(frame(kText, "stop"));
    ::close(std::exchange(pair->peer, -1));
    pair->socket->send_text("into the void");
    EXPECT_EQ(seen.closes, 0);  // never inside a send
    ASSERT_TRUE(shard.run_until([&] { return seen.closes > 0; }, 5s));
    EXPECT_EQ(seen.texts, Texts{"stop"});
    EXPECT_EQ(seen.cause, CloseCause::kPeerGone);
}

TEST_F(WebSocketTest, P15_a_half_open_peer_is_found_dead_by_pings) {
    open(Role::kServer, {.ping_interval_ms = 10, .missed_pings = 2});
    ASSERT_TRUE(closed());
    EXPECT_EQ(seen.cause, CloseCause::kPeerDead);
    auto got = take_frames(pair->received);
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0].opcode, kPing);
}

TEST_F(WebSocketTest, a_peer_that_answers_pings_lives) {
    open(Role::kServer, {.ping_interval_ms = 5, .missed_pings = 1});
    size_t answered = 0;
    ASSERT_TRUE(until([&] {
        for (const Frame& one : take_frames(pair->received)) {
            pair->write(frame(kPong, one.payload));
            ++answered;
        }
        return answered >= 5;
    }));
    EXPECT_EQ(seen.closes, 0);
    EXPECT_TRUE(pair->socket->is_open());
}

TEST_F(WebSocketTest, abort_is_told_in_the_next_turn) {
    open();
    pair->socket->abort();
    EXPECT_EQ(seen.closes, 0);
    EXPECT_FALSE(pair->socket->is_open());
    ASSERT_TRUE(closed());
    EXPECT_EQ(seen.cause, CloseCause::kAborted);
    EXPECT_EQ(seen.closes, 1);
}

TEST_F(WebSocketTest, destroying_an_open_socket_ends_it_silently) {
    open();
    pair->socket.reset();
    ASSERT_TRUE(until([&] { return pair->ended; }));
    EXPECT_EQ(seen.closes, 0);
}

TEST_F(WebSocketTest, an_end_before_the_listener_came_is_told_to_it) {
    pair.emplace(&shard, Role::kServer, WebSocketOptions{});
    pair->socket->abort();
    shard.run_until([] { return false; }, std::chrono::milliseconds(5));
    pair->socket->set_listener(&seen);
    ASSERT_TRUE(closed());
    EXPECT_EQ(seen.cause, CloseCause::kAborted);
}

}  // namespace
}  // namespace trunkline::test
