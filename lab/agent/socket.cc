#include "lab/agent/socket.h"

#include <gio/gio.h>
#include <libsoup/soup.h>
#include <sys/socket.h>

namespace trunkline::lab::agent {
namespace {

bool open(SoupWebsocketConnection* socket) {
    return soup_websocket_connection_get_state(socket) == SOUP_WEBSOCKET_STATE_OPEN;
}

}  // namespace

Socket::Socket(SoupWebsocketConnection* socket, Timers& timers, size_t max_message_bytes, Events events)
    : socket_(SOUP_WEBSOCKET_CONNECTION(g_object_ref(socket))),
      max_message_bytes_(max_message_bytes),
      timers_(timers),
      events_(std::move(events)) {
    // The library closes without reading the rest, which resets the connection before the client has read the code: so
    // it looks further than we do.
    g_object_set(socket_, "max-incoming-payload-size", static_cast<guint64>(2 * max_message_bytes), nullptr);
    g_signal_connect(socket_, "message",
                     G_CALLBACK(+[](SoupWebsocketConnection*, gint type, GBytes* bytes, gpointer self) {
                         gsize size = 0;
                         const auto* data = static_cast<const uint8_t*>(g_bytes_get_data(bytes, &size));
                         static_cast<Socket*>(self)->on_message(type, {data, size});
                     }),
                     this);
    g_signal_connect(
        socket_, "closed",
        G_CALLBACK(+[](SoupWebsocketConnection*, gpointer self) { static_cast<Socket*>(self)->on_closed(); }), this);
}

Socket::~Socket() {
    g_signal_handlers_disconnect_by_data(socket_, this);
    g_object_unref(socket_);
}

void Socket::on_message(int type, std::span<const uint8_t> bytes) {
    if (bytes.size() > max_message_bytes_) return close(SOUP_WEBSOCKET_CLOSE_TOO_BIG, "message too big");
    if (type == SOUP_WEBSOCKET_DATA_TEXT) {
        events_.text(bytes.empty() ? "" : std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    } else {
        events_.binary(bytes);
    }
}

void Socket::send(bool binary, const void* data, size_t size) {
    if (!open(socket_)) return;
    if (stalled_) {
        held_.push_back({binary, std::string(static_cast<const char*>(data), size)});
        return;
    }
    if (binary) {
        soup_websocket_connection_send_binary(socket_, data, size);
        return;
    }
    GBytes* bytes = g_bytes_new(data, size);
    soup_websocket_connection_send_message(socket_, SOUP_WEBSOCKET_DATA_TEXT, bytes);
    g_bytes_unref(bytes);
}

void Socket::stall(int ms) {
    stalled_ = true;
    timers_.after(ms, [this] {
        stalled_ = false;
        const auto held = std::move(held_);
        held_.clear();
        for (const Held& one : held) send(one.binary, one.bytes.data(), one.bytes.size());
    });
}

void Socket::close(int code, const char* reason) {
    if (closing_) return;
    closing_ = true;
    if (open(socket_)) soup_websocket_connection_close(socket_, static_cast<gushort>(code), reason);
}

void Socket::drop() {
    closing_ = true;
    GIOStream* stream = soup_websocket_connection_get_io_stream(socket_);
    if (G_IS_SOCKET_CONNECTION(stream)) {
        // A reset, not an orderly end: unread and unsent data are thrown away.
        GSocket* socket = g_socket_connection_get_socket(G_SOCKET_CONNECTION(stream));
        const struct linger reset = {1, 0};
        setsockopt(g_socket_get_fd(socket), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        g_socket_close(socket, nullptr);
    }
    // The library does not look at a socket that was closed under it; the loop comes first, for we may be inside it.
    timers_.after(0, [this] { on_closed(); });
}

void Socket::on_closed() {
    g_signal_handlers_disconnect_by_data(socket_, this);
    const int code = open(socket_) ? 0 : soup_websocket_connection_get_close_code(socket_);
    const auto closed = std::move(events_.closed);
    events_.closed = nullptr;
    if (closed) closed(code == 0 ? 1006 : code);
}

}  // namespace trunkline::lab::agent
