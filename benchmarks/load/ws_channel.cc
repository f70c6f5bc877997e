// See ws_channel.h.
#include "benchmarks/load/ws_channel.h"

#include <algorithm>
#include <cstring>

namespace trunkline::load {
namespace {

// A mask key only has to be unpredictable to a proxy in between; on loopback any generator will do.
uint32_t next_mask() {
    static thread_local uint32_t state = 2463534242U;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

void apply_mask(uint8_t* data, size_t size, uint32_t key) {
    const uint64_t wide = (static_cast<uint64_t>(key) << 32) | key;
    size_t at = 0;
    for (; at + 8 <= size; at += 8) {
        uint64_t word;
        std::memcpy(&word, data + at, 8);
        word ^= wide;
        std::memcpy(data + at, &word, 8);
    }
    std::array<uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &key, 4);
    for (; at < size; ++at) data[at] ^= bytes[at & 3];
}

uint64_t big_endian(const uint8_t* data, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i) value = (value << 8) | data[i];
    return value;
}

}  // namespace

WsParse take_frame(std::span<uint8_t>& bytes, WsFrame& frame) {
    if (bytes.size() < 2) return WsParse::kIncomplete;
    const uint8_t first = bytes[0];
    const bool masked = (bytes[1] & 0x80U) != 0;
    const size_t short_size = bytes[1] & 0x7FU;
    const size_t extra = short_size == 126 ? 2 : short_size == 127 ? 8 : 0;
    const size_t head = 2 + extra + (masked ? 4 : 0);
    if ((first & 0x70U) != 0) return WsParse::kBroken;
    if (bytes.size() < head) return WsParse::kIncomplete;
    const uint64_t size = extra == 0 ? short_size : big_endian(bytes.data() + 2, extra);
    if (size > kMaxMessage) return WsParse::kBroken;
    if (bytes.size() - head < size) return WsParse::kIncomplete;
    frame.final = (first & 0x80U) != 0;
    frame.opcode = static_cast<WsOpcode>(first & 0x0FU);
    frame.payload = bytes.subspan(head, size);
    if (masked) {
        uint32_t key;
        std::memcpy(&key, bytes.data() + head - 4, 4);
        apply_mask(frame.payload.data(), frame.payload.size(), key);
    }
    bytes = bytes.subspan(head + size);
    return WsParse::kFrame;
}

std::string_view FrameBuilder::finish(WsOpcode opcode, size_t size, bool masked) {
    const size_t extra = size < 126 ? 0 : size < 65536 ? 2 : 8;
    const size_t head = 2 + extra + (masked ? 4 : 0);
    auto* at = reinterpret_cast<uint8_t*>(room_.data() + kHeadRoom - head);
    at[0] = static_cast<uint8_t>(0x80U | static_cast<uint8_t>(opcode));
    const size_t short_size = extra == 0 ? size : extra == 2 ? 126 : 127;
    at[1] = static_cast<uint8_t>((masked ? 0x80U : 0U) | short_size);
    for (size_t i = 0; i < extra; ++i) at[2 + i] = static_cast<uint8_t>(size >> (8 * (extra - 1 - i)));
    if (masked) {
        const uint32_t key = next_mask();
        std::memcpy(at + 2 + extra, &key, 4);
        apply_mask(at + head, size, key);
    }
    return {reinterpret_cast<const char*>(at), head + size};
}

FrameBuilder& frame_builder() {
    static thread_local FrameBuilder builder;
    return builder;
}

bool WsChannel::read(MessageSink& sink) {
    std::span<uint8_t> bytes = socket_.receive();
    WsFrame frame;
    bool alive = true;
    while (alive) {
        const WsParse parsed = take_frame(bytes, frame);
        if (parsed == WsParse::kIncomplete) break;
        alive = parsed == WsParse::kFrame && on_frame(frame, sink);
    }
    socket_.keep(bytes);
    return alive && !socket_.ended();
}

bool WsChannel::on_frame(const WsFrame& frame, MessageSink& sink) {
    const std::string_view text(reinterpret_cast<const char*>(frame.payload.data()), frame.payload.size());
    if (frame.opcode == WsOpcode::kPing) return send(WsOpcode::kPong, text.substr(0, 125));
    if (frame.opcode == WsOpcode::kPong) return true;
    if (frame.opcode == WsOpcode::kClose) {
        close_code_ = text.size() >= 2 ? static_cast<uint16_t>(big_endian(frame.payload.data(), 2)) : uint16_t{1005};
        send_close(1000);
        return false;
    }
    if (frame.final && frame.opcode != WsOpcode::kContinuation) {
        sink.on_message(frame.opcode, frame.payload);
        return true;
    }
    if (frame.opcode != WsOpcode::kContinuation) {
        fragment_opcode_ = frame.opcode;
        fragments_.clear();
        in_fragments_ = true;
    }
    if (!in_fragments_ || fragments_.size() + text.size() > kMaxMessage) return false;
    fragments_.append(text);
    if (frame.final) {
        in_fragments_ = false;
        sink.on_message(fragment_opcode_, {reinterpret_cast<uint8_t*>(fragments_.data()), fragments_.size()});
    }
    return true;
}

bool WsChannel::send_built(WsBuilt message) {
    return socket_.send(frame_builder().finish(message.opcode, message.size, role_ == Role::kClient));
}

bool WsChannel::send(WsOpcode opcode, std::string_view payload) {
    const size_t size = std::min(payload.size(), FrameBuilder::kCapacity);
    std::memcpy(frame_builder().payload(), payload.data(), size);
    return size == payload.size() && send_built({opcode, size});
}

void WsChannel::send_close(uint16_t code) {
    if (close_sent_) return;
    close_sent_ = true;
    const std::array<char, 2> body{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
    send(WsOpcode::kClose, {body.data(), body.size()});
}

}  // namespace trunkline::load
