#pragma once
// A socket that listens on a free port of the loopback, for peers whose every byte is the test's. Unless somebody
// accepts, it is a peer that takes a connection and what is sent, and never reads nor answers.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace trunkline::test {

class ListeningSocket {
  public:
    /// `flags` as of socket(2), SOCK_NONBLOCK for one on a loop.
    explicit ListeningSocket(int backlog = 64, int flags = 0)
        : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)) {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        auto* at = reinterpret_cast<sockaddr*>(&address_);
        if (::bind(fd_, at, size) != 0 || ::listen(fd_, backlog) != 0 || ::getsockname(fd_, at, &size) != 0)
            throw std::runtime_error("no socket listens on the loopback");
    }
    ~ListeningSocket() { ::close(fd_); }
    ListeningSocket(const ListeningSocket&) = delete;
    ListeningSocket& operator=(const ListeningSocket&) = delete;

    int fd() const { return fd_; }
    const sockaddr_in& address() const { return address_; }
    uint16_t port() const { return ntohs(address_.sin_port); }
    std::string host_and_port() const { return "127.0.0.1:" + std::to_string(port()); }

  private:
    int fd_;
    sockaddr_in address_{};
};

}  // namespace trunkline::test
