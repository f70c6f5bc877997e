// RFC 6455 sections 5, 7, 8 and 10 in both roles, frame by frame: the peer of the socket is the test itself. The numbers
// in the names are those of the RFC's sections. What tests/unit/net shows of one role already is not repeated here.
#include "tests/unit/net/websocket_fixture.h"

namespace trunkline::test {
namespace {

using Role = WebSocket::Role;
using Texts = std::vector<std::string>;
constexpr size_t kLimit = 70'000;

class Framing : public WebSocketTest, public testing::WithParamInterface<Role> {
  protected:
    Role role() const { return GetParam(); }
    /// A frame as the peer of our role has to send it.
    std::string peer_frame(int opcode, std::string_view payload, bool fin = true, int reserved = 0) const {
        return frame(opcode, payload, {.fin = fin, .masked = role() == Role::kServer, .reserved = reserved});
    }
    void fresh(const WebSocketOptions& options = {.max_message = kLimit}) {
        pair.reset();
        seen = Recorder();
        open(role(), options);
    }
    /// A new connection on which `bytes` must end with `code`, without a delivery.
    void refused(const std::string& bytes, int code, const std::string& what) {
        SCOPED_TRACE(what);
        fresh();
        pair->write(bytes);
        expect_violation(code);
        EXPECT_TRUE(seen.texts.empty());
        EXPECT_TRUE(seen.binaries.empty());
    }
    /// A new connection on which `bytes` are the one message `text`.
    void delivers(const std::string& bytes, const std::string& text) {
        fresh();
        pair->write(bytes);
        ASSERT_TRUE(until([&] { return !seen.texts.empty() || seen.closes > 0; }));
        EXPECT_EQ(seen.texts, Texts{text});
    }
    /// Our answer to the peer's close frame with `payload`.
    std::string answer_to_close(const std::string& payload) {
        fresh();
        pair->write(peer_frame(kClose, payload));
        auto got = frames(1);
        closed();
        return got.size() == 1 && got[0].opcode == kClose ? got[0].payload : "no close frame";
    }
};
INSTANTIATE_TEST_SUITE_P(Rfc6455, Framing, testing::Values(Role::kServer, Role::kClient),
                         [](const auto& one) { return one.param == Role::kServer ? "as_server" : "as_client"; });

/// A header with a length of `bytes` bytes, whether that is the shortest or not.
std::string with_length(int opcode, uint64_t length, int bytes, bool masked) {
    std::string out{static_cast<char>(0x80 | opcode)};
    out.push_back(static_cast<char>((masked ? 0x80 : 0) | (bytes == 2 ? 126 : 127)));
    for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(length >> (8 * i) & 0xff));
    if (masked) out += "\x01\x02\x03\x04";
    return out;
}

TEST_P(Framing, s5_1_a_frame_of_every_opcode_that_is_masked_for_the_wrong_role_is_1002) {
    for (int opcode : {kText, kBinary, kClose, kPing, kPong})
        refused(frame(opcode, "", {.masked = role() == Role::kClient}), 1002, "opcode " + std::to_string(opcode));
}

TEST_P(Framing, s5_1_our_frames_are_masked_by_a_client_and_bare_by_a_server) {
    fresh();
    pair->socket->send_text("text");
    pair->socket->send_binary({});
    pair->write(peer_frame(kPing, "p"));
    auto got = frames(3);
    pair->socket->close(1000, "");
    for (Frame& one : frames(1)) got.push_back(std::move(one));
    ASSERT_EQ(got.size(), 4U);
    for (const Frame& one : got) EXPECT_EQ(one.masked, role() == Role::kClient) << one.opcode;
}

TEST_P(Framing, s5_2_every_reserved_bit_on_every_opcode_is_1002) {
    for (int bits = 1; bits < 8; ++bits)
        for (int opcode : {kText, kBinary, kClose, kPing, kPong})
            refused(peer_frame(opcode, "", true, bits), 1002,
                    "bits " + std::to_string(bits) + " opcode " + std::to_string(opcode));
}

TEST_P(Framing, s5_2_a_reserved_bit_on_a_continuation_is_1002) {
    for (int bits = 1; bits < 8; ++bits)
        refused(peer_frame(kText, "a", false) + peer_frame(kContinuation, "b", true, bits), 1002, std::to_string(bits));
}

TEST_P(Framing, s5_2_every_reserved_opcode_is_1002_at_the_start_and_inside_a_message) {
    for (int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
        refused(peer_frame(opcode, ""), 1002, "opcode " + std::to_string(opcode));
        refused(peer_frame(kText, "a", false) + peer_frame(opcode, ""), 1002, "inside, " + std::to_string(opcode));
    }
}

TEST_P(Framing, s5_2_a_length_that_is_not_the_shortest_is_1002) {
    const bool masked = role() == Role::kServer;
    for (uint64_t length : {0, 1, 125}) refused(with_length(kText, length, 2, masked), 1002, std::to_string(length));
    for (uint64_t length : {0, 125, 126, 65535})
        refused(with_length(kBinary, length, 8, masked), 1002, std::to_string(length));
}

TEST_P(Framing, s5_2_a_64_bit_length_with_its_high_bit_is_1002) {
    for (uint64_t length : {uint64_t{1} << 63, (uint64_t{1} << 63) + 1, UINT64_MAX})
        refused(with_length(kBinary, length, 8, role() == Role::kServer), 1002, std::to_string(length));
}

TEST_P(Framing, s5_2_the_largest_64_bit_length_is_1009_at_its_first_byte) {
    refused(with_length(kBinary, uint64_t{INT64_MAX}, 8, role() == Role::kServer) + "x", 1009, "2^63 - 1");
}

TEST_P(Framing, s5_2_lengths_at_the_borders_of_their_encodings_are_read_and_written) {
    fresh();
    seen.echo = pair->socket.get();
    for (size_t length : {0, 1, 125, 126, 127, 65535, 65536}) {
        const std::string payload(length, 'x');
        pair->write(peer_frame(kText, payload));
        auto got = frames(1);
        ASSERT_EQ(got.size(), 1U) << length;
        EXPECT_EQ(got[0].payload, payload);
    }
}

TEST_P(Framing, s5_4_a_continuation_without_a_beginning_is_1002) {
    refused(peer_frame(kContinuation, "x"), 1002, "at once");
    refused(peer_frame(kContinuation, "x", false), 1002, "unfinished");
    fresh();
    pair->write(peer_frame(kText, "wh", false) + peer_frame(kContinuation, "ole") + peer_frame(kContinuation, "x"));
    expect_violation(1002);
    EXPECT_EQ(seen.texts, Texts{"whole"});
}

TEST_P(Framing, s5_4_a_new_message_inside_another_is_1002) {
    for (int opcode : {kText, kBinary}) {
        refused(peer_frame(kText, "a", false) + peer_frame(opcode, "b"), 1002, "whole");
        refused(peer_frame(kText, "a", false) + peer_frame(opcode, "b", false), 1002, "unfinished");
    }
}

TEST_P(Framing, s5_4_fragments_of_nothing_and_of_single_bytes_make_the_message) {
    std::string bytes = peer_frame(kText, "", false);
    std::string wanted;
    for (int i = 0; i < 500; ++i) {
        const std::string letter(1, static_cast<char>('a' + i % 26));
        bytes += peer_frame(kContinuation, letter, false) + peer_frame(kContinuation, "", false);
        wanted += letter;
    }
    delivers(bytes + peer_frame(kContinuation, ""), wanted);
    delivers(peer_frame(kText, "", false) + peer_frame(kContinuation, ""), "");
}

TEST_P(Framing, s5_4_control_frames_between_fragments_are_answered_at_once) {
    fresh();
    pair->write(peer_frame(kText, "a", false) + peer_frame(kPing, "1") + peer_frame(kPong, "nobody asked"));
    auto got = frames(1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].opcode, kPong);
    EXPECT_EQ(got[0].payload, "1");
    EXPECT_TRUE(seen.texts.empty());
    pair->write(peer_frame(kContinuation, "b", false) + peer_frame(kPing, "") + peer_frame(kContinuation, "c"));
    ASSERT_TRUE(until([&] { return !seen.texts.empty(); }));
    EXPECT_EQ(seen.texts, Texts{"abc"});
}

TEST_P(Framing, s5_4_a_close_between_fragments_ends_the_socket_and_the_half_message_is_dropped) {
    fresh();
    pair->write(peer_frame(kText, "half", false) + peer_frame(kClose, close_payload(1001)));
    ASSERT_TRUE(closed());
    EXPECT_EQ(seen.cause, CloseCause::kPeerClosed);
    EXPECT_EQ(seen.code, 1001);
    EXPECT_TRUE(seen.texts.empty());
}

TEST_P(Framing, s5_5_a_fragmented_control_frame_is_1002) {
    for (int opcode : {kClose, kPing, kPong}) refused(peer_frame(opcode, "", false), 1002, std::to_string(opcode));
}

TEST_P(Framing, s5_5_a_control_frame_above_125_bytes_is_1002_whatever_the_encoding) {
    for (int opcode : {kClose, kPing, kPong}) {
        refused(peer_frame(opcode, std::string(126, 'x')), 1002, std::to_string(opcode));
        refused(with_length(opcode, 65536, 8, role() == Role::kServer), 1002, std::to_string(opcode) + ", 8 bytes");
    }
}

TEST_P(Framing, s5_5_2_pings_of_every_length_come_back_as_pongs_in_order) {
    fresh();
    std::string bytes;
    for (size_t length = 0; length <= 125; ++length) bytes += peer_frame(kPing, std::string(length, '\xff'));
    pair->write(bytes);
    auto got = frames(126);
    ASSERT_EQ(got.size(), 126U);
    for (size_t length = 0; length <= 125; ++length) {
        EXPECT_EQ(got[length].opcode, kPong);
        EXPECT_EQ(got[length].payload, std::string(length, '\xff'));
    }
}

TEST_P(Framing, s5_5_3_pongs_nobody_asked_for_are_ignored) {
    fresh();
    pair->write(peer_frame(kPong, "") + peer_frame(kPong, std::string(125, 'x')) + peer_frame(kText, "on"));
    ASSERT_TRUE(until([&] { return !seen.texts.empty(); }));
    EXPECT_TRUE(take_frames(pair->received).empty());
}

TEST_P(Framing, s5_5_1_and_7_4_every_code_that_may_stand_in_a_close_frame_is_told_and_answered_in_kind) {
    for (int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}) {
        SCOPED_TRACE(code);
        EXPECT_EQ(answer_to_close(close_payload(code, "why\xc3\xa4")).substr(0, 2), close_payload(code));
        EXPECT_EQ(seen.cause, CloseCause::kPeerClosed);
        EXPECT_EQ(seen.code, code);
        EXPECT_EQ(seen.reason, "why\xc3\xa4");
    }
}

TEST_P(Framing, s7_4_codes_that_must_not_be_sent_are_1002) {
    for (int code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535})
        refused(peer_frame(kClose, close_payload(code)), 1002, std::to_string(code));
}

TEST_P(Framing, s5_5_1_half_a_code_is_1002_and_a_reason_that_is_no_text_1007) {
    refused(peer_frame(kClose, "\x03"), 1002, "one byte");
    for (int code : {1000, 1012}) {
        refused(peer_frame(kClose, close_payload(code, "\xc3")), 1007, "ends inside a character");
        refused(peer_frame(kClose, close_payload(code, "a\xff")), 1007, "no UTF-8 at all");
    }
}

TEST_P(Framing, s5_5_1_a_reason_of_123_bytes_passes_and_an_empty_close_is_1005) {
    EXPECT_EQ(answer_to_close(close_payload(1000, std::string(123, 'r'))).substr(0, 2), close_payload(1000));
    EXPECT_EQ(seen.reason, std::string(123, 'r'));
    EXPECT_EQ(answer_to_close(""), "");
    EXPECT_EQ(seen.code, 1005);
}

TEST_P(Framing, s5_5_1_whatever_follows_the_peers_close_frame_is_ignored) {
    fresh();
    pair->write(peer_frame(kClose, close_payload(1000)) + peer_frame(kText, "late") + peer_frame(kPing, "late") +
                "\xff\xff\xff rubbish");
    ASSERT_TRUE(closed());
    pair->read();
    auto got = take_frames(pair->received);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].opcode, kClose);
    EXPECT_TRUE(seen.texts.empty());
    EXPECT_EQ(seen.closes, 1);
}

TEST_P(Framing, s7_1_4_both_sides_may_begin_the_closing_at_once) {
    fresh();
    pair->write(peer_frame(kClose, close_payload(4001, "mine")));
    pair->socket->close(4002, "ours");
    ASSERT_TRUE(closed());
    EXPECT_EQ(seen.cause, CloseCause::kWeClosed);
    EXPECT_EQ(seen.code, 4001);
    pair->read();
    auto got = take_frames(pair->received);
    ASSERT_EQ(got.size(), 1U) << "one close frame, whoever began";
    EXPECT_EQ(got[0].payload, close_payload(4002, "ours"));
}

TEST_P(Framing, s5_5_1_nothing_of_ours_follows_our_close_frame) {
    fresh();
    pair->socket->close(1001, "going");
    EXPECT_FALSE(pair->socket->send_text("late"));
    pair->socket->close(1000, "again");
    pair->write(peer_frame(kPing, "still?") + peer_frame(kText, "late"));
    pair->write(peer_frame(kClose, close_payload(1001)));
    ASSERT_TRUE(closed());
    pair->read();
    auto got = take_frames(pair->received);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].payload, close_payload(1001, "going"));
    EXPECT_TRUE(seen.texts.empty());
    EXPECT_EQ(seen.cause, CloseCause::kWeClosed);
}

TEST_P(Framing, s7_4_1_a_code_that_must_not_be_sent_leaves_as_1000_and_a_reason_is_cut_at_a_character) {
    for (uint16_t code : std::initializer_list<uint16_t>{999, 1004, 1005, 1006, 1015, 2999, 5000}) {
        fresh();
        pair->socket->close(code, "");
        auto got = frames(1);
        ASSERT_EQ(got.size(), 1U);
        EXPECT_EQ(got[0].payload, close_payload(1000)) << code;
    }
    fresh();
    pair->socket->close(1000, std::string(122, 'r') + "\xc3\xa4");
    auto got = frames(1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].payload, close_payload(1000, std::string(122, 'r')));
}

TEST_P(Framing, s7_1_6_a_peer_that_stops_sending_still_gets_all_that_waits_and_our_close_frame_last) {
    fresh({.high_watermark = 64U << 20, .max_pending = 64U << 20, .close_timeout_ms = 60'000});
    const std::string large(3'000'000, 'q');
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(pair->socket->send_text(large));
    ASSERT_GT(pair->socket->pending_bytes(), 0U);
    pair->write(peer_frame(kClose, close_payload(1000)));
    ::shutdown(pair->peer, SHUT_WR);  // half-closed: it reads on
    auto got = frames(4);
    ASSERT_EQ(got.size(), 4U);
    EXPECT_EQ(got[2].payload, large);
    EXPECT_EQ(got[3].opcode, kClose);
    ASSERT_TRUE(closed());
    EXPECT_EQ(seen.cause, CloseCause::kPeerClosed);
    EXPECT_EQ(seen.code, 1000);
}

TEST_P(Framing, s7_1_6_our_close_frame_reaches_a_peer_that_had_stopped_sending) {
    fresh({.high_watermark = 64U << 20, .max_pending = 64U << 20, .close_timeout_ms = 60'000});
    const std::string large(6'000'000, 'q');
    ASSERT_TRUE(pair->socket->send_text(large));
    pair->socket->close(1001, "going");
    ::shutdown(pair->peer, SHUT_WR);
    auto got = frames(2);
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[1].payload, close_payload(1001, "going"));
    ASSERT_TRUE(closed());
    EXPECT_EQ(seen.cause, CloseCause::kWeClosed);
}

TEST_P(Framing, s8_1_valid_text_passes_whole_and_split_at_every_byte) {
    const Texts valid = {std::string("nul \0 in it", 11),
                         "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
                         "\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xef\xbf\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf",
                         "\xed\x9f\xbf\xee\x80\x80",  // around the surrogates
                         "\xef\xbb\xbf" "byte order mark, kept"};
    for (const std::string& text : valid) {
        delivers(peer_frame(kText, text), text);
        for (size_t cut = 0; cut <= text.size(); ++cut)
            delivers(peer_frame(kText, text.substr(0, cut), false) + peer_frame(kContinuation, text.substr(cut)), text);
    }
}

TEST_P(Framing, s8_1_text_that_is_no_utf8_is_1007_whole_and_split_at_every_byte) {
    const Texts invalid = {"\x80",
                           "\xc0\xaf",
                           "\xc1\xbf",
                           "\xe0\x9f\xbf",
                           "\xf0\x8f\xbf\xbf",              // too long for what they say
                           "\xed\xa0\x80",
                           "\xed\xbf\xbf",                  // surrogates
                           "\xf4\x90\x80\x80",
                           "\xf5\x80\x80\x80",
                           "\xfe",                          // above U+10FFFF
                           "\xc3(",
                           "\xe2\x82(",
                           "\xf0\x9f\x98(",                 // cut short by a letter
                           "good \xce\xba then \xed\xa0\x80 bad"};
    for (const std::string& text : invalid) {
        refused(peer_frame(kText, text), 1007, text);
        for (size_t cut = 0; cut <= text.size(); ++cut)
            refused(peer_frame(kText, text.substr(0, cut), false) + peer_frame(kContinuation, text.substr(cut)), 1007,
                    text + " cut at " + std::to_string(cut));
    }
}

TEST_P(Framing, s8_1_text_that_ends_inside_a_character_is_1007_but_a_fragment_may) {
    for (std::string text : {"\xc3", "\xe2\x82", "\xf0\x9f\x98"}) refused(peer_frame(kText, "a" + text), 1007, text);
    delivers(peer_frame(kText, "\xf0\x9f", false) + peer_frame(kContinuation, "\x98", false) +
                 peer_frame(kContinuation, "\x80"),
             "\xf0\x9f\x98\x80");
}

TEST_P(Framing, s8_1_text_is_refused_at_the_first_wrong_byte_not_at_its_end) {
    fresh();
    const std::string whole = peer_frame(kText, "abc\xff" + std::string(1000, 'x'));
    pair->write(whole.substr(0, whole.size() - 990));
    expect_violation(1007);
}

TEST_P(Framing, s5_6_binary_messages_and_pings_may_hold_any_byte) {
    fresh();
    std::string every;
    for (int i = 0; i < 256; ++i) every.push_back(static_cast<char>(i));
    pair->write(peer_frame(kBinary, every.substr(0, 130), false) + peer_frame(kPing, "\xff\xfe") +
                peer_frame(kContinuation, every.substr(130)));
    ASSERT_TRUE(until([&] { return !seen.binaries.empty(); }));
    EXPECT_EQ(seen.binaries.front(), every);
    auto got = frames(1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].payload, "\xff\xfe");
}

TEST_P(Framing, s10_4_the_limit_holds_over_fragments_and_leaves_control_frames_alone) {
    fresh({.max_message = 10});
    pair->write(peer_frame(kPing, std::string(125, 'p')) + peer_frame(kText, "0123456789") +
                peer_frame(kBinary, "01234", false) + peer_frame(kContinuation, "56789"));
    ASSERT_TRUE(until([&] { return !seen.binaries.empty(); }));
    EXPECT_EQ(seen.texts, Texts{"0123456789"});
    pair->write(peer_frame(kText, "01234", false) + peer_frame(kPing, "") + peer_frame(kContinuation, "56789", false) +
                peer_frame(kContinuation, "x"));
    ASSERT_TRUE(closed() || seen.closes == 0);
    pair->read();
    auto got = take_frames(pair->received);
    ASSERT_FALSE(got.empty());
    EXPECT_EQ(got.back().payload, close_payload(1009));
    EXPECT_EQ(seen.texts.size(), 1U);
}

TEST_P(Framing, s5_2_every_split_of_the_bytes_gives_the_same_messages) {
    const std::string stream = peer_frame(kText, "h\xc3\xa4", false) + peer_frame(kPing, "p") +
                               peer_frame(kContinuation, "!") + peer_frame(kBinary, std::string(130, 'b')) +
                               peer_frame(kClose, close_payload(4000, "end"));
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
        SCOPED_TRACE(cut);
        fresh();
        pair->write(stream.substr(0, cut));
        until([&, turns = 0]() mutable { return ++turns > 3; });
        if (cut < stream.size()) pair->write(stream.substr(cut));
        ASSERT_TRUE(closed());
        EXPECT_EQ(seen.texts, Texts{"h\xc3\xa4!"});
        EXPECT_EQ(seen.binaries, Texts{std::string(130, 'b')});
        EXPECT_EQ(seen.reason, "end");
    }
}

}  // namespace
}  // namespace trunkline::test
