// The codec's two ways, its own for whole frames and wslay's for the rest, must be told apart by nobody.
#include "engine/net/ws_codec.h"

#include <gtest/gtest.h>

#include <vector>

#include "websocket_fixture.h"

namespace trunkline::test {
namespace {

struct Collected final : WsCodec::Sink {
    void on_message(bool text, std::span<const uint8_t> payload) override {
        messages.push_back((text ? "t:" : "b:") + std::string(payload.begin(), payload.end()));
    }
    std::vector<std::string> messages;
};

std::span<const uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct Talk {
    std::vector<std::string> messages;
    std::string answers;
};

/// Feeds `wire` cut at `cuts`.
Talk talk(const std::string& wire, const std::vector<size_t>& cuts) {
    Collected sink;
    Talk result;
    WsCodec codec(WsCodec::Role::kServer, 100'000, &sink);
    size_t from = 0;
    for (size_t cut : cuts) {
        codec.feed(bytes_of(std::string_view(wire).substr(from, cut - from)));
        codec.take_output(result.answers);
        from = cut;
    }
    codec.feed(bytes_of(std::string_view(wire).substr(from)));
    codec.take_output(result.answers);
    result.messages = sink.messages;
    return result;
}

TEST(WsCodec, the_same_messages_come_out_wherever_the_bytes_are_cut) {
    const std::string wire = frame(kText, "one") + frame(kPing, "p1") + frame(kBinary, std::string(300, 'x')) +
                             frame(kText, "fra", {.fin = false}) + frame(kPing, "p2") + frame(kContinuation, "gments") +
                             frame(kText, "") + frame(kPong, "") + frame(kText, "h\xc3\xa9") + frame(kBinary, "last");
    const Talk whole = talk(wire, {});
    const std::vector<std::string> expected = {
        "t:one", "b:" + std::string(300, 'x'), "t:fragments", "t:", "t:h\xc3\xa9", "b:last"};
    EXPECT_EQ(whole.messages, expected);
    for (size_t a = 1; a < wire.size(); ++a) {
        const Talk cut = talk(wire, {a});
        ASSERT_EQ(cut.messages, expected) << "cut at " << a;
        ASSERT_EQ(cut.answers, whole.answers) << "cut at " << a;
        const Talk twice = talk(wire, {a, std::min(a + 3, wire.size())});
        ASSERT_EQ(twice.messages, expected) << "cut at " << a << " and three bytes on";
    }
}

TEST(WsCodec, a_good_close_reason_is_good_however_it_is_cut) {
    const std::string wire = frame(kText, "be", {.fin = false}) + frame(kClose, "\x03\xE8\xe7\x8f\x8d!");
    for (size_t piece = 1; piece <= wire.size(); ++piece) {
        Collected sink;
        WsCodec codec(WsCodec::Role::kServer, 1000, &sink);
        auto verdict = WsCodec::Verdict::kGoOn;
        for (size_t at = 0; at < wire.size(); at += piece)
            verdict = codec.feed(bytes_of(std::string_view(wire).substr(at, piece)));
        EXPECT_EQ(verdict, WsCodec::Verdict::kPeerClosed) << piece;
        EXPECT_EQ(codec.peer_close_reason(), "\xe7\x8f\x8d!") << piece;
    }
}

TEST(WsCodec, a_message_goes_behind_the_pong_that_waits) {
    Collected sink;
    WsCodec codec(WsCodec::Role::kServer, 1000, &sink);
    codec.feed(bytes_of(frame(kPing, "p")));
    std::string out;
    ASSERT_TRUE(codec.write_message(true, bytes_of("after"), out));
    EXPECT_EQ(out, std::string("\x8A\x01p\x81\x05") + "after");
}

TEST(WsCodec, nothing_is_written_behind_a_close_frame) {
    Collected sink;
    WsCodec ours(WsCodec::Role::kServer, 1000, &sink);
    std::string out;
    EXPECT_TRUE(ours.queue_close(1000, "bye"));
    EXPECT_FALSE(ours.write_message(true, bytes_of("late"), out));
    WsCodec theirs(WsCodec::Role::kServer, 1000, &sink);
    EXPECT_EQ(theirs.feed(bytes_of(frame(kClose, std::string("\x03\xE8", 2)))), WsCodec::Verdict::kPeerClosed);
    EXPECT_FALSE(theirs.write_message(true, bytes_of("late"), out));
    EXPECT_TRUE(out.empty());
}

TEST(WsCodec, lengths_take_their_shortest_form) {
    Collected sink;
    WsCodec codec(WsCodec::Role::kServer, 1000, &sink);
    const auto header_of = [&](size_t length) {
        std::string out;
        codec.write_message(false, bytes_of(std::string(length, 'x')), out);
        return out.substr(0, out.size() - length);
    };
    EXPECT_EQ(header_of(0), std::string("\x82\x00", 2));
    EXPECT_EQ(header_of(125), "\x82\x7D");
    EXPECT_EQ(header_of(126), std::string("\x82\x7E\x00\x7E", 4));
    EXPECT_EQ(header_of(65'535), "\x82\x7E\xFF\xFF");
    EXPECT_EQ(header_of(65'536), std::string("\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 10));
}

TEST(WsCodec, faults_in_a_whole_frame_are_still_faults) {
    for (const std::string& wire :
         {frame(kText, "\xff"), frame(kText, "x", {.masked = false}), frame(kBinary, std::string(2000, 'x'))}) {
        Collected sink;
        WsCodec codec(WsCodec::Role::kServer, 1000, &sink);
        codec.feed(bytes_of(frame(kText, "good")));
        EXPECT_EQ(codec.feed(bytes_of(wire)), WsCodec::Verdict::kViolation);
        EXPECT_EQ(sink.messages.size(), 1U);
    }
}

}  // namespace
}  // namespace trunkline::test
