// See tcp_socket.h.
#include "benchmarks/load/tcp_socket.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace trunkline::load {
namespace {

constexpr size_t kScratch = 256 * 1024;
constexpr size_t kSealedScratch = kScratch / 2;  // leaves room for the records that wait in the TLS channel
constexpr size_t kMaxQueued = 4U << 20;

// One buffer for all sockets of the thread: it stays in the cache, and an idle socket costs nothing.
std::array<uint8_t, kScratch>& scratch() {
    static thread_local std::array<uint8_t, kScratch> buffer;
    return buffer;
}

}  // namespace

Result<sockaddr_in> ipv4_address(const std::string& host, uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    const std::string numeric = host == "localhost" ? "127.0.0.1" : host;
    if (inet_pton(AF_INET, numeric.c_str(), &at.sin_addr) != 1)
        return fail("bad-address", "'" + host + "' is no IPv4 address; write it as 127.0.0.1");
    return at;
}

TcpSocket::TcpSocket(int fd) : fd_(fd) {
    const int one = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

TcpSocket::TcpSocket(TcpSocket&& other) noexcept { *this = std::move(other); }

TcpSocket& TcpSocket::operator=(TcpSocket&& other) noexcept {
    if (this == &other) return *this;
    close();
    fd_ = std::exchange(other.fd_, -1);
    ended_ = other.ended_;
    pending_ = std::move(other.pending_);
    queued_ = std::move(other.queued_);
    tls_ = std::move(other.tls_);
    return *this;
}

TcpSocket::~TcpSocket() { close(); }

void TcpSocket::close() {
    if (fd_ >= 0 && tls_ && !ended_ && queued_.empty()) {
        tls_->seal_farewell();
        send_sealed();
    }
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    tls_.reset();
    pending_.clear();
    queued_.clear();
}

bool TcpSocket::start_connect(const sockaddr_in& to) {
    close();
    ended_ = false;
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return false;
    const int one = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 || errno == EINPROGRESS;
}

int TcpSocket::connect_error() const {
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

void TcpSocket::begin_tls(const TlsContext& context, const std::string& name) {
    tls_ = std::make_unique<TlsChannel>(context, name);
}

size_t TcpSocket::read_some(std::span<uint8_t> into) {
    const ssize_t got = recv(fd_, into.data(), into.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) ended_ = true;
    return got > 0 ? static_cast<size_t>(got) : 0;
}

size_t TcpSocket::read_sealed(std::span<uint8_t> into) {
    static thread_local std::array<uint8_t, kSealedScratch> sealed;
    const size_t got = read_some(sealed);
    const size_t size = tls_->open({sealed.data(), got}, into);
    send_sealed();
    if (tls_->ended()) ended_ = true;
    return size;
}

std::span<uint8_t> TcpSocket::receive() {
    auto& buffer = scratch();
    view_is_pending_ = !pending_.empty();
    const size_t size = tls_ ? read_sealed(buffer) : read_some(buffer);
    if (!view_is_pending_) return {buffer.data(), size};
    pending_.append(reinterpret_cast<const char*>(buffer.data()), size);
    return {reinterpret_cast<uint8_t*>(pending_.data()), pending_.size()};
}

void TcpSocket::keep(std::span<const uint8_t> rest) {
    if (view_is_pending_)
        pending_.erase(0, pending_.size() - rest.size());
    else if (!rest.empty())
        pending_.assign(reinterpret_cast<const char*>(rest.data()), rest.size());
}

bool TcpSocket::send(std::string_view bytes) {
    if (fd_ < 0 || ended_) return false;
    if (!tls_) return send_some(bytes);
    if (!tls_->seal(bytes)) ended_ = true;
    return send_sealed();
}

bool TcpSocket::send_sealed() {
    const std::string_view sealed = tls_->outgoing();
    if (sealed.empty()) return !ended_;
    send_some(sealed);
    tls_->outgoing_sent();
    return !ended_;
}

bool TcpSocket::send_some(std::string_view bytes) {
    if (queued_.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) ended_ = true;
        if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
    }
    if (queued_.size() + bytes.size() > kMaxQueued) ended_ = true;
    if (!ended_) queued_.append(bytes);
    return !ended_;
}

bool TcpSocket::flush() {
    if (queued_.empty()) return !ended_;
    const ssize_t sent = ::send(fd_, queued_.data(), queued_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) ended_ = true;
    if (sent > 0) queued_.erase(0, static_cast<size_t>(sent));
    return !ended_;
}

Result<TcpSocket> listen_on(const sockaddr_in& at) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int one = 1;
    TcpSocket listener(fd);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || listen(fd, 4096) != 0) {
        return fail("listen", "cannot listen on port " + std::to_string(ntohs(at.sin_port)) + ": " +
                                  std::strerror(errno) + "; choose another port");
    }
    return listener;
}

uint16_t local_port(const TcpSocket& socket) {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&at), &size);
    return ntohs(at.sin_port);
}

TcpSocket accept_from(const TcpSocket& listener) {
    const int fd = accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return fd < 0 ? TcpSocket() : TcpSocket(fd);
}

uint64_t raise_file_limit() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

}  // namespace trunkline::load
