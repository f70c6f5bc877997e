// RFC 6455 sections 5.5.1, 7 and 8 in both roles: how a connection ends, and what is text.
#include "framing_fixture.h"

namespace trunkline::test {
namespace {

class Closing : public Framing {};
INSTANTIATE_TEST_SUITE_P(Rfc6455, Closing, testing::Values(Role::kServer, Role::kClient),
                         [](const auto& one) { return one.param == Role::kServer ? "as_server" : "as_client"; });
TEST_P(Closing, s5_5_1_and_7_4_every_code_that_may_stand_in_a_close_frame_is_told_and_answered_in_kind) {
    for (int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}) {
        SCOPED_TRACE(code);
        EXPECT_EQ(answer_to_close(close_payload(code, "why\xc3\xa4")).substr(0, 2), close_payload(code));
        EXPECT_EQ(seen.cause, CloseCause::kPeerClosed);
        EXPECT_EQ(seen.code, code);
        EXPECT_EQ(seen.reason, "why\xc3\xa4");
    }
}

TEST_P(Closing, s7_4_codes_that_must_not_be_sent_are_1002) {
    for (int code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535})
        refused(peer_frame(kClose, close_payload(code)), 1002, std::to_string(code));
}

TEST_P(Closing, s5_5_1_half_a_code_is_1002_and_a_reason_that_is_no_text_1007) {
    refused(peer_frame(kClose, "\x03"), 1002, "one byte");
    for (int code : {1000, 1012}) {
        refused(peer_frame(kClose, close_payload(code, "\xc3")), 1007, "ends inside a character");
        refused(peer_frame(kClose, close_payload(code, "a\xff")), 1007, "no UTF-8 at all");
    }
}

TEST_P(Closing, s5_5_1_a_reason_of_123_bytes_passes_and_an_empty_close_is_1005) {
    EXPECT_EQ(answer_to_close(close_payload(1000, std::string(123, 'r'))).substr(0, 2), close_payload(1000));
    EXPECT_EQ(seen.reason, std::string(123, 'r'));
    EXPECT_EQ(answer_to_close(""), "");
    EXPECT_EQ(seen.code, 1005);
}

TEST_P(Closing, s5_5_1_whatever_follows_the_peers_close_frame_is_ignored) {
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

TEST_P(Closing, s7_1_4_both_sides_may_begin_the_closing_at_once) {
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

TEST_P(Closing, s5_5_1_nothing_of_ours_follows_our_close_frame) {
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

TEST_P(Closing, s7_4_1_a_code_that_must_not_be_sent_leaves_as_1000_and_a_reason_is_cut_at_a_character) {
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

TEST_P(Closing, s7_1_6_a_peer_that_stops_sending_still_gets_all_that_waits_and_our_close_frame_last) {
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

TEST_P(Closing, s7_1_6_our_close_frame_reaches_a_peer_that_had_stopped_sending) {
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

TEST_P(Closing, s8_1_valid_text_passes_whole_and_split_at_every_byte) {
    const Texts valid = {std::string("nul \0 in it", 11), "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
                         "\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xef\xbf\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf",
                         "\xed\x9f\xbf\xee\x80\x80",  // around the surrogates
                         "\xef\xbb\xbf"
                         "byte order mark, kept"};
    for (const std::string& text : valid) {
        delivers(peer_frame(kText, text), text);
        for (size_t cut = 0; cut <= text.size(); ++cut)
            delivers(peer_frame(kText, text.substr(0, cut), false) + peer_frame(kContinuation, text.substr(cut)), text);
    }
}

TEST_P(Closing, s8_1_text_that_is_no_utf8_is_1007_whole_and_split_at_every_byte) {
    const Texts invalid = {"\x80",
                           "\xc0\xaf",
                           "\xc1\xbf",
                           "\xe0\x9f\xbf",
                           "\xf0\x8f\xbf\xbf",  // too long for what they say
                           "\xed\xa0\x80",
                           "\xed\xbf\xbf",  // surrogates
                           "\xf4\x90\x80\x80",
                           "\xf5\x80\x80\x80",
                           "\xfe",  // above U+10FFFF
                           "\xc3(",
                           "\xe2\x82(",
                           "\xf0\x9f\x98(",  // cut short by a letter
                           "good \xce\xba then \xed\xa0\x80 bad"};
    for (const std::string& text : invalid) {
        refused(peer_frame(kText, text), 1007, text);
        for (size_t cut = 0; cut <= text.size(); ++cut)
            refused(peer_frame(kText, text.substr(0, cut), false) + peer_frame(kContinuation, text.substr(cut)), 1007,
                    text + " cut at " + std::to_string(cut));
    }
}

TEST_P(Closing, s8_1_text_that_ends_inside_a_character_is_1007_but_a_fragment_may) {
    for (std::string text : {"\xc3", "\xe2\x82", "\xf0\x9f\x98"}) refused(peer_frame(kText, "a" + text), 1007, text);
    delivers(peer_frame(kText, "\xf0\x9f", false) + peer_frame(kContinuation, "\x98", false) +
                 peer_frame(kContinuation, "\x80"),
             "\xf0\x9f\x98\x80");
}

TEST_P(Closing, s8_1_text_is_refused_at_the_first_wrong_byte_not_at_its_end) {
    fresh();
    const std::string whole = peer_frame(kText, "abc\xff" + std::string(1000, 'x'));
    pair->write(whole.substr(0, whole.size() - 990));
    expect_violation(1007);
}

TEST_P(Closing, s5_6_binary_messages_and_pings_may_hold_any_byte) {
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

}  // namespace
}  // namespace trunkline::test
