// The state machine of one WebSocket: reading and ending. Writing and the public face are in websocket.cc.
#include "engine/net/websocket_impl.h"

#include <sys/epoll.h>

#include <array>
#include <utility>

namespace trunkline {
namespace {

constexpr size_t kTlsRecord = 16U << 10;
constexpr size_t kReadLimit = 64U << 10;  // per wake-up, so that one busy peer cannot starve the others

WsCodec::Role codec_role(WebSocket::Role role) {
    return role == WebSocket::Role::kServer ? WsCodec::Role::kServer : WsCodec::Role::kClient;
}

}  // namespace

WebSocket::Impl::Impl(Shard* on, Role role, std::unique_ptr<ByteStream> from, std::string early,
                      const WebSocketOptions& with)
    : shard_(on),
      options_(with),
      stream_(std::move(from)),
      codec_(codec_role(role), with.max_message, this),
      early_(std::move(early)) {}

WebSocket::Impl::~Impl() = default;  // detach() has run: the timers hold only weak pointers, the watch is gone

void WebSocket::Impl::later(void (Impl::*what)()) {
    shard_->defer([weak = weak_from_this(), what] {
        if (auto self = weak.lock()) ((*self).*what)();
    });
}

TimerId WebSocket::Impl::timer(int ms, void (Impl::*what)()) {
    return shard_->after(std::chrono::milliseconds(ms), [weak = weak_from_this(), what] {
        if (auto self = weak.lock()) ((*self).*what)();
    });
}

void WebSocket::Impl::set_listener(WebSocketListener* to) {
    listener_ = to;
    if (phase_ == Phase::kClosed) {
        if (to && !reported_) later(&Impl::report);
    } else if (to && !started_) {
        started_ = true;
        later(&Impl::start);
    } else {
        update_interest();
    }
}

void WebSocket::Impl::start() {
    if (phase_ == Phase::kClosed) return;
    if (options_.ping_interval_ms > 0 && phase_ == Phase::kOpen)
        ping_timer_ = timer(options_.ping_interval_ms, &Impl::on_ping_time);
    std::string early = std::move(early_);
    early_ = {};
    if (!early.empty()) on_bytes({reinterpret_cast<const uint8_t*>(early.data()), early.size()});
    if (phase_ == Phase::kClosed) return;
    update_interest();
    if (!stream_->short_read_is_empty()) read_early_records();
}

void WebSocket::Impl::update_interest() {
    if (phase_ == Phase::kClosed) return;
    uint32_t wanted = (is_reading() ? uint32_t{EPOLLIN} : 0U) | (pending() > 0 ? uint32_t{EPOLLOUT} : 0U);
    if (wanted == interest_) return;
    if (interest_ == 0) {
        shard_->watch(stream_->fd(), wanted, this);
    } else if (wanted == 0) {
        shard_->unwatch(stream_->fd());
    } else {
        shard_->modify(stream_->fd(), wanted, this);
    }
    interest_ = wanted;
}

void WebSocket::Impl::on_fd(uint32_t epoll_events) {
    auto self = shared_from_this();  // a listener may destroy the socket
    if (epoll_events & EPOLLOUT) flush_pending();
    if (phase_ == Phase::kClosed) return;
    if (is_reading() && (epoll_events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
        read_some();
    } else if (epoll_events & (EPOLLHUP | EPOLLERR)) {
        on_stream_end();
    }
}

/// One read: what is left wakes us again, of a TLS stream too, whose library takes one record at a time from the socket
/// and gives all of it. A second read that finds nothing would cost as much as a frame.
void WebSocket::Impl::read_some() {
    if (phase_ == Phase::kClosed || !is_reading()) return;
    thread_local std::array<uint8_t, kReadLimit> buffer;
    static_assert(kReadLimit > kTlsRecord);
    const ByteStream::Outcome outcome = stream_->read(buffer);
    if (outcome.io == ByteStream::Io::kWouldBlock) return;
    if (outcome.io == ByteStream::Io::kEnd) return on_peer_end();
    if (outcome.io != ByteStream::Io::kDone) return on_stream_end();
    on_bytes(std::span(buffer).first(outcome.bytes));
}

/// At the start records that were decrypted with the handshake may lie in the TLS connection, where epoll does not see
/// them.
void WebSocket::Impl::read_early_records() {
    if (phase_ == Phase::kClosed || !is_reading()) return;
    const uint64_t before = reads_;
    read_some();
    if (reads_ != before) later(&Impl::read_early_records);
}

void WebSocket::Impl::on_bytes(std::span<const uint8_t> bytes) {
    ++reads_;
    unanswered_ = 0;  // whatever it says, it is alive
    if (phase_ == Phase::kEnding) return;
    WsCodec::Verdict verdict = codec_.feed(bytes);
    if (phase_ == Phase::kClosed) return;
    flush_codec();
    if (verdict == WsCodec::Verdict::kPeerClosed) on_peer_closed();
    if (verdict == WsCodec::Verdict::kViolation) on_violation();
    check_high();
}

void WebSocket::Impl::on_message(bool text, std::span<const uint8_t> payload) {
    if (phase_ != Phase::kOpen || !listener_) return;
    if (text) {
        listener_->on_text({reinterpret_cast<const char*>(payload.data()), payload.size()});
    } else {
        listener_->on_binary(payload);
    }
}

void WebSocket::Impl::on_ping_time() {
    ping_timer_ = 0;
    if (phase_ != Phase::kOpen) return;
    // A peer that talks and never reads answers no ping, but gives signs of life.
    stuck_ = pending() > 0 && !std::exchange(taken_, false) ? stuck_ + 1 : 0;
    if (stuck_ > options_.missed_pings) return finish(CloseCause::kPeerDead, 1006, "the peer does not read", true);
    if (is_reading()) {  // while reading is paused no answer can be seen
        if (unanswered_ >= options_.missed_pings) return finish(CloseCause::kPeerDead, 1006, "pings unanswered", true);
        ++unanswered_;
        codec_.queue_ping();
        flush_codec();
    }
    ping_timer_ = timer(options_.ping_interval_ms, &Impl::on_ping_time);
}

void WebSocket::Impl::on_peer_closed() {
    bool answered = phase_ == Phase::kClosing;
    settle(answered ? CloseCause::kWeClosed : CloseCause::kPeerClosed, codec_.peer_close_code(),
           codec_.peer_close_reason());
    phase_ = Phase::kEnding;
    end_when_flushed();
}

void WebSocket::Impl::on_violation() {
    if (phase_ == Phase::kClosing) return finish(CloseCause::kWeClosed, 1006, {});
    settle(CloseCause::kProtocolError, 1006, "closed with " + std::to_string(codec_.sent_close_code()));
    phase_ = Phase::kEnding;
    linger_ = true;
    end_when_flushed();
}

/// The peer's sending side has ended. What waits for it behind a close handshake that has begun still goes out, the
/// close frame last: who only shuts down its sending side reads it. The close timer bounds that.
void WebSocket::Impl::on_peer_end() {
    bool may_flush = pending() > 0 && !write_failed_ && (phase_ == Phase::kClosing || phase_ == Phase::kEnding);
    if (!may_flush) return on_stream_end();
    if (phase_ == Phase::kClosing) settle(CloseCause::kWeClosed, 1006, {});
    phase_ = Phase::kEnding;
    peer_ended_ = true;
    update_interest();
}

void WebSocket::Impl::on_stream_end() {
    if (phase_ == Phase::kEnding) return finish(cause_, code_, std::string(reason_));
    finish(phase_ == Phase::kClosing ? CloseCause::kWeClosed : CloseCause::kPeerGone, 1006, {});
}

/// kEnding: closes as soon as our last frame is with the kernel.
void WebSocket::Impl::end_when_flushed() {
    bool flushed = pending() == 0 || write_failed_;
    if (flushed && (!linger_ || peer_ended_)) return finish(cause_, code_, std::string(reason_));
    if (flushed) stream_->shutdown_write();
    arm_close_timer();
    update_interest();
}

void WebSocket::Impl::arm_close_timer() {
    shard_->cancel(std::exchange(ping_timer_, 0));
    if (close_timer_ == 0) close_timer_ = timer(options_.close_timeout_ms, &Impl::on_stream_end);
}

void WebSocket::Impl::settle(CloseCause why, uint16_t code, std::string_view reason) {
    cause_ = why;
    code_ = code;
    reason_.assign(reason);
}

void WebSocket::Impl::finish(CloseCause why, uint16_t code, std::string_view reason, bool reset) {
    if (phase_ == Phase::kClosed) return;
    settle(why, code, reason);
    shut(reset);
    report();
}

void WebSocket::Impl::finish_later(CloseCause why, std::string_view reason, bool reset) {
    if (phase_ == Phase::kClosed) return;
    settle(why, 1006, reason);
    shut(reset);
    later(&Impl::report);
}

void WebSocket::Impl::shut(bool reset) {
    phase_ = Phase::kClosed;
    codec_.stop();
    shard_->cancel(std::exchange(ping_timer_, 0));
    shard_->cancel(std::exchange(close_timer_, 0));
    if (interest_ != 0) shard_->unwatch(stream_->fd());
    interest_ = 0;
    stream_->close(reset);
    std::string().swap(pending_);
    written_ = 0;
}

void WebSocket::Impl::report() {
    if (reported_ || !listener_) return;  // without a listener set_listener() comes back here
    reported_ = true;
    std::exchange(listener_, nullptr)->on_close(cause_, code_, reason_);
}

void WebSocket::Impl::detach() {
    listener_ = nullptr;
    reported_ = true;
    if (phase_ != Phase::kClosed) shut(false);
}

}  // namespace trunkline
