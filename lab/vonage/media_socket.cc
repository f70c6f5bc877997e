// The receiving half of the websocket leg: judging, queueing, playing, notifies and clears.
#include "lab/vonage/media_socket.h"

#include <algorithm>

#include "engine/core/clock.h"
#include "lab/vonage/codes.h"
#include "lab/vonage/messages.h"

namespace trunkline::lab::vonage {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kTickNs = 20 * kMs;
constexpr int kTelephoneFrame = 160;

}  // namespace

const char* to_string(SocketEnd end) {
    switch (end) {
        case SocketEnd::kRefused:
            return "refused";
        case SocketEnd::kServerClosed:
            return "server-closed";
        case SocketEnd::kProtocolError:
            return "protocol-error";
        case SocketEnd::kLost:
            return "lost";
        case SocketEnd::kHungUp:
            return "hung-up";
    }
    return "?";
}

MediaSocket::MediaSocket(SocketPlan plan, const MediaOptions& options, SocketOwner& owner)
    : plan_(std::move(plan)),
      options_(options),
      owner_(owner),
      ws_(WsClient::create(this)),
      playout_(options.queue_messages,
               [this](const std::string& payload, MarkEcho how) { notify_returned(payload, how); }),
      to_telephone_(plan_.endpoint.rate, kTelephoneRate),
      timer_([this] { tick(); }),
      reading_([this] { ws_->resume_reading(); }),
      random_(options.seed) {}

MediaSocket::~MediaSocket() {
    ws_->detach();
    ws_->shut();
}

void MediaSocket::ws_failed(DialFault fault, int status, const std::string& message) {
    static constexpr int kCodes[] = {kSocketNoAnswer, kSocketRefused, kSocketTls, kSocketHandshake};
    result().http_status = status;
    owner_.socket_violation(
        {kCodes[static_cast<size_t>(fault)], false, "the media socket did not open: " + message, 0, 0});
    finish(SocketEnd::kRefused);
}

void MediaSocket::ws_gone(const std::string& reason) {
    if (state_ == State::kClosing) return finish(SocketEnd::kHungUp);
    owner_.socket_violation({kSocketBroken, false, "the media socket broke without a close frame: " + reason, 0, 0});
    finish(SocketEnd::kLost);
}

void MediaSocket::ws_event(const WsEvent& event) {
    auto& r = result();
    r.fragmented_messages = ws_->fragmented_messages();
    switch (event.kind) {
        case WsEvent::Kind::kText:
        case WsEvent::Kind::kBinary:
            if (options_.read_gap_ms > 0) {
                ws_->hold_events();
                reading_.after_ms(options_.read_gap_ms);
            }
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
    if (state_ == State::kClosing) return finish(SocketEnd::kHungUp);
    play_due(monotonic_ns());
    ws_->send_close(1000, "");
    owner_.socket_violation({kSocketClosedByServer, true,
                             "the server closed the media socket with code " + std::to_string(event.close_code) +
                                 "; the intended end of a call is PUT hangup",
                             0, 0});
    finish(SocketEnd::kServerClosed);
}

void MediaSocket::receive(WsEvent event) {
    if (state_ == State::kClosing || state_ == State::kOver || deaf_) return;
    const int64_t now = monotonic_ns();
    // A delayed clear is on its way to the loudspeaker; what was sent after it must stay behind it.
    const bool is_clear = event.kind == WsEvent::Kind::kText && event.data.find("\"clear\"") != std::string::npos;
    if (options_.clear_delay_ms > 0 && (is_clear || !held_.empty())) {
        const int64_t due = is_clear ? now + options_.clear_delay_ms * kMs : std::max(now, held_.back().due_ns);
        held_.push_back({due, std::move(event)});
        return schedule();
    }
    play_due(now);
    apply(event);
    schedule();
    owner_.socket_changed();
}

void MediaSocket::apply(const WsEvent& event) {
    if (event.kind == WsEvent::Kind::kBinary) return apply_audio(event.data);
    if (!options_.ignore_text) apply_text(event.data);
}

void MediaSocket::apply_audio(const std::string& bytes) {
    auto& r = result();
    ++r.media_received;
    r.bytes_received += bytes.size();
    if (options_.keep_audio) r.media_ms.push_back(owner_.now_ms());
    const size_t wanted = 2 * frame_samples();
    if (bytes.size() != wanted) {
        wrong_size(bytes.size());
        // The old module cut long messages and skipped short ones.
        if (options_.strict || bytes.size() < wanted) return;
    }
    if (!playout_.push(pcm_samples(std::string_view(bytes).substr(0, wanted)))) {
        ++r.media_overflowed;
        warn_once(kQueueFull, "more than " + std::to_string(options_.queue_messages) +
                                  " messages are queued; the newest is dropped");
    }
    r.queued = playout_.queued() * wanted;
    r.queued_messages_most = std::max(r.queued_messages_most, playout_.queued());
}

void MediaSocket::wrong_size(size_t got) {
    const std::string message = "unexpected frame of " + std::to_string(got) + " bytes where exactly " +
                                std::to_string(2 * frame_samples()) + " are required";
    if (!options_.strict) return warn_once(kFrameSize, message);
    owner_.socket_violation({kFrameSize, false, message + "; the carrier stops listening", 0, 0});
    deaf_ = true;
    break_ns_ = monotonic_ns() + options_.stop_listening_ms * kMs;
    schedule();
}

void MediaSocket::apply_text(const std::string& text) {
    auto message = read_server_text(text);
    if (!message) return warn_once(kBadText, message.error() + ": " + text.substr(0, 80));
    if (message->clear) return apply_clear();
    result().marks.push_back({notify_name(message->payload), owner_.now_ms(), -1, MarkEcho::kPending});
    playout_.notify(message->payload);
}

void MediaSocket::apply_clear() {
    auto& r = result();
    r.clears_ms.push_back(owner_.now_ms());
    owner_.note("clear", std::to_string(playout_.queued() * 20) + " ms of audio thrown away");
    playout_.clear(options_.notify_on_clear == NotifyOnClear::kReturned);
    r.queued = 0;
    heard_change(ear_.cleared());
    if (!options_.says_cleared) return;
    if (options_.cleared_delay_ms <= 0) return send(cleared_message());
    late_texts_.emplace(monotonic_ns() + options_.cleared_delay_ms * kMs, cleared_message());
}

void MediaSocket::notify_returned(const std::string& payload, MarkEcho how) {
    auto& marks = result().marks;
    const std::string name = notify_name(payload);
    auto waiting =
        std::find_if(marks.begin(), marks.end(), [&](const auto& m) { return m.name == name && m.echoed_ms < 0; });
    if (waiting != marks.end()) {
        waiting->echoed_ms = owner_.now_ms();
        waiting->how = how;
    }
    owner_.note("mark", name + " (" + to_string(how) + ")");
    send(notify_message(payload));
}

void MediaSocket::protocol_error(const std::string& what) {
    owner_.socket_violation({kSocketProtocol, false, what, 0, 0});
    ws_->send_close(1002, "");
    finish(SocketEnd::kProtocolError);
}

void MediaSocket::warn_once(int code, std::string message) {
    auto known = warned_.find(code);
    if (known != warned_.end()) return owner_.violation_repeated(known->second);
    warned_[code] = owner_.socket_violation({code, true, std::move(message), 0, 0});
}

void MediaSocket::play_due(int64_t now_ns) {
    if (state_ != State::kRunning) return;
    while (state_ == State::kRunning && zero_ns_ + ticks_ * kTickNs <= now_ns) {
        ++ticks_;
        Samples idle(frame_samples(), 0);
        auto frame = playout_.tick();
        if (!frame && options_.comfort_noise) noise_.fill(idle);
        hear(frame ? *frame : idle);
    }
    auto& r = result();
    r.queued = playout_.queued() * 2 * frame_samples();
    r.underruns = playout_.underruns();
    r.last_audible = ear_.last_audible();
}

void MediaSocket::hear(const Samples& frame) {
    auto& r = result();
    r.played += kTelephoneFrame;
    // The mean of the wire's samples that make one of the telephone's: no delay, so that positions are exact.
    const auto step = static_cast<size_t>(plan_.endpoint.rate / kTelephoneRate);
    Samples telephone(frame.size() / step);
    for (size_t i = 0; i < telephone.size(); ++i) {
        int sum = 0;
        for (size_t j = 0; j < step; ++j) sum += frame[i * step + j];
        telephone[i] = static_cast<int16_t>(sum / static_cast<int>(step));
    }
    heard_change(ear_.hear(telephone));
    if (!r.agent_speech.empty() && r.agent_speech.back().open) r.agent_speech.back() = ear_.spans().back();
    if (!options_.keep_audio) return;
    r.heard_pcm.insert(r.heard_pcm.end(), frame.begin(), frame.end());
    Samples filtered;
    if (step == 1) {
        filtered = frame;
    } else {
        to_telephone_.push(frame, filtered);
    }
    for (int16_t sample : filtered) r.heard.push_back(ulaw_encode(sample));
}

void MediaSocket::heard_change(Ear::Change change) {
    if (change == Ear::Change::kNone) return;
    auto& r = result();
    r.agent_speech = ear_.spans();
    r.last_audible = ear_.last_audible();
    const SpeechSpan& span = r.agent_speech.back();
    if (change == Ear::Change::kSpeaks) return owner_.note("agent-speaks", "");
    owner_.note("agent-stops",
                "after " + std::to_string((span.last - span.first) / 8) + " ms" + (span.cut ? ", cut" : ""));
}

void MediaSocket::tick() {
    const int64_t now = monotonic_ns();
    if (state_ == State::kClosing) {
        if (now >= give_up_ns_) return finish(SocketEnd::kHungUp);
        return schedule();
    }
    if (state_ == State::kOpen && now >= next_audio_ns_) begin();
    if (state_ != State::kRunning) return schedule();
    if (deaf_ && now >= break_ns_) {
        play_due(now);
        owner_.note("stream", "broken by the carrier, which had stopped listening");
        return finish(SocketEnd::kLost);
    }
    while (!held_.empty() && held_.front().due_ns <= now && state_ == State::kRunning) {
        HeldMessage held = std::move(held_.front());
        held_.pop_front();
        play_due(held.due_ns);
        if (!deaf_) apply(held.event);
    }
    play_due(now);
    while (!late_texts_.empty() && late_texts_.begin()->first <= now) {
        const std::string text = std::move(late_texts_.begin()->second);
        late_texts_.erase(late_texts_.begin());
        send(text);
    }
    send_due_digits(now);
    send_due_audio(now);
    schedule();
    owner_.socket_changed();
}

void MediaSocket::schedule() {
    if (state_ == State::kClosing) return timer_.at(give_up_ns_);
    if (state_ == State::kOpen) return timer_.at(next_audio_ns_);
    if (state_ != State::kRunning) return;
    int64_t due = std::min(next_audio_ns_, zero_ns_ + ticks_ * kTickNs);
    if (!held_.empty()) due = std::min(due, held_.front().due_ns);
    if (!late_texts_.empty()) due = std::min(due, late_texts_.begin()->first);
    if (!digits_.empty()) due = std::min(due, next_digit_ns_);
    if (deaf_) due = std::min(due, break_ns_);
    timer_.at(due);
}

}  // namespace trunkline::lab::vonage
