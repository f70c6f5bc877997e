// RFC 6455 sections 5 and 10.4 in both roles, frame by frame: the peer of the socket is the test itself. The numbers in
// the names are those of the RFC's sections. What tests/unit/net shows of one role already is not repeated here.
#include "framing_fixture.h"

namespace trunkline::test {
namespace {

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

TEST_P(Framing, s10_4_the_limit_holds_over_fragments_and_leaves_control_frames_alone) {
    const std::string half(50, 'h');
    fresh({.max_message = 100});
    pair->write(peer_frame(kPing, std::string(125, 'p')) + peer_frame(kText, half + half) +
                peer_frame(kBinary, half, false) + peer_frame(kContinuation, half));
    ASSERT_TRUE(until([&] { return !seen.binaries.empty(); }));
    EXPECT_EQ(seen.texts, Texts{half + half});
    ASSERT_EQ(frames(1).size(), 1U) << "the pong of 125 bytes";
    pair->write(peer_frame(kText, half, false) + peer_frame(kContinuation, half, false) +
                peer_frame(kContinuation, "x"));
    expect_violation(1009);
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
        turn();
        if (cut < stream.size()) pair->write(stream.substr(cut));
        ASSERT_TRUE(closed());
        EXPECT_EQ(seen.texts, Texts{"h\xc3\xa4!"});
        EXPECT_EQ(seen.binaries, Texts{std::string(130, 'b')});
        EXPECT_EQ(seen.reason, "end");
    }
}

}  // namespace
}  // namespace trunkline::test
