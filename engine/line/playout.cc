#include "engine/line/playout.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/line/gain.h"

namespace trunkline::line {
namespace {

constexpr int64_t kMs = 1'000'000;
// A partial frame that no reply_end() follows goes out after this long: as it is, or filled up.
constexpr int64_t kLingerNs = 60 * kMs;
// A first piece that lacks no more than this to whole frames is filled up in front.
constexpr int64_t kMostInFrontMs = 5;
constexpr int64_t kStalledWakeNs = 100 * kMs;  // how often late audio is looked at while the carrier does not read
constexpr int64_t kRefillMs = 100;             // fewer, larger steps for the same lead

}  // namespace

void Playout::reply_start(uint64_t epoch) {
    if (!replies_.empty() && !replies_.back().ended) {
        if (format_.exact) fill_frame(replies_.back());
        replies_.back().ended = true;
    }
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
    if (format_.exact && reply.given == 0) fill_front(reply, bytes.size());
    queue_.insert(queue_.end(), bytes.begin(), bytes.end());
    reply.given += static_cast<int64_t>(bytes.size());
    const auto most = static_cast<size_t>(options_.max_queue_ms * format_.bytes_per_ms);
    if (queued_bytes() > most) {
        const size_t over = queued_bytes() - most + format_.frame - 1;
        drop_oldest(over - over % format_.frame);  // never half a sample
    }
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
void Playout::stall(int64_t now_ns) {
    if (std::exchange(stalled_ns_, now_ns) == 0 && lead_bytes(now_ns) == 0) {
        anchor_pos_ = sent_;
        anchor_ns_ = now_ns;
    }
    const int64_t late = played_by_clock(now_ns) - sent_;
    const int64_t over = late - options_.max_late_ms * format_.bytes_per_ms;
    if (over < static_cast<int64_t>(format_.frame)) return;
    const size_t frames = static_cast<size_t>(over) / format_.frame * format_.frame;
    // It counts as played, in silence: the next one is late by what is left.
    anchor_ns_ += format_.ns_of(static_cast<int64_t>(drop_oldest(frames)));
}

/// A resampler keeps 2 to 4 ms of the first piece back, so that the pieces end within a frame, and its rest waits for
/// the next one: 20 ms of delay, and a hole where that one is late. A little silence before the reply spares both.
void Playout::fill_front(Reply& reply, size_t first_piece) {
    const size_t lacks = (format_.frame - first_piece % format_.frame) % format_.frame;
    if (lacks > static_cast<size_t>(kMostInFrontMs * format_.bytes_per_ms)) return;
    queue_.insert(queue_.end(), lacks, format_.silence);
    reply.given += static_cast<int64_t>(lacks);
}

/// The reply given last: its bytes are the last in the queue.
void Playout::fill_frame(Reply& reply) {
    const size_t rest = static_cast<size_t>(reply.given) % format_.frame;
    if (rest == 0) return;
    queue_.insert(queue_.end(), format_.frame - rest, format_.silence);
    reply.given += static_cast<int64_t>(format_.frame - rest);
}

void Playout::reply_end(int64_t now_ns) {
    if (replies_.empty() || replies_.back().ended) return;
    fill_frame(replies_.back());
    replies_.back().ended = true;
    pump(now_ns);
}

int64_t Playout::lead_bytes(int64_t now_ns) const {
    return sent_ - std::clamp(played_by_clock(now_ns), acked_pos_, sent_);
}

int64_t Playout::heard_pos(int64_t now_ns) const {
    if (options_.presume_after_ms == 0) return acked_pos_;
    const int64_t most = marks_answered_ && !marks_.empty() ? marks_.front().position : sent_;
    return std::max(acked_pos_, std::min(played_by_clock(now_ns), most));
}

int64_t Playout::heard_ms(int64_t now_ns) const {
    return (total_heard_ + heard_pos(now_ns) - acked_pos_) / format_.bytes_per_ms;
}

/// How much audio may go now, whatever the window says.
int64_t Playout::credit_ns(int64_t now_ns) const {
    if (options_.burst_ms == 0) return std::numeric_limits<int64_t>::max();
    if (credit_at_ == 0) return options_.burst_ms * kMs;
    const int64_t earned = (now_ns - credit_at_) / 100 * options_.speed_percent;
    return std::min(credit_ns_ + earned, options_.burst_ms * kMs);
}

Playout::Reply* Playout::sending() {
    const auto it = std::find_if(replies_.begin(), replies_.end(), [](const Reply& r) { return r.sent < r.given; });
    return it == replies_.end() ? nullptr : &*it;
}

/// Bytes of the next message; 0 = not now.
size_t Playout::next_size(const Reply& reply, int64_t now_ns) {
    const auto frame = static_cast<int64_t>(format_.frame);
    int64_t n = std::min(reply.given - reply.sent, static_cast<int64_t>(format_.max_message));
    if (hold_ == Hold::kPause) n = std::min(n, frame);  // the one that fades out
    const int64_t room = options_.send_ahead_ms * format_.bytes_per_ms - lead_bytes(now_ns);
    if (room < std::min(n, frame)) return 0;
    n = std::min(n, room);
    if (options_.burst_ms != 0) {
        const int64_t credit = format_.bytes_of(credit_ns(now_ns));
        if (credit < std::min(n, frame)) return 0;
        n = std::min(n, credit);
    }
    if (n >= frame) return static_cast<size_t>(n - n % frame);
    // Whole frames while more may come; the tail of a reply was filled up to one.
    if (!reply.ended && (reply.sent > 0 || format_.exact) && now_ns < tail_due_ns(now_ns)) return 0;
    return static_cast<size_t>(n);
}

void Playout::pump(int64_t now_ns) {
    presume_marks(now_ns);
    bool stalled = false;
    while (Reply* reply = queued_bytes() > 0 && !paused() ? sending() : nullptr) {
        if (!out_->takes_media()) {
            stalled = true;
            stall(now_ns);
            break;
        }
        size_t n = next_size(*reply, now_ns);
        if (n == 0) break;
        if (format_.exact && n < format_.frame) {
            fill_frame(*reply);
            n = format_.frame;
        }
        send(*reply, n, now_ns);
    }
    if (!stalled || queued_bytes() == 0) stalled_ns_ = 0;
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
    const auto size = static_cast<int64_t>(bytes);
    if (first) reply.begin = sent_;
    const bool sent = send_held({queue_.data() + head_, bytes});
    head_ += bytes;
    reply.sent += size;
    if (!sent) return;  // the socket is closing: nothing will ever be heard
    sent_ += size;
    since_mark_ += size;
    if (options_.burst_ms != 0) {
        credit_ns_ = credit_ns(now_ns) - format_.ns_of(size);
        credit_at_ = now_ns;
    }
    if (first) out_->on_playback(report(reply, gst::Playback::State::kFirstSent, now_ns));
    if (first || since_mark_ >= options_.mark_every_ms * format_.bytes_per_ms) mark(reply, first);
}

/// As loud as hold() wants it; a change takes one frame.
bool Playout::send_held(std::span<const uint8_t> audio) {
    const double to = target_gain_;
    if (gain_ == 1 && to == 1) return out_->send_media(audio);
    faded_.assign(audio.begin(), audio.end());
    const size_t ramp = gain_ == to ? 0 : std::min(format_.frame, faded_.size());
    apply_gain(format_.encoding, std::span(faded_).first(ramp), gain_, to);
    apply_gain(format_.encoding, std::span(faded_).subspan(ramp), to, to);
    gain_ = to;
    return out_->send_media(faded_);
}

void Playout::hold(Hold mode, double gain, int64_t now_ns) {
    hold_ = mode;
    target_gain_ = mode == Hold::kNone ? 1 : mode == Hold::kDuck ? std::clamp(gain, 0.0, 1.0) : 0;
    const Reply* next = sending();
    // Nothing sounds that could click: fading is for speech that goes on.
    if (lead_bytes(now_ns) == 0 && (target_gain_ == 0 || !next || next->sent == 0)) gain_ = target_gain_;
    pump(now_ns);
}

void Playout::mark(Reply& reply, bool first) {
    std::string name =
        "r" + std::to_string(reply.epoch) + "." + std::to_string(generation_) + ":" + std::to_string(++mark_number_);
    if (!out_->send_mark(name)) return;
    marks_.push_back({std::move(name), reply.epoch, sent_, reply.sent, due_ns(sent_), first});
    since_mark_ = 0;
}

/// Marks the end of replies that were sent whole and lets go of those that were heard whole.
void Playout::finish(int64_t now_ns) {
    for (Reply& reply : replies_) {
        if (!reply.ended || reply.sent < reply.given) break;
        if (reply.acked < reply.sent && !reply.last_marked) {
            reply.last_marked = true;
            mark(reply, false);
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
    marks_answered_ = true;
    anchor_pos_ = it->position;
    anchor_ns_ = now_ns;
    // Marks come back in order: those before it are played too.
    for (auto played = it - marks_.begin() + 1; played > 0; --played) first_mark_played(now_ns);
    for (MarkSent& later : marks_) later.due_ns = due_ns(later.position);
    pump(now_ns);
}

/// The first of the marks that are out has been reached.
void Playout::first_mark_played(int64_t now_ns) {
    const MarkSent got = std::move(marks_.front());
    marks_.pop_front();
    total_heard_ += got.position - acked_pos_;
    acked_pos_ = got.position;
    for (Reply& reply : replies_) {
        if (reply.epoch != got.epoch) {
            reply.acked = reply.sent;  // an earlier one: what comes after it is playing
            continue;
        }
        reply.acked = got.reply_position;
        if (got.first) out_->on_playback(report(reply, gst::Playback::State::kFirstHeard, now_ns));
        break;
    }
}

/// A carrier that answers no mark is taken to play in real time; one whose answer got lost too.
void Playout::presume_marks(int64_t now_ns) {
    if (options_.presume_after_ms == 0) return;
    while (!marks_.empty()) {
        const int64_t due = marks_.front().due_ns;
        if (now_ns < due + options_.presume_after_ms * kMs) return;
        first_mark_played(due);
        finish(due);
    }
}

void Playout::clear(int64_t now_ns) {
    const bool at_carrier = !marks_.empty() || since_mark_ > 0;
    if (at_carrier) out_->send_clear();
    const int64_t heard = heard_pos(now_ns);
    total_heard_ += heard - acked_pos_;
    for (Reply& reply : replies_) {
        if (reply.sent > 0)
            reply.acked = std::max(reply.acked, std::clamp<int64_t>(heard - reply.begin, 0, reply.sent));
    }
    cut_.insert(cut_.end(), replies_.begin(), replies_.end());
    replies_.clear();
    queue_.clear();
    head_ = 0;
    // The carrier may return every outstanding mark now; forgetting their names makes them strangers.
    marks_.clear();
    ++generation_;
    since_mark_ = 0;
    anchor_pos_ = acked_pos_ = sent_;
    hold_ = Hold::kNone;
    target_gain_ = gain_ = 1;
}

void Playout::report_cleared(int64_t now_ns) {
    for (const Reply& reply : std::exchange(cut_, {})) {
        if (reply.given > 0) out_->on_playback(report(reply, gst::Playback::State::kCleared, now_ns));
    }
}

gst::Playback Playout::report(const Reply& reply, gst::Playback::State state, int64_t now_ns) const {
    gst::Playback p;
    p.state = state;
    p.epoch = reply.epoch;
    p.at_ns = now_ns;
    p.first_in_ns = reply.first_in_ns;
    p.played_ms = reply.acked / format_.bytes_per_ms;
    // The two add up to what was given, wherever in a millisecond the cut was.
    if (state == gst::Playback::State::kCleared) p.discarded_ms = reply.given / format_.bytes_per_ms - p.played_ms;
    return p;
}

int64_t Playout::next_wake_ns(int64_t now_ns) const {
    const int64_t send = next_send_ns(now_ns);
    if (options_.presume_after_ms == 0 || marks_.empty()) return send;
    const int64_t presume = std::max(now_ns, marks_.front().due_ns + options_.presume_after_ms * kMs);
    return send == 0 ? presume : std::min(send, presume);
}

int64_t Playout::next_send_ns(int64_t now_ns) const {
    if (queued_bytes() == 0 || paused()) return 0;
    if (stalled_ns_ != 0) return std::max(now_ns, stalled_ns_ + kStalledWakeNs);
    const int64_t window = options_.send_ahead_ms * format_.bytes_per_ms;
    const int64_t refill = std::min(kRefillMs, options_.send_ahead_ms / 2) * format_.bytes_per_ms;
    const int64_t over = lead_bytes(now_ns) - (window - refill);
    const int64_t room = over > 0 ? now_ns + format_.ns_of(over) : 0;
    const int64_t short_of = std::min(options_.burst_ms / 2, kRefillMs) * kMs - credit_ns(now_ns);
    const int64_t credit = short_of > 0 ? now_ns + short_of / options_.speed_percent * 100 : 0;
    if (const int64_t both = std::max(room, credit); both != 0) return both;
    return std::max(now_ns, tail_due_ns(now_ns));
}

/// When a partial frame goes out that nobody completes. Filling it up puts silence between two pieces of a reply, so it
/// waits while the carrier still has something to play.
int64_t Playout::tail_due_ns(int64_t now_ns) const {
    const int64_t lingered = last_audio_ns_ + kLingerNs;
    if (!format_.exact) return lingered;
    return std::max(lingered, now_ns + format_.ns_of(lead_bytes(now_ns)) - kLingerNs);
}

}  // namespace trunkline::line
