// Peers that break RFC 6455 or a limit: each is closed with the code of its offence and delivers nothing.
#include "engine/net/ws_codec.h"
#include "websocket_fixture.h"

namespace trunkline::test {
namespace {

using Role = WebSocket::Role;

struct Violation {
    const char* name;
    std::string bytes;
    int code;
};
class ViolationTest : public WebSocketTest, public testing::WithParamInterface<Violation> {};
TEST_P(ViolationTest, is_closed_with_its_code) {
    open(Role::kServer, {.max_message = 1000});
    pair->write(GetParam().bytes);
    expect_violation(GetParam().code);
    EXPECT_TRUE(seen.texts.empty());
    EXPECT_TRUE(seen.binaries.empty());
}
INSTANTIATE_TEST_SUITE_P(
    Net, ViolationTest,
    testing::Values(Violation{"unmasked_client_frame", frame(kText, "x", {.masked = false}), 1002},
                    Violation{"reserved_bit_1", frame(kText, "x", {.reserved = 4}), 1002},
                    Violation{"reserved_bit_2", frame(kText, "x", {.reserved = 2}), 1002},
                    Violation{"reserved_bit_3", frame(kPing, "x", {.reserved = 1}), 1002},
                    Violation{"reserved_data_opcode", frame(3, "x"), 1002},
                    Violation{"reserved_control_opcode", frame(11, "x"), 1002},
                    Violation{"fragmented_ping", frame(kPing, "x", {.fin = false}), 1002},
                    Violation{"control_frame_of_126_bytes", frame(kPing, std::string(126, 'x')), 1002},
                    Violation{"continuation_of_nothing", frame(kContinuation, "x"), 1002},
                    Violation{"text_inside_a_message", frame(kText, "a", {.fin = false}) + frame(kText, "b"), 1002},
                    Violation{"length_not_minimal", std::string("\x81\xfe\x00\x05\x01\x02\x03\x04", 8), 1002},
                    Violation{"length_with_top_bit", std::string("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x01", 10), 1002},
                    Violation{"close_with_half_a_code", frame(kClose, "\x03"), 1002},
                    Violation{"close_code_1005", frame(kClose, close_payload(1005)), 1002},
                    Violation{"close_code_2999", frame(kClose, close_payload(2999)), 1002},
                    Violation{"close_reason_not_utf8", frame(kClose, close_payload(1000, "\xff")), 1007},
                    Violation{"text_not_utf8", frame(kText, "a\xff"), 1007},
                    Violation{"text_with_surrogate", frame(kText, "\xed\xa0\x80"), 1007},
                    Violation{"text_ends_inside_a_character", frame(kText, "\xc3"), 1007},
                    Violation{"text_not_utf8_in_a_first_fragment", frame(kText, "\xc0\x80", {.fin = false}), 1007},
                    Violation{"message_above_the_limit", frame(kBinary, std::string(1001, 'x')), 1009},
                    Violation{"announced_length_above_the_limit",
                              std::string("\x82\xff\x00\x00\x00\x01\x00\x00\x00\x00\x01\x02\x03\x04x", 15), 1009},
                    Violation{"fragments_together_above_the_limit",
                              frame(kBinary, std::string(600, 'x'), {.fin = false}) +
                                  frame(kContinuation, std::string(401, 'x')),
                              1009}),
    [](const auto& one) { return one.param.name; });

struct Nobody : WsCodec::Sink {
    void on_message(bool, std::span<const uint8_t>) override {}
};

TEST(WsCodec, a_close_reason_is_judged_the_same_however_it_is_cut) {
    const std::string bytes = frame(kClose, close_payload(1000, "a\xff"));
    for (size_t piece = 1; piece <= bytes.size(); ++piece) {
        Nobody nobody;
        WsCodec codec(WsCodec::Role::kServer, 1000, &nobody);
        auto verdict = WsCodec::Verdict::kGoOn;
        for (size_t at = 0; at < bytes.size(); at += piece) {
            const std::string part = bytes.substr(at, piece);
            verdict = codec.feed({reinterpret_cast<const uint8_t*>(part.data()), part.size()});
        }
        EXPECT_EQ(verdict, WsCodec::Verdict::kViolation) << piece;
        std::string out;
        codec.take_output(out);
        EXPECT_EQ(codec.sent_close_code(), 1007) << piece;
    }
}

}  // namespace
}  // namespace trunkline::test
