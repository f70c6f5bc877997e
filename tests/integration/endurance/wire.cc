#include "tests/integration/endurance/wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace trunkline::test {
namespace {

sockaddr_in loopback(uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

/// A socket bound to a free port, and the port.
std::pair<int, uint16_t> bound_socket() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in at = loopback(0);
    socklen_t size = sizeof at;
    if (bind(fd, reinterpret_cast<sockaddr*>(&at), size) != 0 ||
        getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0)
        throw std::runtime_error("no free port");
    return {fd, ntohs(at.sin_port)};
}

}  // namespace

void WireSocket::dial(uint16_t port) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) throw std::runtime_error("out of file descriptors");
    const sockaddr_in to = loopback(port);
    connecting_ = true;
    const int result = connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    if (result != 0 && errno != EINPROGRESS) throw std::runtime_error("connect failed");
    shard_->watch(fd_, EPOLLOUT, this);
}

void WireSocket::adopt(int fd) {
    fd_ = fd;
    const int one = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    shard_->watch(fd_, EPOLLIN, this);
}

void WireSocket::send(std::string_view bytes) {
    if (fd_ < 0 || vanished_) return;
    unsent_.append(bytes);
    if (!connecting_) flush();
}

void WireSocket::flush() {
    const ssize_t sent = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent > 0) unsent_.erase(0, static_cast<size_t>(sent));
    if (sent < 0 && errno != EAGAIN) unsent_.clear();  // reading will find the end
    shard_->modify(fd_, unsent_.empty() ? uint32_t{EPOLLIN} : uint32_t{EPOLLIN} | EPOLLOUT, this);
}

void WireSocket::on_fd(uint32_t epoll_events) {
    if (connecting_) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            shut();
            return events_->on_gone();
        }
        connecting_ = false;
        shard_->unwatch(fd_);
        adopt(fd_);
        events_->on_connected();
        if (fd_ >= 0 && !vanished_ && !unsent_.empty()) flush();
        return;
    }
    if (epoll_events & EPOLLOUT) flush();
    if (epoll_events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read();
}

void WireSocket::read() {
    std::array<char, 32 << 10> buffer;
    const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
    if (got > 0) return events_->on_bytes({buffer.data(), static_cast<size_t>(got)});
    if (got < 0 && errno == EAGAIN) return;
    shut();
    events_->on_gone();
}

void WireSocket::shut() {
    if (fd_ < 0) return;
    shard_->unwatch(fd_);
    close(std::exchange(fd_, -1));
}

void WireSocket::reset() {
    if (fd_ < 0) return;
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    shut();
}

void WireSocket::vanish() {
    if (fd_ < 0) return;
    vanished_ = true;
    shard_->unwatch(fd_);
}

WireListener::WireListener(Shard* shard, std::function<void(int)> accepted)
    : shard_(shard), accepted_(std::move(accepted)) {
    std::tie(fd_, port_) = bound_socket();
    if (listen(fd_, 1024) != 0) throw std::runtime_error("listen failed");
    shard_->watch(fd_, EPOLLIN, this);
}

WireListener::~WireListener() {
    shard_->unwatch(fd_);
    close(fd_);
}

void WireListener::on_fd(uint32_t) {
    for (int fd; (fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) accepted_(fd);
}

bool poll_until(Shard* shard, const std::function<bool()>& done, std::chrono::milliseconds deadline) {
    bool is_done = false;
    TimerId next = 0;
    const std::function<void()> ask = [&] {
        is_done = done();
        next = is_done ? 0 : shard->after(std::chrono::milliseconds(10), ask);
    };
    shard->run_until([&] { return ask(), true; }, deadline);
    shard->run_until([&] { return is_done; }, deadline);
    shard->run_until([&] { return shard->cancel(next), true; }, deadline);
    return is_done;
}

uint16_t closed_port() {
    const auto [fd, port] = bound_socket();
    close(fd);
    return port;
}

std::string ws_frame(uint8_t first, std::string_view payload, bool masked) {
    std::string out(1, static_cast<char>(first));
    const auto length = [&](size_t value) { out += static_cast<char>(value | (masked ? 0x80U : 0U)); };
    if (payload.size() < 126) {
        length(payload.size());
    } else {
        const int bytes = payload.size() < 65536 ? 2 : 8;
        length(bytes == 2 ? 126 : 127);
        for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>((payload.size() >> (8 * i)) & 0xFF);
    }
    if (masked) out.append(4, '\0');  // a mask of zeros is a mask
    return out.append(payload);
}

std::string ws_close(uint16_t code, bool masked) {
    const char payload[] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
    return ws_frame(kCloseFrame, {payload, 2}, masked);
}

void WsInbox::feed(std::string_view bytes, const std::function<void(uint8_t, std::string_view)>& take) {
    rest_.append(bytes);
    while (rest_.size() >= 2) {
        const auto byte = [&](size_t at) { return static_cast<uint8_t>(rest_[at]); };
        size_t size = byte(1) & 0x7FU, at = 2;
        if (const size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0; extra > 0) {
            if (rest_.size() < at + extra) return;
            for (size = 0; extra + 2 > at; ++at) size = size << 8 | byte(at);
        }
        const size_t mask = at;
        if (byte(1) & 0x80U) at += 4;
        if (rest_.size() < at + size) return;
        std::string payload = rest_.substr(at, size);
        if (at != mask) {
            for (size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(payload[i] ^ rest_[mask + i % 4]);
        }
        const uint8_t first = byte(0);
        rest_.erase(0, at + size);
        take(first, payload);
    }
}

}  // namespace trunkline::test
