#pragma once
// A non-blocking TCP socket for one thread that owns thousands: one recv per readiness, one send per message, a bounded
// queue for what the kernel does not take; with TLS on top when asked, and the same two syscalls.
#include <netinet/in.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "benchmarks/load/tls_channel.h"
#include "engine/core/result.h"

namespace trunkline::load {

/// IPv4 only: `host` is dotted or "localhost". Error code "bad-address".
Result<sockaddr_in> ipv4_address(const std::string& host, uint16_t port);

class TcpSocket {
  public:
    TcpSocket() = default;
    explicit TcpSocket(int fd);
    TcpSocket(TcpSocket&& other) noexcept;
    TcpSocket& operator=(TcpSocket&& other) noexcept;
    ~TcpSocket();

    /// Begins a connect; the socket is writable when it is done. False when it failed at once.
    bool start_connect(const sockaddr_in& to);
    /// 0 when a begun connect succeeded, else its errno.
    int connect_error() const;
    /// From now on everything is TLS, before the first byte of either side; a client wants the certificate of `name`.
    void begin_tls(const TlsContext& context, const std::string& name = {});
    /// What went wrong with TLS; empty when nothing did, or without it.
    std::string tls_error() const { return tls_ ? tls_->error() : std::string(); }

    /// One recv. The view holds what keep() left behind and what came now; it is valid until ANY socket receives.
    std::span<uint8_t> receive();
    /// Stores the unread tail of the last view for the next receive().
    void keep(std::span<const uint8_t> rest);
    bool ended() const { return ended_; }  ///< the peer closed, or reading or writing failed

    /// Sends or queues all of `bytes`. False when the socket is broken or the peer left more than 4 MB unread.
    bool send(std::string_view bytes);
    bool flush();  ///< sends what is queued; call it when writable
    bool has_queued() const { return !queued_.empty(); }

    int fd() const { return fd_; }
    bool is_open() const { return fd_ >= 0; }
    void close();

  private:
    size_t read_some(std::span<uint8_t> into);
    size_t read_sealed(std::span<uint8_t> into);
    bool send_some(std::string_view bytes);
    bool send_sealed();

    int fd_ = -1;
    bool ended_ = false;
    bool view_is_pending_ = false;
    std::string pending_;
    std::string queued_;
    std::unique_ptr<TlsChannel> tls_;
};

/// A listening socket on `host`:`port` (0 = any free port). Error code "listen".
Result<TcpSocket> listen_on(const sockaddr_in& at);
uint16_t local_port(const TcpSocket& socket);
/// The next accepted connection, not open when there is none.
TcpSocket accept_from(const TcpSocket& listener);
/// Raises the soft limit of open files to the hard one; returns the limit.
uint64_t raise_file_limit();

}  // namespace trunkline::load
