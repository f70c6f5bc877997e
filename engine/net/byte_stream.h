#pragma once
// The bytes below a WebSocket: a plain socket, or a TLS connection on one. Never blocks, owns exactly one descriptor
// and no GSource; whoever uses it watches fd() on the shard's epoll set.
#include <cstdint>
#include <memory>
#include <span>
#include <string>

typedef struct _GIOStream GIOStream;
typedef struct _GSocket GSocket;
typedef struct _GPollableInputStream GPollableInputStream;
typedef struct _GPollableOutputStream GPollableOutputStream;

namespace trunkline {

class ByteStream {
  public:
    enum class Io { kDone, kWouldBlock, kEnd, kFailed };
    struct Outcome {
        Io io;
        size_t bytes = 0;  ///< only with kDone, then above 0
    };

    /// Takes over one reference of `adopted_stream`: a GSocketConnection, a TLS connection, or the stream that libsoup
    /// hands out when a connection is stolen. Bytes that such a wrapper has read ahead are appended to `early`.
    static std::unique_ptr<ByteStream> adopt(GIOStream* adopted_stream, std::string* early);
    ~ByteStream();
    ByteStream(const ByteStream&) = delete;
    ByteStream& operator=(const ByteStream&) = delete;

    Outcome read(std::span<uint8_t> into);
    Outcome write(std::span<const uint8_t> bytes);
    /// True when a short read means that nothing is left: so on plain sockets. A TLS connection may hold records that
    /// epoll knows nothing of, right behind its handshake: then it must be read until kWouldBlock.
    bool short_read_is_empty() const { return tls_ == nullptr; }
    int fd() const { return fd_; }
    /// Tells the peer that nothing more comes, over TLS with a close_notify; reading goes on.
    void shutdown_write();
    /// `reset`: the peer sees a connection reset instead of an orderly end. Safe to call twice.
    void close(bool reset);

  private:
    ByteStream() = default;
    void say_close_notify();
    int fd_ = -1;
    bool write_blocked_ = false;  // TLS only: the last write was not taken whole
    // TLS only: the connection, its socket and its two ends (borrowed from it). Null for a plain socket, as a rule.
    GIOStream* tls_ = nullptr;
    GSocket* socket_ = nullptr;
    GIOStream* wrapper_ = nullptr;  // plain only: what owns socket_, when there was no descriptor to part from it
    GPollableInputStream* input_ = nullptr;
    GPollableOutputStream* output_ = nullptr;
};

}  // namespace trunkline
