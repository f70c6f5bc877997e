#include "engine/net/tls_handshakes.h"

#include <gio/gio.h>

#include <utility>

#include "engine/core/clock.h"
#include "engine/net/http_connection.h"

namespace trunkline {
namespace {

constexpr int64_t kGraceNs = 500'000'000;  // for one that others wait for
constexpr size_t kMostWaiting = 64;
constexpr int64_t kNsPerMs = 1'000'000;

}  // namespace

struct TlsHandshakes::Handshake {
    Handshake(GIOStream* stream, GSocketAddress* from, GSocketAddress* to)
        : tls(G_IO_STREAM(g_object_ref(stream))),
          local(G_SOCKET_ADDRESS(g_object_ref(from))),
          remote(G_SOCKET_ADDRESS(g_object_ref(to))) {}
    ~Handshake() {
        g_object_unref(tls);
        g_object_unref(local);
        g_object_unref(remote);
    }
    Handshake(const Handshake&) = delete;
    Handshake& operator=(const Handshake&) = delete;

    static void done(GObject* stream, GAsyncResult* result, gpointer data) {
        std::unique_ptr<Handshake> self(static_cast<Handshake*>(data));
        const bool good = g_tls_connection_handshake_finish(G_TLS_CONNECTION(stream), result, nullptr) != FALSE;
        if (auto owner = self->owner.lock()) owner->over(self.get(), good);
    }

    GIOStream* const tls;
    GSocketAddress* const local;
    GSocketAddress* const remote;
    std::weak_ptr<TlsHandshakes> owner;
    std::list<Handshake*>::iterator place;
    int64_t begun_ns = 0;
    bool dropped = false;
};

TlsHandshakes::TlsHandshakes(Shard* shard, size_t at_once, Done done)
    : shard_(shard), at_once_(at_once), done_(std::move(done)) {}

TlsHandshakes::~TlsHandshakes() { stop(); }

void TlsHandshakes::stop() {
    shard_->cancel(std::exchange(timer_, 0));
    waiting_.clear();
    done_ = nullptr;
}

void TlsHandshakes::add(GIOStream* tls, GSocketAddress* local, GSocketAddress* remote) {
    waiting_.push_back(std::make_unique<Handshake>(tls, local, remote));
    if (waiting_.size() > kMostWaiting) {
        if (auto* connection = HttpConnection::of(waiting_.front()->remote)) connection->drop();
        waiting_.pop_front();
    }
    begin_next();
    arm();
}

void TlsHandshakes::begin_next() {
    while (!waiting_.empty() && running_.size() < at_once_) {
        auto next = std::move(waiting_.back());
        waiting_.pop_back();
        begin(std::move(next));
    }
}

void TlsHandshakes::begin(std::unique_ptr<Handshake> handshake) {
    handshake->owner = weak_from_this();
    handshake->begun_ns = monotonic_ns();
    running_.push_back(handshake.get());
    handshake->place = std::prev(running_.end());
    Handshake* started = handshake.release();
    g_tls_connection_handshake_async(G_TLS_CONNECTION(started->tls), G_PRIORITY_DEFAULT, nullptr, Handshake::done,
                                     started);
}

void TlsHandshakes::over(Handshake* handshake, bool good) {
    running_.erase(handshake->place);
    if (good && done_) done_(handshake->tls, handshake->local, handshake->remote);
    begin_next();
    arm();
}

/// While others wait, whoever has had his time is cut; GIO then reports that the handshake failed.
void TlsHandshakes::arm() {
    if (timer_ != 0 || waiting_.empty()) return;
    const int64_t now = monotonic_ns();
    int64_t next_ns = now + kGraceNs;
    for (Handshake* running : running_) {
        if (running->dropped) continue;
        if (now - running->begun_ns < kGraceNs) {
            next_ns = running->begun_ns + kGraceNs;
            break;  // those behind it are younger
        }
        running->dropped = true;
        if (auto* connection = HttpConnection::of(running->remote)) connection->drop();
    }
    timer_ = shard_->after(std::chrono::milliseconds((next_ns - now) / kNsPerMs + 1), [this] {
        timer_ = 0;
        arm();
    });
}

}  // namespace trunkline
