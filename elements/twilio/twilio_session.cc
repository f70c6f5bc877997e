#include "elements/twilio/twilio_session.h"

#include <utility>

#include "engine/core/clock.h"
#include "engine/core/log.h"

namespace trunkline::twilio {
namespace {

constexpr uint16_t kPolicyViolation = 1008;
constexpr size_t kMaxHeld = 4096;  // messages, whatever their size

MediaEnd end_of(CloseCause cause, uint16_t code, std::string_view reason) {
    const std::string detail = std::string(to_string(cause)) + ", close code " + std::to_string(code) +
                               (reason.empty() ? "" : ": " + std::string(reason));
    switch (cause) {
        case CloseCause::kPeerClosed:
        case CloseCause::kWeClosed:
            return {"media-closed", "caller", false, detail};
        case CloseCause::kProtocolError:
            return {"protocol-error", "error", true, detail};
        default:
            return {"media-lost", "error", true, detail};
    }
}

}  // namespace

TwilioSession::TwilioSession(Shard* shard, std::unique_ptr<WebSocket> socket, Listener* listener,
                             SessionOptions options)
    : shard_(shard), socket_(std::move(socket)), listener_(listener), options_(options) {
    timer_ = shard_->after(std::chrono::milliseconds(options_.start_timeout_ms), [this] {
        timer_ = 0;
        refuse("no start message", {"media-timeout", "error", true,
                                    "no start message within " + std::to_string(options_.start_timeout_ms) + " ms"});
    });
    socket_->set_listener(this);
}

TwilioSession::~TwilioSession() { shard_->cancel(timer_); }

void TwilioSession::on_text(std::string_view text) {
    if (state_ == State::kEnded) return;
    auto message = parse(text);
    if (!message) {
        // One message of garbage is that message's loss alone.
        if (++ignored_ <= 3)
            log_warn("twilio", "message ignored", {{"stream", stream_sid_}, {"why", message.error().message}});
        return;
    }
    switch (message->kind) {
        case EventKind::kMedia:
            on_media(*message);
            break;
        case EventKind::kMark:
            if (line_ && message->stream_sid == stream_sid_) line_->on_mark(message->text);
            break;
        case EventKind::kDtmf:
            if (state_ == State::kRunning && source_) {
                source_->on_dtmf(message->text[0]);
            } else if (state_ == State::kHolding) {
                hold({}, message->text[0], monotonic_ns());
            }
            break;
        case EventKind::kStart:
            on_start(text);
            break;
        case EventKind::kStop:
            end({"caller-hangup", "caller", false, "stop message"});
            break;
        case EventKind::kConnected:
        case EventKind::kUnknown:
            break;
    }
}

void TwilioSession::on_binary(std::span<const uint8_t>) {
    if (++ignored_ <= 3) log_warn("twilio", "binary message ignored", {{"stream", stream_sid_}});
}

void TwilioSession::on_start(std::string_view text) {
    if (state_ != State::kWaitStart) return;
    auto start = parse_start(text);
    if (!start) {
        refuse("bad start message", {"protocol-error", "error", true, start.error().message});
        return;
    }
    shard_->cancel(timer_);
    stream_sid_ = start->stream_sid;
    listen_only_ = start->outbound;
    state_ = State::kHolding;
    last_media_ns_ = monotonic_ns();
    watch_media();
    listener_->on_media_start(
        {start->stream_sid, start->call_sid, start->encoding, start->rate, std::move(start->params)});
}

void TwilioSession::on_media(const Message& message) {
    if (state_ == State::kWaitStart || message.stream_sid != stream_sid_) return;
    const int64_t now = monotonic_ns();
    last_media_ns_ = now;
    if (message.outbound_track || message.audio.empty()) return;
    ++stats_.frames_in;
    stats_.bytes_in += message.audio.size();
    if (state_ == State::kRunning && source_) {
        source_->on_audio(message.audio, now);
    } else if (state_ == State::kHolding) {
        hold(message.audio, 0, now);
    }
}

void TwilioSession::hold(std::span<const uint8_t> audio, char digit, int64_t now_ns) {
    held_.push_back({{audio.begin(), audio.end()}, now_ns, digit});
    held_bytes_ += audio.size();
    while (held_bytes_ > options_.max_held_bytes || held_.size() > kMaxHeld) {
        held_bytes_ -= held_.front().audio.size();
        held_.pop_front();
        ++stats_.dropped_in;
    }
}

void TwilioSession::begin() {
    if (state_ != State::kHolding) return;
    state_ = State::kRunning;
    const auto held = std::exchange(held_, {});
    held_bytes_ = 0;
    for (const Held& h : held) {
        if (!source_) break;
        if (h.digit != 0) {
            source_->on_dtmf(h.digit);
        } else {
            source_->on_audio(h.audio, h.ingress_ns);
        }
    }
}

void TwilioSession::watch_media() {
    const int64_t quiet_ms = (monotonic_ns() - last_media_ns_) / 1'000'000;
    const int64_t left_ms = options_.media_timeout_ms - quiet_ms;
    if (left_ms <= 0) {
        timer_ = 0;
        refuse("no media", {"media-timeout", "error", true, "no media for " + std::to_string(quiet_ms) + " ms"});
        return;
    }
    timer_ = shard_->after(std::chrono::milliseconds(left_ms), [this] { watch_media(); });
}

void TwilioSession::on_close(CloseCause cause, uint16_t code, std::string_view reason) {
    socket_gone_ = true;
    end(end_of(cause, code, reason));
    tell_closed();
}

void TwilioSession::on_high_watermark() {
    congested_ = true;
    if (std::exchange(was_congested_, true)) return;
    log_warn("twilio", "the carrier reads slowly: audio for the caller waits",
             {{"stream", stream_sid_}, {"pending_bytes", socket_->pending_bytes()}});
}

void TwilioSession::on_low_watermark() {
    congested_ = false;
    if (line_) line_->on_writable();
}

void TwilioSession::close(uint16_t code, std::string_view reason, std::function<void()> closed) {
    listener_ = nullptr;  // on_media_end() is for ends from the other side
    state_ = State::kEnded;
    shard_->cancel(std::exchange(timer_, 0));
    closed_ = std::move(closed);
    if (socket_gone_) {
        tell_closed();
    } else if (socket_->is_open()) {
        socket_->close(code, reason);
    }
}

void TwilioSession::tell_closed() {
    if (closed_) shard_->defer(std::exchange(closed_, nullptr));
}

void TwilioSession::refuse(std::string_view reason, MediaEnd why) {
    if (socket_->is_open()) socket_->close(kPolicyViolation, reason);
    end(std::move(why));
}

void TwilioSession::end(MediaEnd end) {
    shard_->cancel(std::exchange(timer_, 0));
    state_ = State::kEnded;
    if (Listener* listener = std::exchange(listener_, nullptr)) listener->on_media_end(end);
}

bool TwilioSession::may_send() const {
    return (state_ == State::kHolding || state_ == State::kRunning) && !listen_only_ && socket_;
}

bool TwilioSession::send(const std::string& text) { return socket_->send_text(text); }

bool TwilioSession::send_media(std::span<const uint8_t> mulaw) {
    if (!may_send() || mulaw.empty()) return false;
    out_.clear();
    write_media(stream_sid_, mulaw, out_);
    if (!send(out_)) return false;
    ++stats_.frames_out;
    stats_.bytes_out += mulaw.size();
    return true;
}

bool TwilioSession::send_mark(std::string_view name) {
    if (!may_send()) return false;
    out_.clear();
    write_mark(stream_sid_, name, out_);
    return send(out_);
}

bool TwilioSession::send_clear() {
    if (!may_send()) return false;
    out_.clear();
    write_clear(stream_sid_, out_);
    return send(out_);
}

MediaStats TwilioSession::stats() const {
    MediaStats s = stats_;
    s.played_ms = played_ms_;
    return s;
}

}  // namespace trunkline::twilio
