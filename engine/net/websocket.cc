// Public face of WebSocket, and its writing side: frames are gathered so that a message is one send(), and only what
// the kernel does not take is kept.
#include "engine/net/websocket.h"

#include "engine/net/websocket_impl.h"

namespace trunkline {
namespace {

constexpr size_t kKeepCapacity = 16U << 10;

/// Frames of one call are gathered here: no socket keeps a buffer of its own while nothing is pending.
std::string& gather_buffer() {
    thread_local std::string buffer;
    if (buffer.capacity() > (256U << 10)) std::string().swap(buffer);
    buffer.clear();
    return buffer;
}

std::span<const uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

const char* to_string(CloseCause cause) {
    switch (cause) {
        case CloseCause::kPeerClosed:
            return "peer-closed";
        case CloseCause::kWeClosed:
            return "we-closed";
        case CloseCause::kPeerGone:
            return "peer-gone";
        case CloseCause::kPeerDead:
            return "peer-dead";
        case CloseCause::kProtocolError:
            return "protocol-error";
        case CloseCause::kAborted:
            return "aborted";
    }
    return "unknown";
}

bool WebSocket::Impl::send(bool text, std::span<const uint8_t> payload) {
    if (phase_ != Phase::kOpen || write_failed_) return false;
    std::string& frames = gather_buffer();
    if (!codec_.write_message(text, payload, frames)) return false;
    put(frames);
    auto self = shared_from_this();  // the watermark's listener may destroy the socket
    check_high();
    return self->phase_ == Phase::kOpen;
}

void WebSocket::Impl::flush_codec() {
    std::string& frames = gather_buffer();
    codec_.take_output(frames);
    put(frames);
}

/// Sends frames, directly if nothing waits before them.
void WebSocket::Impl::put(std::string_view frames) {
    if (frames.empty() || write_failed_) return;
    if (pending() > 0) return queue_rest(frames);
    ByteStream::Outcome outcome = stream_->write(bytes_of(frames));
    if (outcome.io == ByteStream::Io::kDone) {
        queue_rest(frames.substr(outcome.bytes));
    } else if (outcome.io == ByteStream::Io::kWouldBlock) {
        queue_rest(frames);
    } else {
        // The peer is gone, but what it said before may still wait to be read: reading finds the end.
        write_failed_ = true;
    }
}

void WebSocket::Impl::queue_rest(std::string_view rest) {
    if (rest.empty()) return;
    pending_.append(rest);
    if (pending() >= options_.max_pending) return finish_later(CloseCause::kPeerDead, "the peer does not read", true);
    update_interest();
}

void WebSocket::Impl::flush_pending() {
    if (pending() > 0 && !write_failed_) {
        ByteStream::Outcome outcome = stream_->write(bytes_of(pending_).subspan(written_));
        if (outcome.io == ByteStream::Io::kWouldBlock) return;
        if (outcome.io == ByteStream::Io::kDone) {
            written_ += outcome.bytes;
            taken_ = true;
        } else {
            write_failed_ = true;
            written_ = pending_.size();
        }
    }
    if (pending() == 0) {
        if (pending_.capacity() > kKeepCapacity) std::string().swap(pending_);
        pending_.clear();
        written_ = 0;
        update_interest();
        if (phase_ == Phase::kEnding) return end_when_flushed();
    } else if (written_ > pending_.size() / 2) {
        pending_.erase(0, written_);
        written_ = 0;
    }
    check_low();
}

void WebSocket::Impl::check_high() {
    if (is_high_ || phase_ != Phase::kOpen || pending() < options_.high_watermark) return;
    is_high_ = true;
    if (listener_) listener_->on_high_watermark();
}

void WebSocket::Impl::check_low() {
    if (!is_high_ || phase_ != Phase::kOpen || pending() > options_.low_watermark) return;
    is_high_ = false;
    if (listener_) listener_->on_low_watermark();
}

void WebSocket::Impl::close(uint16_t code, std::string_view reason) {
    if (phase_ != Phase::kOpen) return;
    phase_ = Phase::kClosing;
    codec_.queue_close(code, reason);
    arm_close_timer();
    flush_codec();
    update_interest();
}

void WebSocket::Impl::abort(bool reset) { finish_later(CloseCause::kAborted, {}, reset); }

std::unique_ptr<WebSocket> WebSocket::adopt(Shard* shard, Role role, GIOStream* adopted_stream, std::string_view early,
                                            const WebSocketOptions& options) {
    std::string bytes(early);
    auto stream = ByteStream::adopt(adopted_stream, &bytes);
    return adopt(shard, role, std::move(stream), std::move(bytes), options);
}

std::unique_ptr<WebSocket> WebSocket::adopt(Shard* shard, Role role, std::unique_ptr<ByteStream> stream,
                                            std::string early, const WebSocketOptions& options) {
    auto impl = std::make_shared<Impl>(shard, role, std::move(stream), std::move(early), options);
    return std::unique_ptr<WebSocket>(new WebSocket(std::move(impl)));
}

WebSocket::WebSocket(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
WebSocket::~WebSocket() { impl_->detach(); }
void WebSocket::set_listener(WebSocketListener* listener) { impl_->set_listener(listener); }
bool WebSocket::send_text(std::string_view message) { return impl_->send(true, bytes_of(message)); }
bool WebSocket::send_binary(std::span<const uint8_t> message) { return impl_->send(false, message); }
void WebSocket::close(uint16_t code, std::string_view reason) { impl_->close(code, reason); }
void WebSocket::abort(bool reset) { impl_->abort(reset); }
bool WebSocket::is_open() const { return impl_->phase_ == Impl::Phase::kOpen; }
size_t WebSocket::pending_bytes() const { return impl_->pending(); }
int WebSocket::fd() const { return impl_->stream_->fd(); }

}  // namespace trunkline
