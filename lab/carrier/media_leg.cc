// The life of a media leg: from the dial to its end, by one clock.
#include "lab/carrier/media_leg.h"

#include <algorithm>

#include "engine/core/clock.h"

namespace trunkline::lab {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kDigitGapMs = 120;
constexpr int64_t kCloseGraceMs = 2000;

}  // namespace

const char* to_string(LegEnd end) {
    switch (end) {
        case LegEnd::kRefused:
            return "refused";
        case LegEnd::kServerClosed:
            return "server-closed";
        case LegEnd::kProtocolError:
            return "protocol-error";
        case LegEnd::kLost:
            return "lost";
        case LegEnd::kHungUp:
            return "hung-up";
    }
    return "?";
}

MediaLeg::MediaLeg(LegOwner& owner, WsDial dial, LegOptions options)
    : book_{owner, *this},
      dial_(std::move(dial)),
      options_(options),
      ws_(WsClient::create(this)),
      caller_(book_, options.wire, options.keep_audio),
      agent_(book_, options.wire, options.keep_audio),
      timer_([this] { tick(); }),
      random_(options.seed) {}

MediaLeg::~MediaLeg() {
    ws_->detach();
    ws_->shut();
}

void MediaLeg::dialing(WsDial&) {}
void MediaLeg::farewell() {}

void MediaLeg::open() {
    state_ = State::kDialing;
    auto& r = result();
    r.dialed_ms = call_ms();
    r.rate = options_.wire.rate;
    dialing(dial_);
    ws_->dial(std::move(dial_));
}

void MediaLeg::ws_opened() {
    result().opened_ms = call_ms();
    state_ = State::kOpen;
    note("stream", "open");
    book_.owner.leg_opened(*this);
    if (state_ == State::kOpen) opened();
}

void MediaLeg::begin_after(int delay_ms) {
    next_audio_ns_ = monotonic_ns() + delay_ms * kMs;
    if (delay_ms <= 0) return begin();
    schedule();
}

void MediaLeg::collect_from_now() { zero_ns_ = monotonic_ns(); }

void MediaLeg::run() {
    const int64_t early_ns = options_.wire.ns(caller_.spoken());
    zero_ns_ = std::min(zero_ns_, monotonic_ns() - early_ns);
    result().started_ms = call_ms() - static_cast<double>(early_ns) / 1e6;
    result().started = true;
    state_ = State::kRunning;
    plan_next_audio();
    schedule();
    book_.owner.leg_changed();
}

void MediaLeg::ws_failed(DialFault fault, int status, const std::string& message) {
    const LegCodes& c = options_.codes;
    const int codes[] = {c.no_answer, c.refused, c.tls, c.handshake};
    result().http_status = status;
    violation(codes[static_cast<size_t>(fault)], false, "the media socket did not open: " + message);
    finish(LegEnd::kRefused);
}

void MediaLeg::ws_gone(const std::string& reason) {
    if (state_ == State::kClosing) return finish(LegEnd::kHungUp);
    advance(monotonic_ns());
    violation(options_.codes.broken, false, "the media socket broke without a close frame: " + reason);
    finish(LegEnd::kLost);
}

void MediaLeg::ws_event(const WsEvent& event) {
    auto& r = result();
    r.fragmented_messages = ws_->fragmented_messages();
    switch (event.kind) {
        case WsEvent::Kind::kText:
        case WsEvent::Kind::kBinary:
            return receive(event);
        case WsEvent::Kind::kPing:
            ++r.pings;
            return ws_->send_pong(event.data);
        case WsEvent::Kind::kPong:
            return;
        case WsEvent::Kind::kViolation:
            return protocol_error(event.data);
        case WsEvent::Kind::kClose:
            break;
    }
    r.server_close_code = event.close_code;
    if (state_ == State::kClosing) return finish(LegEnd::kHungUp);
    advance(monotonic_ns());
    ws_->send_close(1000, "");
    violation(
        options_.codes.closed, options_.codes.may_close,
        "the server closed the media socket with code " + std::to_string(event.close_code) + options_.codes.close_hint);
    finish(LegEnd::kServerClosed);
}

void MediaLeg::protocol_error(const std::string& what) {
    violation(options_.codes.protocol, false, what);
    ws_->send_close(1002, "");
    finish(LegEnd::kProtocolError);
}

void MediaLeg::violation(int code, bool warning, std::string message) {
    book_.owner.violation(code, warning, std::move(message));
}

void MediaLeg::warn_once(int code, std::string message) {
    auto known = warned_.find(code);
    if (known != warned_.end()) return book_.owner.violation_repeated(known->second);
    warned_[code] = book_.owner.violation(code, true, std::move(message));
}

void MediaLeg::take(const WsEvent& message) {
    const int64_t now = monotonic_ns();
    // A delayed clear is on its way to the loudspeaker; what was sent after it must stay behind it.
    const bool is_clear = options_.clear_delay_ms > 0 && message.kind == WsEvent::Kind::kText &&
                          message.data.find("\"clear\"") != std::string::npos;
    if (is_clear || !held_.empty()) {
        const int64_t due = is_clear ? now + options_.clear_delay_ms * kMs : std::max(now, held_.back().due_ns);
        held_.push_back({due, message});
        return schedule();
    }
    advance(now);
    apply(message);
    schedule();
    book_.owner.leg_changed();
}

void MediaLeg::later(int delay_ms, std::function<void()> action) {
    if (delay_ms <= 0) return action();
    late_.emplace(monotonic_ns() + delay_ms * kMs, std::move(action));
}

void MediaLeg::advance(int64_t now_ns) {
    if (running()) play(now_ns);
}

void MediaLeg::tick() {
    const int64_t now = monotonic_ns();
    if (state_ == State::kClosing && now >= give_up_ns_) return finish(LegEnd::kHungUp);
    if (state_ == State::kOpen && now >= next_audio_ns_) begin();
    if (!running()) return schedule();
    while (running() && !held_.empty() && held_.front().due_ns <= now) {
        const HeldMessage held = std::move(held_.front());
        held_.pop_front();
        advance(held.due_ns);
        apply(held.message);
    }
    advance(now);
    while (running() && !late_.empty() && late_.begin()->first <= now) {
        const auto action = std::move(late_.begin()->second);
        late_.erase(late_.begin());
        action();
    }
    if (!running()) return;
    send_due_digits(now);
    while (running() && next_audio_ns_ <= now) {
        send_audio();
        plan_next_audio();
    }
    schedule();
    book_.owner.leg_changed();
}

void MediaLeg::schedule() {
    if (state_ == State::kClosing) return timer_.at(give_up_ns_);
    if (state_ == State::kOpen) return timer_.at(next_audio_ns_);
    if (!running()) return;
    int64_t due = std::min(next_audio_ns_, next_due_ns());
    if (!held_.empty()) due = std::min(due, held_.front().due_ns);
    if (!late_.empty()) due = std::min(due, late_.begin()->first);
    if (!digits_.empty()) due = std::min(due, next_digit_ns_);
    timer_.at(due);
}

void MediaLeg::plan_next_audio() {
    const int64_t jitter_ns =
        options_.jitter_ms > 0 ? std::uniform_int_distribution<int64_t>(0, options_.jitter_ms * kMs)(random_) : 0;
    // A message leaves when its last sample has been spoken.
    const int64_t end = caller_.spoken() + static_cast<int64_t>(message_samples());
    next_audio_ns_ = zero_ns_ + options_.wire.ns(end) + audio_shift_ns_ + jitter_ns;
}

void MediaLeg::audio_dropped() {
    ++result().media_dropped;
    warn_once(options_.codes.congestion, "the server reads too slowly; caller audio is discarded");
}

void MediaLeg::press(std::string_view digits) {
    if (digits_.empty()) next_digit_ns_ = monotonic_ns();
    digits_ += digits;
    result().keys_waiting = digits_.size();
    schedule();
}

void MediaLeg::send_due_digits(int64_t now_ns) {
    while (!digits_.empty() && next_digit_ns_ <= now_ns) {
        send_digit(digits_.front());
        note("dtmf", std::string(1, digits_.front()));
        digits_.erase(0, 1);
        result().keys_waiting = digits_.size();
        next_digit_ns_ += kDigitGapMs * kMs;
    }
}

void MediaLeg::pause_reading(bool pause) { pause ? ws_->pause_reading() : ws_->resume_reading(); }

void MediaLeg::hang_up(HangUp how) {
    if (leaving()) return;
    if (!running() && state_ != State::kOpen) {
        ws_->shut();
        return finish(LegEnd::kHungUp);
    }
    advance(monotonic_ns());
    switch (how) {
        case HangUp::kStopThenClose:
            farewell();
            [[fallthrough]];
        case HangUp::kCloseWithoutStop:
            ws_->send_close(1000, "");
            state_ = State::kClosing;
            give_up_ns_ = monotonic_ns() + kCloseGraceMs * kMs;
            return schedule();
        case HangUp::kDrop:
            ws_->shut();
            break;
        case HangUp::kReset:
            ws_->reset();
            break;
        case HangUp::kHalfOpen:
            half_open_ = true;
            ws_->go_half_open();
            break;
    }
    finish(LegEnd::kHungUp);
}

void MediaLeg::finish(LegEnd end) {
    if (over()) return;
    state_ = State::kOver;
    timer_.cancel();
    auto& r = result();
    r.ended_ms = call_ms();
    r.end_reason = to_string(end);
    note("stream", std::string("ended: ") + to_string(end));
    if (!half_open_) ws_->shut();
    book_.owner.leg_ended(*this, end);
}

}  // namespace trunkline::lab
