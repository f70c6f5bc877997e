// Frame parsing and writing; see the header for why this is not a library.
#include "lab/carrier/ws_frames.h"

#include <glib.h>

#include "engine/core/base64.h"
#include "engine/core/json.h"

namespace trunkline::lab {
namespace {

constexpr size_t kMaxControl = 125;

bool close_code_allowed(uint16_t code) {
    if (code >= 3000 && code <= 4999) return true;
    return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

}  // namespace

void WsFrameReader::feed(std::string_view bytes) {
    if (broken_) return;
    if (at_ > 0) input_.erase(0, at_);
    at_ = 0;
    input_.append(bytes);
    while (!broken_ && take_frame()) {
    }
}

std::optional<WsEvent> WsFrameReader::next() {
    if (events_.empty()) return std::nullopt;
    WsEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

bool WsFrameReader::take_frame() {
    std::string_view in = std::string_view(input_).substr(at_);
    if (in.size() < 2) return false;
    auto byte = [&in](size_t i) { return static_cast<uint8_t>(in[i]); };
    const bool fin = (byte(0) & 0x80) != 0;
    const uint8_t opcode = byte(0) & 0x0F;
    uint64_t size = byte(1) & 0x7F;
    if ((byte(0) & 0x70) != 0) return violate("a reserved bit is set though no extension was negotiated"), false;
    if ((byte(1) & 0x80) != 0) return violate("a frame from the server is masked"), false;
    const bool is_control = opcode >= kWsClose;
    if (opcode > kWsPong || (opcode > kWsBinary && !is_control)) {
        return violate("unknown opcode " + std::to_string(opcode)), false;
    }
    if (is_control && !fin) return violate("a control frame is fragmented"), false;
    if (is_control && size > kMaxControl) return violate("a control frame is longer than 125 bytes"), false;

    size_t header = 2;
    if (size >= 126) {
        const size_t wide = size == 126 ? 2 : 8;
        if (in.size() < header + wide) return false;
        size = 0;
        for (size_t i = 0; i < wide; ++i) size = size << 8 | byte(2 + i);
        header += wide;
        if (size < 126 || (wide == 8 && size <= 0xFFFF))
            return violate("a length is not written in its shortest form"), false;
    }
    if (size > max_message_ || message_.size() + size > max_message_) return violate("a message is too large"), false;
    if (in.size() - header < size) return false;
    std::string payload(in.substr(header, size));
    at_ += header + size;
    if (is_control) {
        control(opcode, std::move(payload));
    } else {
        data(fin, opcode, std::move(payload));
    }
    return true;
}

void WsFrameReader::control(uint8_t opcode, std::string payload) {
    if (opcode == kWsPing) return events_.push_back({WsEvent::Kind::kPing, std::move(payload), 0}), void();
    if (opcode == kWsPong) return events_.push_back({WsEvent::Kind::kPong, std::move(payload), 0}), void();
    if (payload.empty()) return events_.push_back({WsEvent::Kind::kClose, "", 1005}), void();
    if (payload.size() == 1) return violate("a close frame carries half a code");
    auto code = static_cast<uint16_t>(static_cast<uint8_t>(payload[0]) << 8 | static_cast<uint8_t>(payload[1]));
    if (!close_code_allowed(code)) return violate("close code " + std::to_string(code) + " must not be sent");
    if (!is_utf8(payload.substr(2))) return violate("the reason of a close frame is not UTF-8");
    events_.push_back({WsEvent::Kind::kClose, payload.substr(2), code});
}

void WsFrameReader::data(bool fin, uint8_t opcode, std::string payload) {
    if (opcode == kWsContinuation && message_opcode_ == 0) return violate("a continuation without a beginning");
    if (opcode != kWsContinuation && message_opcode_ != 0) return violate("a new message inside a fragmented one");
    if (opcode != kWsContinuation) message_opcode_ = opcode;
    if (!fin && opcode != kWsContinuation) ++fragmented_;
    message_ += payload;
    if (!fin) return;
    const bool is_text = message_opcode_ == kWsText;
    if (is_text && !is_utf8(message_)) return violate("a text message is not UTF-8");
    events_.push_back({is_text ? WsEvent::Kind::kText : WsEvent::Kind::kBinary, std::move(message_), 0});
    message_.clear();
    message_opcode_ = 0;
}

void WsFrameReader::violate(std::string what) {
    broken_ = true;
    events_.push_back({WsEvent::Kind::kViolation, std::move(what), 0});
}

void append_ws_frame(std::string& out, uint8_t opcode, std::string_view payload, uint32_t mask) {
    out += static_cast<char>(0x80 | opcode);
    const size_t size = payload.size();
    if (size < 126) {
        out += static_cast<char>(0x80 | size);
    } else {
        const int bytes = size <= 0xFFFF ? 2 : 8;
        out += static_cast<char>(0x80 | (bytes == 2 ? 126 : 127));
        for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(static_cast<uint64_t>(size) >> (8 * i) & 0xFF);
    }
    char key[4];
    for (int i = 0; i < 4; ++i) key[i] = static_cast<char>(mask >> (8 * (3 - i)) & 0xFF);
    out.append(key, 4);
    const size_t start = out.size();
    out.append(payload);
    for (size_t i = 0; i < size; ++i) out[start + i] = static_cast<char>(out[start + i] ^ key[i & 3]);
}

std::string ws_close_payload(uint16_t code, std::string_view reason) {
    std::string out;
    out += static_cast<char>(code >> 8);
    out += static_cast<char>(code & 0xFF);
    out += reason.substr(0, kMaxControl - 2);
    return out;
}

std::string ws_accept_for(std::string_view key) {
    std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    GChecksum* sum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(sum, reinterpret_cast<const guchar*>(text.data()), static_cast<gssize>(text.size()));
    uint8_t digest[20];
    gsize size = sizeof digest;
    g_checksum_get_digest(sum, digest, &size);
    g_checksum_free(sum);
    return base64_encode({digest, size});
}

}  // namespace trunkline::lab
