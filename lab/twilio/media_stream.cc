// The receiving half of a media stream: judging, playing, marks and clears.
#include "lab/twilio/media_stream.h"

#include <algorithm>

#include "engine/core/clock.h"

namespace trunkline::lab {
namespace {

constexpr int64_t kMs = 1'000'000;

int64_t samples_since(int64_t zero_ns, int64_t now_ns) { return (now_ns - zero_ns) * 8 / kMs; }

}  // namespace

const char* to_string(StreamEnd end) {
    switch (end) {
        case StreamEnd::kRefused:
            return "refused";
        case StreamEnd::kServerClosed:
            return "server-closed";
        case StreamEnd::kProtocolError:
            return "protocol-error";
        case StreamEnd::kLost:
            return "lost";
        case StreamEnd::kHungUp:
            return "hung-up";
    }
    return "?";
}

MediaStream::MediaStream(StreamPlan plan, const TwilioCallOptions& options, StreamOwner& owner)
    : plan_(std::move(plan)),
      options_(options),
      owner_(owner),
      ws_(WsClient::create(this)),
      writer_(plan_.identity, options.faults.counters_as_numbers),
      player_([this](auto bytes) { on_played(bytes); },
              [this](const std::string& name, MarkEcho how) { mark_returned(name, how); }, options.max_queued_audio),
      timer_([this] { tick(); }),
      random_(options.seed) {}

MediaStream::~MediaStream() {
    ws_->detach();
    ws_->shut();
}

void MediaStream::ws_failed(DialFault fault, int status, const std::string& message) {
    static constexpr int kCodes[] = {kStreamNoAnswer, kStreamRefused, kStreamTls, kStreamHandshake};
    result().http_status = status;
    owner_.stream_violation(
        {kCodes[static_cast<size_t>(fault)], false, "the media socket did not open: " + message, 0, 0});
    finish(StreamEnd::kRefused);
}

void MediaStream::ws_gone(const std::string& reason) {
    if (state_ == State::kClosing) return finish(StreamEnd::kHungUp);
    advance(monotonic_ns());
    const bool said_close = result().server_close_code != 0;
    if (said_close) return finish(StreamEnd::kServerClosed);
    owner_.stream_violation({kStreamBroken, false, "the media socket broke without a close frame: " + reason, 0, 0});
    finish(StreamEnd::kLost);
}

void MediaStream::ws_event(const WsEvent& event) {
    auto& r = result();
    r.fragmented_messages = ws_->fragmented_messages();
    switch (event.kind) {
        case WsEvent::Kind::kText:
            return receive(event.data);
        case WsEvent::Kind::kBinary:
            if (!plan_.bidirectional) return protocol_error("a binary message on a unidirectional stream");
            return warn_once(
                {kStreamUndecodable, true,
                 "a binary message of " + std::to_string(event.data.size()) + " bytes; all messages are JSON text", 0,
                 0});
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
    if (state_ == State::kClosing) return finish(StreamEnd::kHungUp);
    advance(monotonic_ns());
    ws_->send_close(1000, "");
    owner_.stream_violation({kStreamClosedByServer, false,
                             "the server closed the media socket with code " + std::to_string(event.close_code), 0, 0});
    finish(StreamEnd::kServerClosed);
}

void MediaStream::receive(std::string text) {
    if (state_ == State::kClosing || state_ == State::kOver) return;
    if (!plan_.bidirectional) return protocol_error("a message on a unidirectional stream: " + text.substr(0, 80));
    if (state_ != State::kRunning) {
        return warn_once({kStreamInvalidMessage, true, "a message before 'start', when no streamSid is known", 0, 0});
    }
    const int64_t now = monotonic_ns();
    // A delayed clear is on its way to the loudspeaker; what was sent after it must stay behind it.
    const bool is_clear = text.size() < 200 && text.find("\"clear\"") != std::string::npos;
    if (options_.faults.clear_delay_ms > 0 && (is_clear || !held_.empty())) {
        const int64_t due = is_clear ? now + options_.faults.clear_delay_ms * kMs : std::max(now, held_.back().due_ns);
        held_.push_back({due, std::move(text)});
        return schedule();
    }
    advance(now);
    apply(text);
    schedule();
    owner_.stream_changed();
}

void MediaStream::apply(std::string_view text) {
    auto message = read_server_message(text, plan_.identity.stream_sid);
    if (!message) return warn_once(std::move(message.error()));
    auto& r = result();
    switch (message->kind) {
        case ServerMessage::Kind::kClear:
            return apply_clear();
        case ServerMessage::Kind::kMark:
            r.marks.push_back({message->mark, owner_.now_ms(), -1, MarkEcho::kPending});
            return player_.mark(message->mark);
        case ServerMessage::Kind::kMedia:
            break;
    }
    ++r.media_received;
    r.bytes_received += message->audio.size();
    if (options_.keep_audio) r.media_ms.push_back(owner_.now_ms());
    size_t lost = player_.push(std::move(message->audio));
    r.queued = player_.queued();
    if (lost > 0) {
        warn_once({kStreamQueueFull, true,
                   std::to_string(lost) + " bytes discarded: more than " +
                       std::to_string(options_.max_queued_audio / kSampleRate) + " s of audio are queued",
                   0, 0});
    }
}

void MediaStream::apply_clear() {
    auto& r = result();
    r.clears_ms.push_back(owner_.now_ms());
    owner_.note("clear", std::to_string(player_.queued() / 8) + " ms of audio thrown away");
    player_.clear();
    r.queued = 0;
    heard_change(ear_.cleared());
}

void MediaStream::mark_returned(const std::string& name, MarkEcho how) {
    int delay = options_.faults.mark_delay_ms;
    if (how == MarkEcho::kCleared) delay = std::max(delay, options_.faults.cleared_mark_delay_ms);
    if (delay <= 0) return echo_mark(name, how);
    late_marks_.emplace(monotonic_ns() + delay * kMs, std::make_pair(name, how));
}

void MediaStream::echo_mark(const std::string& name, MarkEcho how) {
    auto& marks = result().marks;
    auto waiting =
        std::find_if(marks.begin(), marks.end(), [&](const auto& m) { return m.name == name && m.echoed_ms < 0; });
    if (waiting == marks.end()) return;
    waiting->echoed_ms = owner_.now_ms();
    waiting->how = how;
    owner_.note("mark", name + " (" + to_string(how) + ")");
    send(writer_.mark(name));
}

void MediaStream::protocol_error(const std::string& what) {
    owner_.stream_violation({kStreamProtocol, false, what, 0, 0});
    ws_->send_close(1002, "");
    finish(StreamEnd::kProtocolError);
}

void MediaStream::warn_once(Violation violation) {
    auto known = warned_.find(violation.code);
    if (known != warned_.end()) return owner_.violation_repeated(known->second);
    const int code = violation.code;
    warned_[code] = owner_.stream_violation(std::move(violation));
}

void MediaStream::advance(int64_t now_ns) {
    if (state_ != State::kRunning) return;
    player_.advance(samples_since(zero_ns_, now_ns));
    auto& r = result();
    r.played = player_.played();
    r.queued = player_.queued();
    r.last_audible = ear_.last_audible();
}

void MediaStream::on_played(std::span<const uint8_t> bytes) {
    heard_change(ear_.hear(bytes));
    auto& r = result();
    if (options_.keep_audio) r.heard.insert(r.heard.end(), bytes.begin(), bytes.end());
    if (!r.agent_speech.empty() && r.agent_speech.back().open) r.agent_speech.back() = ear_.spans().back();
}

void MediaStream::heard_change(Ear::Change change) {
    if (change == Ear::Change::kNone) return;
    auto& r = result();
    r.agent_speech = ear_.spans();
    r.last_audible = ear_.last_audible();
    const SpeechSpan& span = r.agent_speech.back();
    if (change == Ear::Change::kSpeaks) return owner_.note("agent-speaks", "");
    owner_.note("agent-stops",
                "after " + std::to_string((span.last - span.first) / 8) + " ms" + (span.cut ? ", cut" : ""));
}

void MediaStream::tick() {
    const int64_t now = monotonic_ns();
    if (state_ == State::kClosing) {
        if (now >= give_up_ns_) return finish(StreamEnd::kHungUp);
        return schedule();
    }
    if (state_ == State::kOpen && now >= next_audio_ns_) begin();
    if (state_ != State::kRunning) return schedule();
    while (!held_.empty() && held_.front().due_ns <= now && state_ == State::kRunning) {
        HeldMessage held = std::move(held_.front());
        held_.pop_front();
        advance(held.due_ns);
        apply(held.text);
    }
    advance(now);
    while (!late_marks_.empty() && late_marks_.begin()->first <= now) {
        auto [name, how] = late_marks_.begin()->second;
        late_marks_.erase(late_marks_.begin());
        echo_mark(name, how);
    }
    send_due_digits(now);
    send_due_audio(now);
    schedule();
    owner_.stream_changed();
}

void MediaStream::schedule() {
    if (state_ == State::kClosing) return timer_.at(give_up_ns_);
    if (state_ != State::kRunning && state_ != State::kOpen) return;
    int64_t due = next_audio_ns_;
    if (player_.next_mark() >= 0) due = std::min(due, zero_ns_ + (player_.next_mark() * kMs + 7) / 8);
    if (!held_.empty()) due = std::min(due, held_.front().due_ns);
    if (!late_marks_.empty()) due = std::min(due, late_marks_.begin()->first);
    if (!digits_.empty()) due = std::min(due, next_digit_ns_);
    timer_.at(due);
}

}  // namespace trunkline::lab
