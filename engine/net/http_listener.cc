// Listening sockets, made by hand: g_socket_bind() would clear SO_REUSEPORT.
#include "engine/net/http_listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "engine/core/log.h"

namespace trunkline {
namespace {

constexpr int kAcceptsPerWakeup = 16;
constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kRest(100);  // out of descriptors: something must be closed first

std::string place(const std::string& host, uint16_t port) { return host + ":" + std::to_string(port); }

/// A bound socket, or -1 with errno.
int bind_socket(const addrinfo& address, uint16_t port, bool shared) {
    int fd = socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (shared) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    sockaddr_storage where{};
    std::memcpy(&where, address.ai_addr, address.ai_addrlen);
    if (where.ss_family == AF_INET6) reinterpret_cast<sockaddr_in6&>(where).sin6_port = htons(port);
    if (where.ss_family == AF_INET) reinterpret_cast<sockaddr_in&>(where).sin_port = htons(port);
    if (bind(fd, reinterpret_cast<sockaddr*>(&where), address.ai_addrlen) == 0) return fd;
    int cause = errno;
    close(fd);
    errno = cause;
    return -1;
}

Error listen_error(const std::string& host, uint16_t port) {
    std::string message = "cannot listen on " + place(host, port) + ": " + std::strerror(errno);
    if (errno == EADDRINUSE) message += "; another program uses the port";
    if (errno == EACCES) message += "; ports below 1024 need a privilege";
    return {"listen", message};
}

void close_all(const std::vector<int>& fds) {
    for (int fd : fds) close(fd);
}

}  // namespace

Result<std::vector<int>> open_listeners(const std::string& host, uint16_t port, size_t count) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    int error = getaddrinfo(host.empty() ? nullptr : host.c_str(), "0", &hints, &found);
    if (error != 0) return fail("listen", "cannot listen on " + place(host, port) + ": " + gai_strerror(error));
    std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> guard(found, freeaddrinfo);

    // SO_REUSEPORT would let a second engine of the same user share the port and steal half of the calls: ask without
    // it.
    int probe = port != 0 ? bind_socket(*found, port, false) : -1;
    if (port != 0 && probe < 0) return tl::unexpected(listen_error(host, port));
    if (probe >= 0) close(probe);

    std::vector<int> fds;
    for (size_t i = 0; i < count; ++i) {
        int fd = bind_socket(*found, port, true);
        if (fd >= 0) fds.push_back(fd);
        if (fd < 0 || ::listen(fd, kBacklog) != 0) {
            Error cause = listen_error(host, port);
            close_all(fds);
            return tl::unexpected(cause);
        }
        port = listener_port(fds.front());
    }
    return fds;
}

uint16_t listener_port(int fd) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
    if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

HttpListener::HttpListener(Shard* shard, int fd, std::function<void(int)> accepted, std::function<void()> out_of_fds)
    : shard_(shard), fd_(fd), accepted_(std::move(accepted)), out_of_fds_(std::move(out_of_fds)) {
    shard_->watch(fd_, EPOLLIN, this);
}

HttpListener::~HttpListener() {
    shard_->cancel(rest_timer_);
    shard_->unwatch(fd_);
    close(fd_);
}

void HttpListener::on_fd(uint32_t) {
    for (int i = 0; i < kAcceptsPerWakeup; ++i) {
        int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            accepted_(fd);
            continue;
        }
        const int cause = errno;
        if (cause == EMFILE || cause == ENFILE || cause == ENOBUFS || cause == ENOMEM) return rest(cause);
        if (cause != EINTR && cause != ECONNABORTED) {
            if (cause == EAGAIN) starved_ = false;  // nobody is left in the queue
            return;
        }
    }
}

/// What waits in the kernel's queue would wake us again at once: look away for a moment.
void HttpListener::rest(int cause) {
    if (!std::exchange(starved_, true)) {
        log_warn("net", "cannot accept a connection; raise the limit of open files (ulimit -n)",
                 {{"cause", std::strerror(cause)}});
    }
    shard_->unwatch(fd_);
    rest_timer_ = shard_->after(kRest, [this] {
        rest_timer_ = 0;
        shard_->watch(fd_, EPOLLIN, this);
    });
    out_of_fds_();
}

}  // namespace trunkline
