// Deadlines of a served connection; see the header.
#include "engine/net/http_connection.h"

#include <gio/gio.h>
#include <sys/socket.h>

#include <utility>

#include "engine/net/http_refusal.h"

namespace trunkline {
namespace {
constexpr const char* kKey = "trunkline-connection";
}  // namespace

std::list<HttpConnection*>::iterator HttpCrowd::enter(HttpConnection* connection) {
    if (waiting_.size() >= places_) waiting_.front()->drop();
    counters_->in_progress.fetch_add(1, std::memory_order_relaxed);
    return waiting_.insert(waiting_.end(), connection);
}

HttpConnection::HttpConnection(Shard* shard, GSocket* socket, int timeout_ms, bool tls,
                               std::shared_ptr<HttpCrowd> crowd)
    : shard_(shard),
      socket_(G_SOCKET(g_object_ref(socket))),
      timeout_ms_(timeout_ms),
      tls_(tls),
      crowd_(std::move(crowd)) {}

HttpConnection::~HttpConnection() {
    disarm();
    g_object_unref(socket_);
}

void HttpConnection::arm(Step step) {
    disarm();
    step_ = step;
    place_ = crowd_->enter(this);
    timer_ = shard_->after(std::chrono::milliseconds(timeout_ms_), [this] {
        crowd_->counters().timed_out.fetch_add(1, std::memory_order_relaxed);
        cut(408);
    });
}

void HttpConnection::disarm() {
    if (timer_ == 0) return;
    shard_->cancel(std::exchange(timer_, 0));
    crowd_->waiting_.erase(place_);
    crowd_->counters().in_progress.fetch_sub(1, std::memory_order_relaxed);
}

bool HttpConnection::note_body(size_t bytes, size_t most) {
    body_ += bytes;
    if (body_ <= most) return true;
    if (timer_ != 0) cut(413);
    return false;
}

void HttpConnection::drop() {
    crowd_->counters().crowded_out.fetch_add(1, std::memory_order_relaxed);
    cut(503);
}

/// libsoup sees the end of the stream and cleans up in its own way.
void HttpConnection::cut(int status) {
    disarm();
    if (g_socket_is_closed(socket_)) return;
    const int fd = g_socket_get_fd(socket_);
    if (!tls_ && step_ == Step::kRequest) refuse_connection(fd, status);
    ::shutdown(fd, SHUT_RDWR);
}

void HttpConnection::attach(GSocketAddress* remote, std::unique_ptr<HttpConnection> connection) {
    g_object_set_data_full(G_OBJECT(remote), kKey, connection.release(),
                           [](gpointer data) { delete static_cast<HttpConnection*>(data); });
}

HttpConnection* HttpConnection::of(GSocketAddress* remote) {
    return remote ? static_cast<HttpConnection*>(g_object_get_data(G_OBJECT(remote), kKey)) : nullptr;
}

}  // namespace trunkline
