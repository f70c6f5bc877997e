#include "tests/integration/hostile_peers.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <vector>

#include "tests/unit/net/support.h"

namespace trunkline::test {
namespace {

constexpr int kLimitMs = 60'000;

void set_limit(int fd, int option) {
    const timeval limit{kLimitMs / 1000, 0};
    setsockopt(fd, SOL_SOCKET, option, &limit, sizeof limit);
}

}  // namespace

HostilePeer::HostilePeer(int port, int receive_buffer) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
        setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        // Segments as on a real network: one of loopback's 64 KiB would not fit into a small window.
        const int segment = 1'400;
        setsockopt(fd_, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    }
    set_limit(fd_, SO_SNDTIMEO);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd_ < 0 || connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
        throw std::runtime_error("a hostile peer cannot connect");
}

HostilePeer::~HostilePeer() {
    if (fd_ >= 0) close(fd_);
}

bool HostilePeer::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
}

void HostilePeer::send_some(std::string_view bytes) {
    [[maybe_unused]] const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool HostilePeer::read() {
    char buffer[16'384];
    while (!ended_) {
        const ssize_t n = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
        if (n > 0) {
            received.append(buffer, static_cast<size_t>(n));
        } else if (n < 0 && errno == EAGAIN) {
            return true;
        } else {
            ended_ = true;
        }
    }
    return false;
}

bool HostilePeer::read_until(const std::function<bool(const std::string&)>& done) {
    while (!done(received)) {
        if (!read()) return done(received);
        if (done(received)) return true;
        pollfd wait{fd_, POLLIN, 0};
        if (poll(&wait, 1, kLimitMs) <= 0) return false;
    }
    return true;
}

std::string HostilePeer::read_to_end() {
    read_until([](const std::string&) { return false; });
    return ended_ ? received : "still open: " + received;
}

int HostilePeer::close_code() {
    int code = 0;
    const bool got = read_until([&](const std::string&) {
        for (const Frame& one : take_frames(received)) {
            if (one.opcode != kClose) continue;
            const auto byte = [&](size_t i) { return static_cast<unsigned char>(one.payload[i]); };
            code = one.payload.size() < 2 ? 1005 : byte(0) << 8 | byte(1);
        }
        return code != 0;
    });
    return got ? code : ended_ ? 1006 : 0;
}

void HostilePeer::reset() {
    const linger hard{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd_);
    fd_ = -1;
}

std::string http_get(int port, const std::string& path) {
    HostilePeer peer(port);
    peer.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return peer.read_to_end();
}

std::string media_path(int port, const std::string& call_sid) {
    const std::string form = "AccountSid=AC00000000000000000000000000000001&CallSid=" + call_sid +
                             "&From=%2B15550100123&To=%2B15550199456&CallStatus=ringing&Direction=inbound";
    HostilePeer peer(port);
    peer.send(
        "POST /twilio/voice HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        "Content-Length: " +
        std::to_string(form.size()) + "\r\n\r\n" + form);
    const std::string twiml = peer.read_to_end();
    const size_t at = twiml.find("/twilio/media/");
    if (at == std::string::npos) throw std::runtime_error("no media path in: " + twiml);
    return twiml.substr(at, twiml.find('"', at) - at);
}

std::unique_ptr<HostilePeer> media_peer(int port, const std::string& call_sid, int receive_buffer) {
    const std::string path = media_path(port, call_sid);
    auto peer = std::make_unique<HostilePeer>(port, receive_buffer);
    peer->send("GET " + path +
               " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    peer->read_until([](const std::string& text) { return text.find("\r\n\r\n") != std::string::npos; });
    if (!peer->received.starts_with("HTTP/1.1 101")) throw std::runtime_error("no upgrade: " + peer->received);
    peer->received.erase(0, peer->received.find("\r\n\r\n") + 4);
    return peer;
}

std::string start_message(const std::string& call_sid) {
    return R"({"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"streamSid":"MZ1","accountSid":"AC1",)"
           R"("callSid":")" +
           call_sid +
           R"(","tracks":["inbound"],"customParameters":{},)"
           R"("mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}})";
}

std::string media_message() {
    std::string silence;  // base64 of 159 bytes 0xFF, and one more
    for (int i = 0; i < 53; ++i) silence += "////";
    return R"({"event":"media","streamSid":"MZ1","media":{"track":"inbound","payload":")" + silence + R"(/w=="}})";
}

}  // namespace trunkline::test
