#pragma once
// One end of a WebSocket under arbitrary bytes, for both roles. The first byte of an input is the size of the pieces.
#include <vector>

#include "engine/net/ws_codec.h"
#include "tests/fuzz/properties.h"

namespace trunkline::fuzz {

constexpr size_t kMaxMessage = 4096;

struct Heard : WsCodec::Sink {
    void on_message(bool text, std::span<const uint8_t> payload) override {
        must(payload.size() <= kMaxMessage, "no message is longer than the limit");
        must(!text || is_utf8(text_of(payload)), "a text message is UTF-8");
        messages.emplace_back(text, text_of(payload));
    }
    std::vector<std::pair<bool, std::string>> messages;
};

struct Feeding {
    Heard heard;
    WsCodec::Verdict verdict = WsCodec::Verdict::kGoOn;
    uint16_t peer_code = 0, sent_code = 0;
    std::string peer_reason, output;

    bool operator==(const Feeding& other) const {
        return heard.messages == other.heard.messages && verdict == other.verdict && peer_code == other.peer_code &&
               sent_code == other.sent_code && peer_reason == other.peer_reason;
    }
};

/// One message and all that waits before it; false when a close frame was queued.
inline bool send_message(WsCodec& codec, bool text, std::span<const uint8_t> payload, std::string& wire) {
    return codec.write_message(text, payload, wire);
}

inline Feeding feed_pieces(WsCodec::Role role, std::span<const uint8_t> bytes, size_t piece) {
    Feeding run;
    WsCodec codec(role, kMaxMessage, &run.heard);
    while (!bytes.empty()) {
        const auto verdict = codec.feed(bytes.first(std::min(piece, bytes.size())));
        codec.take_output(run.output);
        bytes = bytes.subspan(std::min(piece, bytes.size()));
        if (run.verdict != WsCodec::Verdict::kGoOn) {
            must(verdict == WsCodec::Verdict::kGoOn, "an end is told once");
            continue;
        }
        run.verdict = verdict;
        if (verdict == WsCodec::Verdict::kGoOn) continue;
        std::string nothing;
        must(!send_message(codec, true, {}, nothing), "nothing is sent after a close frame");
        run.sent_code = codec.sent_close_code();
        run.peer_code = codec.peer_close_code();
        run.peer_reason = codec.peer_close_reason();
        must(is_utf8(run.peer_reason), "a close reason is UTF-8");
    }
    return run;
}

/// What one end writes the other end reads, whole.
inline void send_and_read(WsCodec::Role from, std::span<const uint8_t> payload) {
    const auto to = from == WsCodec::Role::kServer ? WsCodec::Role::kClient : WsCodec::Role::kServer;
    const bool text = is_utf8(text_of(payload));
    Heard nobody;
    WsCodec codec(from, kMaxMessage, &nobody);
    std::string wire;
    must(send_message(codec, text, payload, wire) && codec.queue_ping(), "an open end takes messages");
    codec.take_output(wire);
    must(codec.queue_close(1000, text_of(payload)), "an open end takes a close");
    codec.take_output(wire);
    const Feeding other = feed_pieces(to, bytes_of(wire), wire.size());
    if (payload.size() > kMaxMessage) {
        must(other.verdict == WsCodec::Verdict::kViolation && other.sent_code == 1009, "too much is refused as 1009");
        return;
    }
    must(other.verdict == WsCodec::Verdict::kPeerClosed && other.peer_code == 1000, "a close is read as it was meant");
    must(other.heard.messages.size() == 1 && other.heard.messages[0].first == text &&
             other.heard.messages[0].second == text_of(payload),
         "a message is read as it was sent");
}

inline int fuzz_websocket(WsCodec::Role role, std::span<const uint8_t> input) {
    if (input.empty()) return 0;
    // wslay looks into the reason of a close frame sooner or later, by the pieces it came in: no input ends inside one.
    std::vector<uint8_t> whole_frames(input.begin() + 1, input.end());
    whole_frames.insert(whole_frames.end(), 131, 0xFF);
    const std::span<const uint8_t> bytes(whole_frames);
    const Feeding whole = feed_pieces(role, bytes, bytes.size());
    must(feed_pieces(role, bytes, 1U + input[0]) == whole, "the cut into pieces changes nothing");
    const auto peer = role == WsCodec::Role::kServer ? WsCodec::Role::kClient : WsCodec::Role::kServer;
    must(feed_pieces(peer, bytes_of(whole.output), whole.output.size()).verdict != WsCodec::Verdict::kViolation,
         "what we answer follows RFC 6455");
    send_and_read(role, bytes);
    return 0;
}

}  // namespace trunkline::fuzz
