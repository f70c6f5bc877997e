#include "elements/twilio/playout.h"

#include <algorithm>
#include <utility>

#include "elements/twilio/twilio_protocol.h"

namespace trunkline::twilio {
namespace {

constexpr int64_t kNsPerByte = 125'000;  // 8000 bytes a second
// A partial frame that no reply_end() follows goes out as it is after this long; Twilio takes any length.
constexpr int64_t kLingerNs = 60'000'000;
constexpr int64_t kHeldWakeNs = 100'000'000;  // how often late audio is looked at while the carrier does not read

}  // namespace

void Playout::reply_start(uint64_t epoch) {
    if (!replies_.empty()) replies_.back().ended = true;
    replies_.push_back({});
    replies_.back().epoch = epoch;
}

void Playout::audio(std::span<const uint8_t> bytes, int64_t now_ns) {
    if (bytes.empty()) return;
    if (replies_.empty() || replies_.back().ended) reply_start(0);
    Reply& reply = replies_.back();
    if (reply.first_in_ns == 0) reply.first_in_ns = now_ns;
    last_audio_ns_ = now_ns;
    if (head_ > 65'536 && head_ * 2 > queue_.size()) {
        queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(head_));
        head_ = 0;
    }
    queue_.insert(queue_.end(), bytes.begin(), bytes.end());
    reply.given += static_cast<int64_t>(bytes.size());
    const size_t most = static_cast<size_t>(options_.max_queue_ms) * kBytesPerMs;
    if (queued_bytes() > most) drop_oldest(queued_bytes() - most);
    pump(now_ns);
}

size_t Playout::drop_oldest(size_t bytes) {
    size_t dropped = 0;
    while (dropped < bytes) {
        Reply* oldest = sending();
        if (!oldest) break;
        const size_t over = std::min(bytes - dropped, static_cast<size_t>(oldest->given - oldest->sent));
        head_ += over;
        oldest->given -= static_cast<int64_t>(over);
        dropped += over;
    }
    dropped_ += dropped;
    return dropped;
}

/// The carrier does not read. What he should have heard by now waits, and is dropped when it is too late for a talk:
/// he shall not hear minutes of old speech when the line comes back.
void Playout::hold(int64_t now_ns) {
    if (std::exchange(held_ns_, now_ns) == 0 && lead_bytes(now_ns) == 0) {
        anchor_pos_ = sent_;
        anchor_ns_ = now_ns;
    }
    const int64_t late = anchor_pos_ + (now_ns - anchor_ns_) / kNsPerByte - sent_;
    const int64_t over = late - options_.max_late_ms * kBytesPerMs;
    if (over < static_cast<int64_t>(kFrame)) return;
    const size_t frames = static_cast<size_t>(over) / kFrame * kFrame;
    // It counts as played, in silence: the next one is late by what is left.
    anchor_ns_ += static_cast<int64_t>(drop_oldest(frames)) * kNsPerByte;
}

void Playout::reply_end(int64_t now_ns) {
    if (replies_.empty() || replies_.back().ended) return;
    Reply& reply = replies_.back();
    if (const size_t rest = static_cast<size_t>(reply.given) % kFrame; rest != 0) {
        queue_.insert(queue_.end(), kFrame - rest, kMulawSilence);
        reply.given += static_cast<int64_t>(kFrame - rest);
    }
    reply.ended = true;
    pump(now_ns);
}

int64_t Playout::lead_bytes(int64_t now_ns) const {
    const int64_t played = anchor_pos_ + (now_ns - anchor_ns_) / kNsPerByte;
    return sent_ - std::clamp(played, acked_pos_, sent_);
}

Playout::Reply* Playout::sending() {
    const auto it = std::find_if(replies_.begin(), replies_.end(), [](const Reply& r) { return r.sent < r.given; });
    return it == replies_.end() ? nullptr : &*it;
}

void Playout::pump(int64_t now_ns) {
    const int64_t window = options_.send_ahead_ms * kBytesPerMs;
    bool held = false;
    while (Reply* reply = queued_bytes() > 0 ? sending() : nullptr) {
        if (!out_->takes_media()) {
            held = true;
            hold(now_ns);
            break;
        }
        size_t n = std::min(static_cast<size_t>(reply->given - reply->sent), kMaxMessage);
        const int64_t room = window - lead_bytes(now_ns);
        if (room < static_cast<int64_t>(std::min(n, kFrame))) break;
        n = std::min(n, static_cast<size_t>(room));
        if (n >= kFrame) {
            n -= n % kFrame;
        } else if (!reply->ended && reply->sent > 0 && now_ns - last_audio_ns_ < kLingerNs) {
            break;  // whole frames while more may come; the tail of a reply was padded to one
        }
        send(*reply, n, now_ns);
    }
    if (!held || queued_bytes() == 0) held_ns_ = 0;
    if (head_ == queue_.size()) {
        queue_.clear();
        if (queue_.capacity() > 262'144) queue_.shrink_to_fit();
        head_ = 0;
    }
    finish(now_ns);
}

void Playout::send(Reply& reply, size_t bytes, int64_t now_ns) {
    if (lead_bytes(now_ns) == 0) {  // the carrier's buffer is empty: what goes out now plays now
        anchor_pos_ = sent_;
        anchor_ns_ = now_ns;
    }
    const bool first = reply.sent == 0;
    const bool sent = out_->send_media({queue_.data() + head_, bytes});
    head_ += bytes;
    reply.sent += static_cast<int64_t>(bytes);
    if (!sent) return;  // the socket is closing: nothing will ever be heard
    sent_ += static_cast<int64_t>(bytes);
    since_mark_ += static_cast<int64_t>(bytes);
    if (first) out_->on_playback(report(reply, gst::Playback::State::kFirstSent, now_ns));
    if (first || since_mark_ >= options_.mark_every_ms * kBytesPerMs) mark(reply, first, false);
}

void Playout::mark(Reply& reply, bool first, bool last) {
    std::string name =
        "r" + std::to_string(reply.epoch) + "." + std::to_string(generation_) + ":" + std::to_string(++mark_number_);
    if (!out_->send_mark(name)) return;
    marks_.push_back({std::move(name), reply.epoch, sent_, reply.sent, first, last});
    since_mark_ = 0;
}

/// Marks the end of replies that were sent whole and lets go of those that were heard whole.
void Playout::finish(int64_t now_ns) {
    for (Reply& reply : replies_) {
        if (!reply.ended || reply.sent < reply.given) break;
        if (reply.acked < reply.sent && !reply.last_marked) {
            reply.last_marked = true;
            mark(reply, false, true);
        }
    }
    while (!replies_.empty() && replies_.front().ended && replies_.front().sent >= replies_.front().given &&
           replies_.front().acked >= replies_.front().sent) {
        const Reply heard = replies_.front();
        replies_.pop_front();
        out_->on_playback(report(heard, gst::Playback::State::kFinished, now_ns));
    }
}

void Playout::on_mark(std::string_view name, int64_t now_ns) {
    const auto it = std::find_if(marks_.begin(), marks_.end(), [&](const MarkSent& m) { return m.name == name; });
    if (it == marks_.end()) return;
    const MarkSent got = *it;
    marks_.erase(marks_.begin(), it + 1);  // marks come back in order: those before it are played too
    total_acked_ += got.position - acked_pos_;
    anchor_pos_ = acked_pos_ = got.position;
    anchor_ns_ = now_ns;
    for (Reply& reply : replies_) {
        if (reply.epoch != got.epoch) {
            reply.acked = reply.sent;  // an earlier one: what comes after it is playing
            continue;
        }
        reply.acked = got.reply_position;
        if (got.first) out_->on_playback(report(reply, gst::Playback::State::kFirstHeard, now_ns));
        break;
    }
    pump(now_ns);
}

void Playout::clear() {
    const bool at_carrier = !marks_.empty() || since_mark_ > 0;
    if (at_carrier) out_->send_clear();
    cut_.insert(cut_.end(), replies_.begin(), replies_.end());
    replies_.clear();
    queue_.clear();
    head_ = 0;
    // The carrier returns every outstanding mark now; forgetting their names makes them strangers.
    marks_.clear();
    ++generation_;
    since_mark_ = 0;
    anchor_pos_ = acked_pos_ = sent_;
}

void Playout::report_cleared(int64_t now_ns) {
    for (const Reply& reply : std::exchange(cut_, {})) {
        if (reply.given > 0) out_->on_playback(report(reply, gst::Playback::State::kCleared, now_ns));
    }
}

gst::Playback Playout::report(const Reply& reply, gst::Playback::State state, int64_t now_ns) {
    gst::Playback p;
    p.state = state;
    p.epoch = reply.epoch;
    p.at_ns = now_ns;
    p.first_in_ns = reply.first_in_ns;
    p.played_ms = reply.acked / kBytesPerMs;
    if (state == gst::Playback::State::kCleared) p.discarded_ms = (reply.given - reply.acked) / kBytesPerMs;
    return p;
}

int64_t Playout::next_wake_ns(int64_t now_ns) const {
    if (queued_bytes() == 0) return 0;
    if (held_ns_ != 0) return std::max(now_ns, held_ns_ + kHeldWakeNs);
    const int64_t window = options_.send_ahead_ms * kBytesPerMs;
    // Refill a tenth of a second at a time: fewer, larger messages for the same lead.
    const int64_t over = lead_bytes(now_ns) - (window - 100 * kBytesPerMs);
    return over > 0 ? now_ns + over * kNsPerByte : std::max(now_ns, last_audio_ns_ + kLingerNs);
}

}  // namespace trunkline::twilio
