// Bytes are only looked at (MSG_PEEK), on the edges of their arrival: level-triggered, an unread byte would wake the
// loop for ever.
#include "engine/net/http_gate.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/net/http_head.h"
#include "engine/net/http_refusal.h"

namespace trunkline {
namespace {

constexpr size_t kLongestHead = 64U << 10;  // libsoup takes no longer one
constexpr size_t kTlsHeader = 5;
constexpr size_t kLongestRecord = 16'384 + 256;
constexpr uint8_t kTlsHandshake = 22;
constexpr int kRoomForOthers = 32;  // let go at once when descriptors are out
constexpr int kPerSweep = 64;       // timed out in one turn of the loop
constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kLogEveryNs = 60'000'000'000;

bool whole_record(std::string_view bytes) {
    if (static_cast<uint8_t>(bytes[0]) != kTlsHandshake) return true;  // no TLS: the handshake will say so
    if (bytes.size() < kTlsHeader) return false;
    const size_t length = static_cast<size_t>(static_cast<uint8_t>(bytes[3])) << 8 | static_cast<uint8_t>(bytes[4]);
    return length > kLongestRecord || bytes.size() >= kTlsHeader + length;
}

}  // namespace

struct HttpGate::Guest final : FdHandler {
    Guest(HttpGate* at, int socket) : gate(at), fd(socket) {}
    void on_fd(uint32_t epoll_events) override {
        gate->on_bytes(this, (epoll_events & (uint32_t{EPOLLRDHUP} | uint32_t{EPOLLHUP} | uint32_t{EPOLLERR})) != 0);
    }
    HttpGate* const gate;
    const int fd;
    const int64_t deadline_ns = monotonic_ns() + gate->options_.timeout_ms * kNsPerMs;
    std::list<std::unique_ptr<Guest>>::iterator place;
};

HttpGate::HttpGate(Shard* shard, HttpGateOptions options, HttpCounters* counters, std::function<void(int)> pass)
    : shard_(shard), options_(options), counters_(counters), pass_(std::move(pass)) {}

HttpGate::~HttpGate() {
    shard_->cancel(timer_);
    while (!guests_.empty()) ::close(leave(guests_.front().get()));
}

void HttpGate::admit(int fd) {
    counters_->accepted.fetch_add(1, std::memory_order_relaxed);
    // The usual client sends its request with its first segment: it never waits.
    if (look(fd) == Head::kComplete) return pass_(fd);
    if (guests_.size() >= options_.max_waiting) {
        counters_->crowded_out.fetch_add(1, std::memory_order_relaxed);
        if (const int64_t now = monotonic_ns(); now >= next_log_ns_) {
            next_log_ns_ = now + kLogEveryNs;
            log_warn("net", "too many connections wait for their request: the one that has waited longest is let go",
                     {{"waiting", guests_.size()}});
        }
        drop(guests_.front().get(), 503);
    }
    guests_.push_back(std::make_unique<Guest>(this, fd));
    guests_.back()->place = std::prev(guests_.end());
    counters_->waiting.fetch_add(1, std::memory_order_relaxed);
    shard_->watch(fd, uint32_t{EPOLLIN} | uint32_t{EPOLLRDHUP} | uint32_t{EPOLLET}, guests_.back().get());
    arm();
}

HttpGate::Head HttpGate::look(int fd) const {
    thread_local std::array<char, kLongestHead> buffer;
    const size_t most = options_.tls ? kTlsHeader + kLongestRecord : std::min(options_.max_head, buffer.size());
    const ssize_t n = ::recv(fd, buffer.data(), most, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Head::kIncomplete : Head::kGone;
    if (n == 0) return Head::kGone;
    const std::string_view bytes(buffer.data(), static_cast<size_t>(n));
    const HeadState state = !options_.tls         ? judge_head(bytes)
                            : whole_record(bytes) ? HeadState::kWhole
                                                  : HeadState::kIncomplete;
    if (state == HeadState::kWhole) return Head::kComplete;
    if (state == HeadState::kUnreadable) return Head::kUnreadable;
    return bytes.size() >= most ? Head::kTooLarge : Head::kIncomplete;
}

void HttpGate::on_bytes(Guest* guest, bool last) {
    switch (look(guest->fd)) {
        case Head::kIncomplete:
            if (last) ::close(leave(guest));
            return;
        case Head::kComplete:
            return pass_(leave(guest));
        case Head::kTooLarge:
            counters_->oversized.fetch_add(1, std::memory_order_relaxed);
            return drop(guest, 431);
        case Head::kUnreadable:
            return drop(guest, 400);
        case Head::kGone:
            ::close(leave(guest));
            return;
    }
}

/// A peer that has said nothing at all is not answered either: it may be a connection kept for later.
void HttpGate::drop(Guest* guest, int status) {
    const int fd = leave(guest);
    char first = 0;
    if (!options_.tls && ::recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) > 0) refuse_connection(fd, status);
    ::close(fd);
}

int HttpGate::leave(Guest* guest) {
    const int fd = guest->fd;
    shard_->unwatch(fd);
    counters_->waiting.fetch_sub(1, std::memory_order_relaxed);
    guests_.erase(guest->place);
    return fd;
}

bool HttpGate::make_room() {
    const bool any = !guests_.empty();
    for (int i = 0; i < kRoomForOthers && !guests_.empty(); ++i) {
        counters_->crowded_out.fetch_add(1, std::memory_order_relaxed);
        drop(guests_.front().get(), 503);
    }
    return any;
}

/// One timer for all: they time out in the order in which they came.
void HttpGate::arm() {
    if (timer_ != 0 || guests_.empty()) return;
    const int64_t left_ms = (guests_.front()->deadline_ns - monotonic_ns()) / kNsPerMs + 1;
    timer_ = shard_->after(std::chrono::milliseconds(std::max<int64_t>(left_ms, 1)), [this] {
        timer_ = 0;
        sweep();
        arm();
    });
}

void HttpGate::sweep() {
    const int64_t now = monotonic_ns();
    for (int i = 0; i < kPerSweep && !guests_.empty() && guests_.front()->deadline_ns <= now; ++i) {
        counters_->timed_out.fetch_add(1, std::memory_order_relaxed);
        drop(guests_.front().get(), 408);
    }
}

}  // namespace trunkline
