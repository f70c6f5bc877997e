#include "engine/line/line_session.h"

#include <utility>

#include "engine/core/clock.h"
#include "engine/core/log.h"

namespace trunkline::line {
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

LineSession::LineSession(Shard* shard, std::unique_ptr<WebSocket> socket, Listener* listener,
                         const SessionOptions& options)
    : shard_(shard), socket_(std::move(socket)), listener_(listener), options_(options) {
    timer_ = shard_->after(std::chrono::milliseconds(options_.start_timeout_ms), [this] {
        timer_ = 0;
        refuse("no start message", {"media-timeout", "error", true,
                                    "no start message within " + std::to_string(options_.start_timeout_ms) + " ms"});
    });
    socket_->set_listener(this);  // delivers in the next loop turn, when the carrier's session is made
}

LineSession::~LineSession() { shard_->cancel(timer_); }

void LineSession::start(const MediaStart& start, const Format& format) {
    shard_->cancel(timer_);
    format_ = format;
    stream_id_ = start.stream_id;
    encoding_ = start.encoding;
    state_ = State::kHolding;
    last_media_ns_ = monotonic_ns();
    watch_media();
    listener_->on_media_start(start);
}

void LineSession::media_came() { last_media_ns_ = monotonic_ns(); }

void LineSession::caller_audio(std::span<const uint8_t> audio) {
    const int64_t now = monotonic_ns();
    last_media_ns_ = now;
    if (audio.empty()) return;
    ++stats_.frames_in;
    stats_.bytes_in += audio.size();
    if (state_ == State::kRunning && source_) {
        source_->on_audio(audio, now);
    } else if (state_ == State::kHolding) {
        hold(audio, 0, now);
    }
}

void LineSession::caller_digit(char digit) {
    if (state_ == State::kRunning && source_) {
        source_->on_dtmf(digit);
    } else if (state_ == State::kHolding) {
        hold({}, digit, monotonic_ns());
    }
}

void LineSession::hold(std::span<const uint8_t> audio, char digit, int64_t now_ns) {
    held_.push_back({{audio.begin(), audio.end()}, now_ns, digit});
    held_bytes_ += audio.size();
    while (held_bytes_ > options_.max_held_bytes || held_.size() > kMaxHeld) {
        held_bytes_ -= held_.front().audio.size();
        held_.pop_front();
        ++stats_.dropped_in;
    }
}

void LineSession::begin() {
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

void LineSession::mark_back(std::string_view name) {
    if (sink_) sink_->on_mark(name);
}

void LineSession::expect_media(bool expected) {
    if (!may_send() || std::exchange(media_expected_, expected) == expected) return;
    shard_->cancel(std::exchange(timer_, 0));
    last_media_ns_ = monotonic_ns();
    if (expected) watch_media();
}

void LineSession::watch_media() {
    const int64_t quiet_ms = (monotonic_ns() - last_media_ns_) / 1'000'000;
    const int64_t left_ms = options_.media_timeout_ms - quiet_ms;
    if (left_ms <= 0) {
        timer_ = 0;
        refuse("no media", {"media-timeout", "error", true, "no media for " + std::to_string(quiet_ms) + " ms"});
        return;
    }
    timer_ = shard_->after(std::chrono::milliseconds(left_ms), [this] { watch_media(); });
}

void LineSession::on_close(CloseCause cause, uint16_t code, std::string_view reason) {
    socket_gone_ = true;
    end(end_of(cause, code, reason));
    tell_closed();
}

void LineSession::on_high_watermark() {
    congested_ = true;
    if (std::exchange(was_congested_, true)) return;
    log_warn(carrier(), "the carrier reads slowly: audio for the caller waits",
             {{"stream", stream_id_}, {"pending_bytes", socket_->pending_bytes()}});
}

void LineSession::on_low_watermark() {
    congested_ = false;
    if (sink_) sink_->on_writable();
}

void LineSession::close(uint16_t code, std::string_view reason, std::function<void()> closed) {
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

void LineSession::tell_closed() {
    if (closed_) shard_->defer(std::exchange(closed_, nullptr));
}

void LineSession::refuse(std::string_view reason, MediaEnd why) {
    if (socket_->is_open()) socket_->close(kPolicyViolation, reason);
    end(std::move(why));
}

void LineSession::end(MediaEnd end) {
    shard_->cancel(std::exchange(timer_, 0));
    state_ = State::kEnded;
    if (Listener* listener = std::exchange(listener_, nullptr)) listener->on_media_end(end);
}

void LineSession::ignore(std::string_view why) {
    if (++ignored_ <= 3) log_warn(carrier(), "message ignored", {{"stream", stream_id_}, {"why", why}});
}

void LineSession::count_sent(size_t bytes) {
    ++stats_.frames_out;
    stats_.bytes_out += bytes;
}

}  // namespace trunkline::line
