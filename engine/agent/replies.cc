// The gate, the epochs, and the facts agent.started, agent.stopped and turn.latency.
#include "engine/agent/replies.h"

#include <algorithm>

#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/gst/event_pad.h"

namespace trunkline::agent {
namespace {

constexpr size_t kRemembered = 16;
constexpr int64_t kNsPerMs = 1'000'000;
/// Silence after all that came has been played, from which on a reply is over although nobody said so.
constexpr int64_t kQuietMs = 500;

std::string response_id(uint64_t epoch) { return "r" + std::to_string(epoch); }

}  // namespace

Replies::Replies(Shard* shard, gst::LiveSourcePad* pad, TurnClock* turns, Fact fact)
    : shard_(shard), pad_(pad), turns_(turns), fact_(std::move(fact)) {}

Replies::~Replies() { shard_->cancel(clock_); }

void Replies::set_format(AudioFormat format) {
    if (format == format_) return;
    for (Reply& reply : replies_) {
        reply.earlier_ms = length_ms(reply);
        reply.bytes = 0;
    }
    odd_byte_ = -1;
    format_ = format;
}

bool Replies::idle() const {
    return !open_ && std::all_of(replies_.begin(), replies_.end(), [](const Reply& r) { return r.stopped; });
}

GstFlowReturn Replies::audio(std::span<const uint8_t> bytes) {
    if (!gate_open_) {
        stale_bytes_ += bytes.size();
        return GST_FLOW_OK;
    }
    const int64_t now = monotonic_ns();
    if (!open_) begin(now);
    if (format_.sample_bytes() == 2 && (odd_byte_ >= 0 || bytes.size() % 2 != 0)) {
        joined_.clear();
        if (odd_byte_ >= 0) joined_.push_back(static_cast<uint8_t>(odd_byte_));
        joined_.insert(joined_.end(), bytes.begin(), bytes.end());
        odd_byte_ = -1;
        if (joined_.size() % 2 != 0) {
            odd_byte_ = joined_.back();
            joined_.pop_back();
        }
        bytes = joined_;
    }
    if (bytes.empty()) return GST_FLOW_OK;
    replies_.back().bytes += bytes.size();
    arm_clock(now);
    return pad_->push(bytes, gst_util_uint64_scale(bytes.size(), GST_SECOND, format_.bytes_per_second()), 0);
}

void Replies::begin(int64_t now) {
    open_ = true;
    odd_byte_ = -1;
    const uint64_t epoch = turns_ ? turns_->reply_audio(now) : ++own_epochs_;
    replies_.push_back({.epoch = epoch, .first_ns = now});
    if (replies_.size() > kRemembered) replies_.pop_front();
    pad_->push_event(gst::reply_event_new(epoch, false));
    fact_("agent.started", gst::fields([&](JsonWriter& w) { w.field("response_id", response_id(epoch)); }), epoch);
}

void Replies::end_current() {
    if (!std::exchange(open_, false)) return;
    pad_->drain();
    if (!in_step_) in_step_ = gst::passes_in_step(pad_->pad());
    pad_->push_event(gst::reply_event_new(replies_.back().epoch, true, *in_step_));
}

void Replies::audio_done() {
    end_current();
    backend_noticed();
}

void Replies::interrupt() {
    gate_open_ = sign_waits_ = false;
    open_ = false;
    odd_byte_ = -1;
    pad_->flush();
    if (line_reports_) return;
    const int64_t now = monotonic_ns();
    for (Reply& reply : replies_) {
        const int64_t heard = estimate_ms(reply, now);
        if (!reply.stopped) stopped(reply, heard, heard < length_ms(reply));
    }
}

void Replies::on_playback(const gst::Playback& playback) {
    using State = gst::Playback::State;
    line_reports_ = true;
    const bool heard = playback.state == State::kFirstHeard;
    const bool sent = playback.state == State::kFirstSent;
    if (turns_ && (heard || sent)) {
        turns_->reply_on_line(playback.epoch, playback.first_in_ns, sent ? playback.at_ns : 0,
                              heard ? playback.at_ns : 0);
    }
    if (sent) return;
    report_latency(playback.epoch);
    Reply* reply = find(playback.epoch);
    if (!heard && reply && !reply->stopped) stopped(*reply, playback.played_ms, playback.state == State::kCleared);
}

void Replies::report_latency(uint64_t epoch) {
    if (!turns_) return;
    if (auto report = turns_->take_report(epoch)) fact_("turn.latency", std::move(*report), epoch);
}

void Replies::stopped(Reply& reply, int64_t played_ms, bool interrupted) {
    reply.stopped = true;
    fact_("agent.stopped", gst::fields([&](JsonWriter& w) {
              w.field("response_id", response_id(reply.epoch)).field("generated_ms", length_ms(reply));
              w.field("played_ms", std::min(played_ms, length_ms(reply))).field("interrupted", interrupted);
          }),
          reply.epoch);
}

void Replies::finish() {
    shard_->cancel(std::exchange(clock_, 0));
    end_current();
    const int64_t now = monotonic_ns();
    for (Reply& reply : replies_) {
        if (reply.stopped) continue;
        report_latency(reply.epoch);
        stopped(reply, estimate_ms(reply, now), estimate_ms(reply, now) < length_ms(reply));
    }
    if (stale_bytes_ > 0) log_debug("agent", "stale audio was dropped", {{"bytes", stale_bytes_}});
}

void Replies::arm_clock(int64_t now) {
    if (clock_ != 0 || replies_.empty()) return;
    const Reply& last = replies_.back();
    const int64_t due = length_ms(last) + kQuietMs - (now - last.first_ns) / kNsPerMs;
    clock_ = shard_->after(std::chrono::milliseconds(std::max<int64_t>(due, 1)), [this] {
        clock_ = 0;
        on_clock();
    });
}

void Replies::on_clock() {
    const int64_t now = monotonic_ns();
    bool waiting = open_;
    for (Reply& reply : replies_) {
        const bool quiet = (now - reply.first_ns) / kNsPerMs >= length_ms(reply) + kQuietMs;
        if (quiet && &reply == &replies_.back()) end_current();
        if (quiet && !line_reports_ && !reply.stopped) stopped(reply, length_ms(reply), false);
        if (!line_reports_ && !reply.stopped) waiting = true;
    }
    if (waiting && (open_ || !line_reports_)) arm_clock(now);
}

int64_t Replies::length_ms(const Reply& reply) const {
    return reply.earlier_ms + static_cast<int64_t>(reply.bytes * 1000 / format_.bytes_per_second());
}

int64_t Replies::estimate_ms(const Reply& reply, int64_t now) const {
    return std::min((now - reply.first_ns) / kNsPerMs, length_ms(reply));
}

Replies::Reply* Replies::find(uint64_t epoch) {
    const auto it = std::find_if(replies_.begin(), replies_.end(), [&](const Reply& r) { return r.epoch == epoch; });
    return it == replies_.end() ? nullptr : &*it;
}

}  // namespace trunkline::agent
