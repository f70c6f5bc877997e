#pragma once
// A blocking TCP client for targets that put bytes through a whole server, patient and with a limit.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "tests/fuzz/properties.h"

namespace trunkline::fuzz {

class Loopback {
  public:
    explicit Loopback(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int one = 1;
        setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        must(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0, "the server takes a connection");
    }
    ~Loopback() {
        const linger reset{1, 0};  // thousands a second: no port may stay behind in TIME_WAIT
        setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        ::close(fd_);
    }
    Loopback(const Loopback&) = delete;
    Loopback& operator=(const Loopback&) = delete;

    /// Sends all in pieces and ends the sending half; a server that has heard enough may hang up before.
    void send_all(std::string_view bytes, size_t piece) const {
        while (!bytes.empty()) {
            const ssize_t n = ::send(fd_, bytes.data(), std::min(piece, bytes.size()), MSG_NOSIGNAL);
            if (n <= 0) break;
            bytes.remove_prefix(static_cast<size_t>(n));
        }
        ::shutdown(fd_, SHUT_WR);
    }
    std::string read_to_end() const {
        std::string got;
        char buffer[16384];
        while (true) {
            pollfd wanted{fd_, POLLIN, 0};
            must(::poll(&wanted, 1, 240'000) == 1, "the server ends every connection");
            const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
            if (n <= 0) return got;
            got.append(buffer, static_cast<size_t>(n));
            must(got.size() < (4U << 20), "an answer is bounded");
        }
    }

  private:
    int fd_;
};

}  // namespace trunkline::fuzz
