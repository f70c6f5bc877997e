// The sending half of a media stream: opening messages, paced caller audio, keys, and the ways to go.
#include <algorithm>

#include "engine/core/clock.h"
#include "engine/core/id.h"
#include "lab/twilio/media_stream.h"

namespace trunkline::lab {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kNsPerSample = kMs / 8;
constexpr size_t kUsualFrame = 160;
constexpr int64_t kDigitGapMs = 120;
constexpr int64_t kCloseGraceMs = 2000;

}  // namespace

void MediaStream::open() {
    state_ = State::kDialing;
    auto& r = result();
    r.dialed_ms = owner_.now_ms();
    WsDial dial = plan_.dial;
    if (options_.faults.coalesce == Coalesce::kBehindRequest) {
        zero_ns_ = monotonic_ns();
        dial.texts_behind_request = opening_messages();
        r.started_ms = owner_.now_ms();
    }
    ws_->dial(std::move(dial));
}

void MediaStream::ws_opened() {
    result().opened_ms = owner_.now_ms();
    state_ = State::kOpen;
    owner_.note("stream", "open");
    owner_.stream_opened(*this);
    if (state_ != State::kOpen) return;
    switch (options_.faults.coalesce) {
        case Coalesce::kNo:
            if (!options_.faults.skip_connected) send(MessageWriter::connected());
            next_audio_ns_ = monotonic_ns() + options_.faults.start_delay_ms * kMs;
            if (options_.faults.start_delay_ms > 0) return schedule();
            return begin();
        case Coalesce::kBehindResponse: {
            zero_ns_ = monotonic_ns();
            ws_->cork();
            for (const auto& text : opening_messages()) ws_->send_text(text);
            ws_->uncork();
            break;
        }
        case Coalesce::kBehindRequest:
            break;
    }
    // The coalesced audio had been collected before it was sent.
    zero_ns_ = std::min(zero_ns_, monotonic_ns() - spoken_samples_ * kNsPerSample);
    state_ = State::kRunning;
    result().started_ms = owner_.now_ms() - static_cast<double>(spoken_samples_) / 8.0;
    result().started = true;
    plan_next_audio();
    schedule();
    owner_.stream_changed();
}

void MediaStream::begin() {
    if (!options_.faults.skip_start) {
        const auto& f = options_.faults;
        std::string start = writer_.start(plan_.tracks, f.override_parameters ? f.start_parameters : plan_.parameters,
                                          f.start_call_sid);
        send(start);
        if (f.start_twice) send(start);
    }
    zero_ns_ = monotonic_ns();
    result().started_ms = owner_.now_ms();
    result().started = true;
    state_ = State::kRunning;
    plan_next_audio();
    schedule();
    owner_.stream_changed();
}

std::vector<std::string> MediaStream::opening_messages() {
    const auto& f = options_.faults;
    std::vector<std::string> texts;
    if (!f.skip_connected) texts.push_back(MessageWriter::connected());
    if (!f.skip_start) {
        texts.push_back(writer_.start(plan_.tracks, f.override_parameters ? f.start_parameters : plan_.parameters,
                                      f.start_call_sid));
    }
    for (int i = 0; i < f.coalesced_media; ++i) texts.push_back(next_audio_message());
    result().sequence = writer_.sequence();
    return texts;
}

void MediaStream::send(const std::string& text) {
    if (quiet_) return;
    ws_->send_text(text);
    result().sequence = writer_.sequence();
}

void MediaStream::plan_next_audio() {
    const int64_t jitter_ns =
        options_.jitter_ms > 0 ? std::uniform_int_distribution<int64_t>(0, options_.jitter_ms * kMs)(random_) : 0;
    const auto& sizes = options_.faults.payload_bytes;
    size_t bytes = sizes.empty() ? kUsualFrame : static_cast<size_t>(sizes[frames_ % sizes.size()]);
    if (bytes == 0) bytes = kUsualFrame;  // an empty message stands where a usual one would
    // A frame leaves when its last sample has been spoken.
    next_audio_ns_ = zero_ns_ + (spoken_samples_ + static_cast<int64_t>(bytes)) * kNsPerSample + jitter_ns;
}

void MediaStream::send_due_audio(int64_t now_ns) {
    const auto& f = options_.faults;
    while (state_ == State::kRunning && next_audio_ns_ <= now_ns) {
        if (f.unknown_event_every > 0 && (frames_ + 1) % static_cast<uint64_t>(f.unknown_event_every) == 0)
            send(writer_.unknown_event());
        if (ws_->pending() > options_.congestion_bytes) {
            next_frame(kUsualFrame);
            ++frames_;
            ++result().media_dropped;
            warn_once({kStreamCongestion, true, "the server reads too slowly; caller audio is discarded", 0, 0});
        } else {
            send(next_audio_message());
        }
        plan_next_audio();
    }
}

std::string MediaStream::next_audio_message() {
    const auto& f = options_.faults;
    const size_t bytes =
        f.payload_bytes.empty() ? kUsualFrame : static_cast<size_t>(f.payload_bytes[frames_ % f.payload_bytes.size()]);
    const int64_t timestamp = spoken_samples_ / 8;
    std::vector<uint8_t> frame = next_frame(bytes == 0 ? kUsualFrame : bytes);
    if (bytes == 0) frame.clear();
    ++frames_;
    ++result().media_sent;
    const bool listens = plan_.tracks.front() == "inbound";
    if (f.outbound_track || plan_.tracks.size() > 1 || !listens) {
        // What the caller hears: for this stream that is silence, or the echo of its own queue.
        std::vector<uint8_t> heard(frame.size(), kUlawSilence);
        const auto& all = result().heard;
        if (all.size() >= heard.size())
            std::copy(all.end() - static_cast<long>(heard.size()), all.end(), heard.begin());
        std::string outbound = writer_.media("outbound", ++chunk_, timestamp, heard);
        if (!listens) return outbound;
        send(outbound);
    }
    if (f.bad_base64_every > 0 && frames_ % static_cast<uint64_t>(f.bad_base64_every) == 0)
        return writer_.media_raw("inbound", ++chunk_, timestamp, "%%% not base64 %%%");
    return writer_.media("inbound", ++chunk_, timestamp, frame);
}

std::vector<uint8_t> MediaStream::next_frame(size_t bytes) {
    std::vector<uint8_t> frame(bytes, kUlawSilence);
    auto& r = result();
    if (!speeches_.empty()) {
        Speech& speech = speeches_.front();
        SaidSpan& said = r.said[speech.said];
        if (speech.at == 0) {
            said.first = spoken_samples_;
            said.begun_ms = owner_.now_ms();
            owner_.note("say", said.name);
        }
        const size_t count = std::min(bytes, speech.ulaw.size() - speech.at);
        std::copy_n(speech.ulaw.begin() + static_cast<long>(speech.at), count, frame.begin());
        speech.at += count;
        if (speech.at == speech.ulaw.size()) {
            said.last = spoken_samples_ + static_cast<int64_t>(count);
            said.done_ms = owner_.now_ms();
            owner_.note("said", said.name);
            speeches_.pop_front();
        }
    }
    if (options_.keep_audio) r.spoken.insert(r.spoken.end(), frame.begin(), frame.end());
    spoken_samples_ += static_cast<int64_t>(bytes);
    return frame;
}

void MediaStream::say(std::string name, std::vector<uint8_t> ulaw) {
    auto& r = result();
    r.said.push_back({std::move(name), -1, -1, -1, -1});
    speeches_.push_back({r.said.size() - 1, std::move(ulaw), 0});
}

void MediaStream::be_quiet() {
    auto& r = result();
    for (const Speech& speech : speeches_) {
        SaidSpan& said = r.said[speech.said];
        if (said.first < 0) said.first = spoken_samples_;
        said.last = spoken_samples_;
        said.done_ms = owner_.now_ms();
    }
    speeches_.clear();
}

void MediaStream::press(std::string_view digits) {
    if (digits_.empty()) next_digit_ns_ = monotonic_ns();
    digits_ += digits;
    result().keys_waiting = digits_.size();
    schedule();
}

void MediaStream::send_due_digits(int64_t now_ns) {
    while (!digits_.empty() && next_digit_ns_ <= now_ns) {
        send(writer_.dtmf(digits_.front()));
        owner_.note("dtmf", std::string(1, digits_.front()));
        digits_.erase(0, 1);
        result().keys_waiting = digits_.size();
        next_digit_ns_ += kDigitGapMs * kMs;
    }
}

void MediaStream::pause_reading(bool pause) {
    if (pause) return ws_->pause_reading();
    ws_->resume_reading();
}

void MediaStream::hang_up(HangUp how) {
    if (state_ == State::kOver || state_ == State::kClosing) return;
    if (state_ != State::kRunning && state_ != State::kOpen) {
        ws_->shut();
        return finish(StreamEnd::kHungUp);
    }
    advance(monotonic_ns());
    switch (how) {
        case HangUp::kStopThenClose:
            send(writer_.stop());
            [[fallthrough]];
        case HangUp::kCloseWithoutStop: {
            ws_->send_close(1000, "");
            state_ = State::kClosing;
            give_up_ns_ = monotonic_ns() + kCloseGraceMs * kMs;
            return schedule();
        }
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
    finish(StreamEnd::kHungUp);
}

void MediaStream::finish(StreamEnd end) {
    if (state_ == State::kOver) return;
    state_ = State::kOver;
    timer_.cancel();
    auto& r = result();
    r.ended_ms = owner_.now_ms();
    r.end_reason = to_string(end);
    r.queued = player_.queued();
    owner_.note("stream", std::string("ended: ") + to_string(end));
    if (!quiet_) ws_->shut();
    owner_.stream_ended(*this, end);
}

}  // namespace trunkline::lab
