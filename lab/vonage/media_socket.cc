// What the websocket leg says, and what it makes of what it is told.
#include "lab/vonage/media_socket.h"

#include <algorithm>

#include "lab/vonage/codes.h"
#include "lab/vonage/messages.h"

namespace trunkline::lab::vonage {
namespace {

constexpr int64_t kTickMs = 20;
constexpr int64_t kTickNs = kTickMs * 1'000'000;

constexpr LegCodes kCodes{.no_answer = kSocketNoAnswer,
                          .refused = kSocketRefused,
                          .tls = kSocketTls,
                          .handshake = kSocketHandshake,
                          .broken = kSocketBroken,
                          .closed = kSocketClosedByServer,
                          .protocol = kSocketProtocol,
                          .congestion = kCongestion,
                          .may_close = true,
                          .close_hint = "; the intended end of a call is PUT hangup"};

LegOptions leg_options(const MediaOptions& o, int rate) {
    return {.codes = kCodes,
            .wire = {.rate = rate, .linear = true},
            .jitter_ms = o.jitter_ms,
            .seed = o.seed,
            .clear_delay_ms = o.clear_delay_ms,
            .congestion_bytes = o.congestion_bytes,
            .keep_audio = o.keep_audio};
}

}  // namespace

MediaSocket::MediaSocket(LegOwner& owner, SocketPlan plan, WsDial dial, const MediaOptions& options)
    : MediaLeg(owner, std::move(dial), leg_options(options, plan.endpoint.rate)),
      plan_(std::move(plan)),
      options_(options),
      playout_(options.queue_messages,
               [this](const std::string& payload, MarkEcho how) {
                   agent().mark_returned(notify_name(payload), how);
                   write(notify_message(payload));
               }),
      gap_([this] { socket().release_events(); }) {}

void MediaSocket::opened() {
    socket().cork();
    for (int i = 0; i < options_.early_binary; ++i) send_frame();
    begin_after(options_.connected_delay_ms);
    socket().uncork();
}

void MediaSocket::begin() {
    write(connected_message(plan_.endpoint.content_type, plan_.endpoint.headers, options_.extra_headers));
    run();
}

void MediaSocket::send_audio() {
    if (caller().every(options_.unknown_text_every)) write(unknown_message());
    if (caller().every(options_.gap_every)) delay_audio(options_.gap_ms);
    send_frame();
}

void MediaSocket::send_frame() {
    const size_t bytes = caller().in_turn(options_.frame_bytes, frame_bytes());
    const std::vector<uint8_t> audio = caller().next(std::max<size_t>(1, bytes / 2));
    if (!active_) return;
    if (congested()) return audio_dropped();
    std::string frame(audio.begin(), audio.end());
    frame.resize(bytes, '\0');  // an odd size has half a sample at its end
    socket().send_binary(frame);
    ++result().media_sent;
}

void MediaSocket::send_digit(char digit) { write(dtmf_message(digit, options_.dtmf_ms, options_.dtmf_form)); }

void MediaSocket::set_active(bool active) {
    if (!running() || active == active_) return;
    active_ = active;
    note("stream", active ? "unmuted" : "muted");
    write(media_update_message(active, plan_.endpoint.content_type));
}

void MediaSocket::receive(const WsEvent& message) {
    if (options_.read_gap_ms > 0) {
        socket().hold_events();
        gap_.after_ms(options_.read_gap_ms);
    }
    if (!leaving() && !deaf_) take(message);
}

void MediaSocket::apply(const WsEvent& message) {
    if (deaf_) return;
    if (message.kind == WsEvent::Kind::kBinary) return apply_audio(message.data);
    if (!options_.ignore_text) apply_text(message.data);
}

void MediaSocket::apply_audio(const std::string& bytes) {
    agent().came(bytes.size());
    if (bytes.size() != frame_bytes()) {
        wrong_size(bytes.size());
        // The old module cut long messages and skipped short ones.
        if (options_.strict || bytes.size() < frame_bytes()) return;
    }
    auto& r = result();
    if (!playout_.push(pcm_samples(std::string_view(bytes).substr(0, frame_bytes())))) {
        ++r.media_overflowed;
        warn_once(kQueueFull, "more than " + std::to_string(options_.queue_messages) +
                                  " messages are queued; the newest is dropped");
    }
    r.queued = playout_.queued() * frame_bytes();
    r.queued_messages_most = std::max(r.queued_messages_most, playout_.queued());
}

void MediaSocket::wrong_size(size_t got) {
    const std::string message = "unexpected frame of " + std::to_string(got) + " bytes where exactly " +
                                std::to_string(frame_bytes()) + " are required";
    if (!options_.strict) return warn_once(kFrameSize, message);
    violation(kFrameSize, false, message + "; the carrier stops listening");
    deaf_ = true;
    later(options_.stop_listening_ms, [this] {
        note("stream", "broken by the carrier, which had stopped listening");
        finish(LegEnd::kLost);
    });
}

void MediaSocket::apply_text(const std::string& text) {
    auto message = read_server_text(text);
    if (!message) return warn_once(kBadText, message.error() + ": " + text.substr(0, 80));
    if (message->clear) return apply_clear();
    agent().mark_came(notify_name(message->payload));
    playout_.notify(message->payload);
}

void MediaSocket::apply_clear() {
    agent().cleared(static_cast<int64_t>(playout_.queued()) * kTickMs,
                    [this] { playout_.clear(options_.notify_on_clear == NotifyOnClear::kReturned); });
    if (options_.says_cleared) later(options_.cleared_delay_ms, [this] { write(cleared_message()); });
}

void MediaSocket::play(int64_t now_ns) {
    while (next_due_ns() <= now_ns) {
        ++ticks_;
        auto frame = playout_.tick();
        if (!frame) {
            frame.emplace(message_samples(), int16_t{0});
            if (options_.comfort_noise) noise_.fill(*frame);
        }
        agent().heard(*frame);
    }
    auto& r = result();
    r.queued = playout_.queued() * frame_bytes();
    r.underruns = playout_.underruns();
}

int64_t MediaSocket::next_due_ns() const { return zero_ns() + ticks_ * kTickNs; }

}  // namespace trunkline::lab::vonage
