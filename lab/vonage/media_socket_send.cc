// The sending half of the websocket leg: the first message, paced caller audio, keys, and the ways to go.
#include <algorithm>

#include "engine/core/clock.h"
#include "lab/vonage/codes.h"
#include "lab/vonage/media_socket.h"
#include "lab/vonage/messages.h"

namespace trunkline::lab::vonage {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kDigitGapMs = 120;
constexpr int64_t kCloseGraceMs = 2000;

}  // namespace

void MediaSocket::open() {
    state_ = State::kDialing;
    auto& r = result();
    r.dialed_ms = owner_.now_ms();
    r.rate = plan_.endpoint.rate;
    ws_->dial(plan_.dial);
}

void MediaSocket::ws_opened() {
    result().opened_ms = owner_.now_ms();
    state_ = State::kOpen;
    owner_.note("stream", "open");
    owner_.socket_opened(*this);
    if (state_ != State::kOpen) return;
    ws_->cork();
    for (int i = 0; i < options_.early_binary; ++i) send_frame();
    next_audio_ns_ = monotonic_ns() + options_.connected_delay_ms * kMs;
    if (options_.connected_delay_ms <= 0) begin();
    ws_->uncork();
    schedule();
}

void MediaSocket::begin() {
    send(connected_message(plan_.endpoint.content_type, plan_.endpoint.headers, options_.extra_headers));
    // Early audio had been collected before it was sent.
    const int64_t early_ns = spoken_ * 1'000'000'000 / plan_.endpoint.rate;
    zero_ns_ = monotonic_ns() - early_ns;
    ticks_ = 0;
    result().started_ms = owner_.now_ms() - static_cast<double>(early_ns) / 1e6;
    result().started = true;
    state_ = State::kRunning;
    plan_next_audio();
    schedule();
    owner_.socket_changed();
}

void MediaSocket::send(const std::string& text) {
    if (quiet_) return;
    ws_->send_text(options_.leading_space ? " " + text : text);
}

void MediaSocket::plan_next_audio() {
    const int64_t jitter_ns =
        options_.jitter_ms > 0 ? std::uniform_int_distribution<int64_t>(0, options_.jitter_ms * kMs)(random_) : 0;
    // A frame leaves when its last sample has been spoken.
    const auto end = spoken_ + static_cast<int64_t>(frame_samples());
    next_audio_ns_ = zero_ns_ + end * 1'000'000'000 / plan_.endpoint.rate + audio_shift_ns_ + jitter_ns;
}

void MediaSocket::send_due_audio(int64_t now_ns) {
    while (state_ == State::kRunning && next_audio_ns_ <= now_ns) {
        const auto every = [this](int n) { return n > 0 && (frames_ + 1) % static_cast<uint64_t>(n) == 0; };
        if (every(options_.unknown_text_every)) send(unknown_message());
        const bool gap = every(options_.gap_every);
        send_frame();
        if (gap) audio_shift_ns_ += options_.gap_ms * kMs;
        plan_next_audio();
    }
}

void MediaSocket::send_frame() {
    auto& r = result();
    const auto& sizes = options_.frame_bytes;
    const size_t bytes = sizes.empty() ? 2 * frame_samples() : static_cast<size_t>(sizes[frames_ % sizes.size()]);
    const Samples samples = next_samples(std::max<size_t>(1, bytes / 2));
    ++frames_;
    if (quiet_ || !active_) return;
    if (ws_->pending() > options_.congestion_bytes) {
        ++r.media_dropped;
        return warn_once(kCongestion, "the server reads too slowly; caller audio is discarded");
    }
    std::string frame = pcm_bytes(samples);
    frame.resize(bytes, '\0');  // an odd size has half a sample at its end
    ws_->send_binary(frame);
    ++r.media_sent;
}

Samples MediaSocket::next_samples(size_t count) {
    Samples frame(count, 0);
    auto& r = result();
    const int64_t step = plan_.endpoint.rate / kTelephoneRate;
    if (!speeches_.empty()) {
        Speech& speech = speeches_.front();
        SaidSpan& said = r.said[speech.said];
        if (speech.at == 0) {
            said.first = spoken_ / step;
            said.begun_ms = owner_.now_ms();
            owner_.note("say", said.name);
        }
        const size_t taken = std::min(count, speech.samples.size() - speech.at);
        std::copy_n(speech.samples.begin() + static_cast<long>(speech.at), taken, frame.begin());
        speech.at += taken;
        if (speech.at == speech.samples.size()) {
            said.last = (spoken_ + static_cast<int64_t>(taken)) / step;
            said.done_ms = owner_.now_ms();
            owner_.note("said", said.name);
            speeches_.pop_front();
        }
    }
    if (options_.keep_audio) {
        r.spoken_pcm.insert(r.spoken_pcm.end(), frame.begin(), frame.end());
        for (size_t i = 0; i < frame.size(); i += static_cast<size_t>(step)) r.spoken.push_back(ulaw_encode(frame[i]));
    }
    spoken_ += static_cast<int64_t>(count);
    return frame;
}

void MediaSocket::say(std::string name, const Samples& samples) {
    auto& r = result();
    r.said.push_back({std::move(name), -1, -1, -1, -1});
    Samples wide =
        plan_.endpoint.rate == kTelephoneRate ? samples : resample(samples, kTelephoneRate, plan_.endpoint.rate);
    speeches_.push_back({r.said.size() - 1, std::move(wide), 0});
}

void MediaSocket::be_quiet() {
    auto& r = result();
    const int64_t now = spoken_ / (plan_.endpoint.rate / kTelephoneRate);
    for (const Speech& speech : speeches_) {
        SaidSpan& said = r.said[speech.said];
        if (said.first < 0) said.first = now;
        said.last = now;
        said.done_ms = owner_.now_ms();
    }
    speeches_.clear();
}

void MediaSocket::press(std::string_view digits) {
    if (digits_.empty()) next_digit_ns_ = monotonic_ns();
    digits_ += digits;
    result().keys_waiting = digits_.size();
    schedule();
}

void MediaSocket::send_due_digits(int64_t now_ns) {
    while (!digits_.empty() && next_digit_ns_ <= now_ns) {
        send(dtmf_message(digits_.front(), options_.dtmf_ms, options_.dtmf_form));
        owner_.note("dtmf", std::string(1, digits_.front()));
        digits_.erase(0, 1);
        result().keys_waiting = digits_.size();
        next_digit_ns_ += kDigitGapMs * kMs;
    }
}

void MediaSocket::set_active(bool active) {
    if (state_ != State::kRunning || active == active_) return;
    active_ = active;
    owner_.note("stream", active ? "unmuted" : "muted");
    send(media_update_message(active, plan_.endpoint.content_type));
}

void MediaSocket::pause_reading(bool pause) {
    if (pause) return ws_->pause_reading();
    ws_->resume_reading();
}

void MediaSocket::hang_up(HangUp how) {
    if (state_ == State::kOver || state_ == State::kClosing) return;
    if (state_ != State::kRunning && state_ != State::kOpen) {
        ws_->shut();
        return finish(SocketEnd::kHungUp);
    }
    play_due(monotonic_ns());
    switch (how) {
        case HangUp::kStopThenClose:  // the carrier has no farewell but the close frame
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
            quiet_ = true;
            ws_->go_half_open();
            break;
    }
    finish(SocketEnd::kHungUp);
}

void MediaSocket::finish(SocketEnd end) {
    if (state_ == State::kOver) return;
    state_ = State::kOver;
    timer_.cancel();
    reading_.cancel();
    auto& r = result();
    r.ended_ms = owner_.now_ms();
    r.end_reason = to_string(end);
    owner_.note("stream", std::string("ended: ") + to_string(end));
    if (!quiet_) ws_->shut();
    owner_.socket_ended(*this, end);
}

}  // namespace trunkline::lab::vonage
