// Plain sockets are reduced to a duplicated descriptor, so that GIO's objects (and their memory) go away at once. Of a
// TLS connection only the GTlsConnection is kept.
#include "engine/net/byte_stream.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace trunkline {
namespace {

/// More than any wrapper reads ahead: libsoup's line reader holds at most 8 KiB. It is there for a peer that sends
/// faster than we drain: what is beyond it is still with the kernel or in the TLS connection, where read() finds it.
constexpr size_t kDrainLimit = 256U << 10;
/// So much may lie in the kernel before it is sent; without a limit the kernel would hold minutes of speech for a peer
/// that does not read, out of reach of every watermark.
constexpr int kUnsentInKernel = 16 << 10;

/// What lies below the wrappers of GIO and libsoup. Borrowed pointers.
struct Layers {
    GTlsConnection* tls = nullptr;
    GSocket* socket = nullptr;
};

GIOStream* inner_stream(GIOStream* stream, const char* property) {
    GIOStream* inner = nullptr;
    g_object_get(stream, property, &inner, nullptr);
    if (inner) g_object_unref(inner);  // the outer one keeps it
    return inner;
}

Layers peel(GIOStream* stream) {
    Layers layers;
    while (stream && !layers.socket) {
        if (G_IS_TCP_WRAPPER_CONNECTION(stream)) {  // is a GSocketConnection too, so it comes first
            stream = g_tcp_wrapper_connection_get_base_io_stream(G_TCP_WRAPPER_CONNECTION(stream));
        } else if (G_IS_TLS_CONNECTION(stream)) {
            layers.tls = G_TLS_CONNECTION(stream);
            stream = inner_stream(stream, "base-io-stream");
        } else if (G_IS_SOCKET_CONNECTION(stream)) {
            layers.socket = g_socket_connection_get_socket(G_SOCKET_CONNECTION(stream));
        } else if (g_object_class_find_property(G_OBJECT_GET_CLASS(stream), "base-iostream")) {
            stream = inner_stream(stream, "base-iostream");  // libsoup's buffering stream
        } else {
            stream = nullptr;
        }
    }
    return layers;
}

/// Takes what the outermost stream has buffered (and whatever else is there by now).
void drain(GIOStream* stream, std::string* early) {
    GInputStream* input = g_io_stream_get_input_stream(stream);
    if (!G_IS_POLLABLE_INPUT_STREAM(input)) return;
    char buffer[4096];
    const size_t given = early->size();
    while (early->size() - given < kDrainLimit) {
        gssize n = g_pollable_input_stream_read_nonblocking(G_POLLABLE_INPUT_STREAM(input), buffer, sizeof buffer,
                                                            nullptr, nullptr);
        if (n <= 0) return;  // nothing there, the end or an error: the next ordinary read meets it again
        early->append(buffer, static_cast<size_t>(n));
    }
}

/// Discards what has come and nobody will read: else close() would be a reset, and the peer would lose our last frames.
/// Over TLS that happens in good order too, a close_notify follows the close frame.
void forget_input(int fd) {
    char buffer[4096];
    for (int i = 0; i < 16; ++i)
        if (::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT) <= 0) return;
}

ByteStream::Outcome outcome_of(gssize n, GError* error) {
    using Io = ByteStream::Io;
    if (n > 0) return {Io::kDone, static_cast<size_t>(n)};
    if (n == 0) return {Io::kEnd};
    bool again = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    bool ended = g_error_matches(error, G_TLS_ERROR, G_TLS_ERROR_EOF);  // no close_notify: the peer just left
    g_error_free(error);
    return {again ? Io::kWouldBlock : ended ? Io::kEnd : Io::kFailed};
}

}  // namespace

std::unique_ptr<ByteStream> ByteStream::adopt(GIOStream* adopted_stream, std::string* early) {
    std::unique_ptr<ByteStream> stream(new ByteStream);
    drain(adopted_stream, early);
    Layers layers = peel(adopted_stream);
    if (layers.tls) {
        stream->tls_ = G_IO_STREAM(g_object_ref(layers.tls));
        stream->input_ = G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(stream->tls_));
        stream->output_ = G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(stream->tls_));
        if (layers.socket) stream->socket_ = G_SOCKET(g_object_ref(layers.socket));
    }
    if (layers.socket) {
        int fd = g_socket_get_fd(layers.socket);
        stream->fd_ = layers.tls ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (stream->fd_ < 0) {  // out of descriptors: then it lives on with its wrappers, which only cost memory
            stream->fd_ = fd;
            stream->socket_ = G_SOCKET(g_object_ref(layers.socket));
            stream->wrapper_ = G_IO_STREAM(g_object_ref(adopted_stream));
        }
        int one = 1;
        setsockopt(stream->fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);  // no TCP (a socket pair): no matter
        setsockopt(stream->fd_, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentInKernel, sizeof kUnsentInKernel);
    }
    // Whoever still holds the wrappers must not keep the connection open behind our duplicate.
    if (layers.socket && !stream->socket_) g_socket_close(layers.socket, nullptr);
    g_object_unref(adopted_stream);
    return stream;
}

ByteStream::~ByteStream() { close(false); }

ByteStream::Outcome ByteStream::read(std::span<uint8_t> into) {
    if (fd_ < 0) return {Io::kEnd};
    if (tls_) {
        GError* error = nullptr;
        gssize n = g_pollable_input_stream_read_nonblocking(input_, into.data(), into.size(), nullptr, &error);
        return outcome_of(n, error);
    }
    ssize_t n = 0;
    do {
        n = ::recv(fd_, into.data(), into.size(), MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n > 0) return {Io::kDone, static_cast<size_t>(n)};
    if (n == 0) return {Io::kEnd};
    return {errno == EAGAIN || errno == EWOULDBLOCK ? Io::kWouldBlock : Io::kFailed};
}

ByteStream::Outcome ByteStream::write(std::span<const uint8_t> bytes) {
    if (fd_ < 0) return {Io::kFailed};
    if (tls_) {
        GError* error = nullptr;
        gssize n = g_pollable_output_stream_write_nonblocking(output_, bytes.data(), bytes.size(), nullptr, &error);
        write_blocked_ = n < 0;
        return outcome_of(n, error);
    }
    ssize_t n = 0;
    do {
        n = ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n >= 0) return {Io::kDone, static_cast<size_t>(n)};
    return {errno == EAGAIN || errno == EWOULDBLOCK ? Io::kWouldBlock : Io::kFailed};
}

/// GIO offers no close_notify that cannot wait, so it is only written where it does not have to: into a socket that has
/// room (a third of its buffer, says poll) and behind a write that was taken whole.
void ByteStream::say_close_notify() {
    pollfd room{fd_, POLLOUT, 0};
    if (write_blocked_ || ::poll(&room, 1, 0) != 1 || room.revents != POLLOUT) return;
    g_output_stream_close(G_OUTPUT_STREAM(output_), nullptr, nullptr);
}

void ByteStream::shutdown_write() {
    if (fd_ < 0) return;
    if (tls_) say_close_notify();
    ::shutdown(fd_, SHUT_WR);
}

void ByteStream::close(bool reset) {
    if (fd_ >= 0) {
        if (reset) {
            linger hard{1, 0};
            setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        } else {
            if (tls_) say_close_notify();
            forget_input(fd_);
        }
        // The socket goes before the TLS connection, which would else write (and wait for) a farewell of its own.
        if (socket_) {
            g_socket_close(socket_, nullptr);
        } else {
            ::close(fd_);
        }
    }
    fd_ = -1;
    g_clear_object(&tls_);
    g_clear_object(&socket_);
    g_clear_object(&wrapper_);
}

}  // namespace trunkline
