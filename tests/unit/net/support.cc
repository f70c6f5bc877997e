#include "support.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace trunkline::test {

std::string frame(int opcode, std::string_view payload, FrameShape shape) {
    std::string out;
    out.push_back(static_cast<char>((shape.fin ? 0x80 : 0) | shape.reserved << 4 | opcode));
    int mask_bit = shape.masked ? 0x80 : 0;
    size_t length = payload.size();
    if (length < 126) {
        out.push_back(static_cast<char>(mask_bit | static_cast<int>(length)));
    } else {
        int bytes = length < 65536 ? 2 : 8;
        out.push_back(static_cast<char>(mask_bit | (bytes == 2 ? 126 : 127)));
        for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(length >> (8 * i) & 0xff));
    }
    const std::string mask = shape.masked ? "\x11\x22\x33\x44" : std::string(4, '\0');
    if (shape.masked) out += mask;
    for (size_t i = 0; i < length; ++i) out.push_back(static_cast<char>(payload[i] ^ mask[i % 4]));
    return out;
}

std::string close_payload(int code, std::string_view reason) {
    std::string out{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    return out.append(reason);
}

std::vector<Frame> take_frames(std::string& bytes) {
    std::vector<Frame> frames;
    auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(bytes[i])); };
    while (bytes.size() >= 2) {
        size_t length = byte(1) & 0x7f;
        size_t head = 2;
        size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
        bool masked = (byte(1) & 0x80) != 0;
        if (bytes.size() < head + extra + (masked ? 4 : 0)) break;
        if (extra != 0) length = 0;
        for (size_t i = 0; i < extra; ++i) length = length << 8 | byte(head + i);
        head += extra;
        std::string mask = masked ? bytes.substr(head, 4) : std::string(4, '\0');
        if (masked) head += 4;
        if (bytes.size() < head + length) break;
        Frame one{(byte(0) & 0x80) != 0, static_cast<int>(byte(0) & 0x7f), masked, bytes.substr(head, length)};
        for (size_t i = 0; i < length; ++i) one.payload[i] = static_cast<char>(one.payload[i] ^ mask[i % 4]);
        frames.push_back(std::move(one));
        bytes.erase(0, head + length);
    }
    return frames;
}

void Recorder::on_text(std::string_view message) {
    texts.emplace_back(message);
    if (echo) echo->send_text(message);
    if (destroy_on_text) owned.reset();
}

void Recorder::on_binary(std::span<const uint8_t> message) {
    binaries.emplace_back(reinterpret_cast<const char*>(message.data()), message.size());
    if (echo) echo->send_binary(message);
}

void Recorder::on_close(CloseCause why, uint16_t peer_code, std::string_view peer_reason) {
    ++closes;
    cause = why;
    code = peer_code;
    reason = peer_reason;
    if (destroy_on_close) owned.reset();
}

Pair::Pair(Shard* shard, WebSocket::Role role, const WebSocketOptions& options, std::string_view early) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
        throw std::runtime_error("socketpair");
    peer = fds[1];
    GSocket* end = g_socket_new_from_fd(fds[0], nullptr);
    GIOStream* stream = G_IO_STREAM(g_socket_connection_factory_create_connection(end));
    g_object_unref(end);
    socket = WebSocket::adopt(shard, role, stream, early, options);
}

Pair::~Pair() {
    if (peer >= 0) ::close(peer);
}

void Pair::write(std::string_view bytes) const {
    if (::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
        throw std::runtime_error("the socket pair did not take the bytes");
}

bool Pair::read() {
    char buffer[65536];
    ssize_t n = 0;
    while ((n = ::recv(peer, buffer, sizeof buffer, MSG_DONTWAIT)) > 0) received.append(buffer, static_cast<size_t>(n));
    if (n == 0 || (n < 0 && errno != EAGAIN)) ended = true;
    return !ended;
}

}  // namespace trunkline::test
