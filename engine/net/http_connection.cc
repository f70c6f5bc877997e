// Deadlines of a served connection; see the header.
#include "engine/net/http_connection.h"

#include <gio/gio.h>
#include <sys/socket.h>

#include <utility>

namespace trunkline {
namespace {
constexpr const char* kKey = "trunkline-connection";
}  // namespace

HttpConnection::HttpConnection(Shard* shard, GSocket* socket, int timeout_ms)
    : shard_(shard), socket_(G_SOCKET(g_object_ref(socket))), timeout_ms_(timeout_ms) {}

HttpConnection::~HttpConnection() {
    disarm();
    g_object_unref(socket_);
}

void HttpConnection::arm() {
    disarm();
    timer_ = shard_->after(std::chrono::milliseconds(timeout_ms_), [this] { cut(); });
}

void HttpConnection::disarm() { shard_->cancel(std::exchange(timer_, 0)); }

void HttpConnection::cut() {
    timer_ = 0;
    // libsoup sees the end of the stream and cleans up in its own way.
    if (!g_socket_is_closed(socket_)) ::shutdown(g_socket_get_fd(socket_), SHUT_RDWR);
}

void HttpConnection::attach(GSocketAddress* remote, std::unique_ptr<HttpConnection> connection) {
    g_object_set_data_full(G_OBJECT(remote), kKey, connection.release(),
                           [](gpointer data) { delete static_cast<HttpConnection*>(data); });
}

HttpConnection* HttpConnection::of(GSocketAddress* remote) {
    return remote ? static_cast<HttpConnection*>(g_object_get_data(G_OBJECT(remote), kKey)) : nullptr;
}

}  // namespace trunkline
