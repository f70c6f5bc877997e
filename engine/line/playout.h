#pragma once
// What has been said to a caller, what he has heard of it and what still waits. Pure: time and the wire come from
// outside.
//
//   audio() ─▶ queue ──(window: send-ahead)──▶ media, marks ─▶ carrier's buffer ─▶ ear
//                                                  marks come back ◀───────────────┘
//
// Only `send_ahead` of audio is handed to the carrier before it is due; the rest waits here, where a barge-in drops it
// at once. Where the caller is in it is estimated by the clock and corrected by marks: positions with a name, which the
// carrier gives back when everything before them was played. What counts as heard is marks alone, unless the carrier
// may leave them unanswered: then the clock counts too, and never beyond a mark that should have come back first.
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/gst/control.h"
#include "engine/line/format.h"

namespace trunkline::line {

struct PlayoutOptions {
    int64_t send_ahead_ms = 2'000;   ///< audio handed to the carrier before it is due
    int64_t mark_every_ms = 1'000;   ///< one mark per that much audio (and one after the first and the last piece)
    int64_t max_queue_ms = 300'000;  ///< waiting audio beyond it: the oldest is dropped and counted
    int64_t max_late_ms = 2'000;  ///< so late may audio be when the wire takes nothing; then the oldest goes, counted
    /// A carrier that reads no faster than about twice real time lets what comes faster pile up in TCP, and a `clear`
    /// behind it: so much may go at once, the rest at `speed_percent` of real time until the window is full. 0 = no
    /// limit.
    int64_t burst_ms = 0;
    int64_t speed_percent = 150;
    /// Marks may stay unanswered: one that is so late counts as played when it was due. 0 = only marks count.
    int64_t presume_after_ms = 0;
};

/// What is done with audio that is not sent yet while somebody may be interrupting.
enum class Hold { kNone, kPause, kDuck };

class Playout {
  public:
    /// The wire and the world above, called synchronously.
    class Out {
      public:
        virtual ~Out() = default;
        /// False while the carrier does not read: audio waits here, marks and clears still go.
        virtual bool takes_media() const = 0;
        virtual bool send_media(std::span<const uint8_t> audio) = 0;
        virtual bool send_mark(std::string_view name) = 0;
        virtual bool send_clear() = 0;
        virtual void on_playback(const gst::Playback& playback) = 0;
    };

    Playout(const Format& format, const PlayoutOptions& options, Out* out)
        : format_(format), options_(options), out_(out) {}

    void reply_start(uint64_t epoch);
    /// Audio of the reply under way; audio without a reply_start() counts as reply 0.
    void audio(std::span<const uint8_t> bytes, int64_t now_ns);
    /// Everything of the reply has been given: the last partial frame is padded with silence and a last mark follows.
    void reply_end(int64_t now_ns);
    /// Barge-in: drops the queue; `clear` goes out only when something may still be unheard at the carrier. Then
    /// reports kCleared for the reply that was cut, from report_cleared(). Ends a hold().
    void clear(int64_t now_ns);
    void report_cleared(int64_t now_ns);
    /// For an interruption that is not certain yet: what was not sent waits, or is quieter, until kNone or clear().
    /// `gain` is kDuck's. Fades over one frame, so that neither clicks.
    void hold(Hold mode, double gain, int64_t now_ns);
    /// A mark came back. Unknown, duplicate and late ones are ignored.
    void on_mark(std::string_view name, int64_t now_ns);
    /// Sends what the window allows; call it at next_wake_ns().
    void pump(int64_t now_ns);
    /// When pump() has something to do, 0 = nothing waits.
    int64_t next_wake_ns(int64_t now_ns) const;

    /// Heard of all replies so far.
    int64_t heard_ms(int64_t now_ns) const;
    uint64_t dropped_ms() const { return dropped_ / static_cast<uint64_t>(format_.bytes_per_ms); }
    uint64_t dropped_bytes() const { return dropped_; }
    size_t queued_bytes() const { return queue_.size() - head_; }
    bool idle() const { return replies_.empty(); }

  private:
    struct Reply {
        uint64_t epoch = 0;
        int64_t first_in_ns = 0;
        int64_t begin = 0;                       // sent_ when its first byte was sent
        int64_t given = 0, sent = 0, acked = 0;  // bytes
        bool ended = false, last_marked = false;
    };
    struct MarkSent {
        std::string name;
        uint64_t epoch;
        int64_t position;        // bytes sent, ever, when it was sent
        int64_t reply_position;  // … of its reply
        int64_t due_ns;          // when it is played, by the clock
        bool first;
    };

    int64_t played_by_clock(int64_t now_ns) const { return anchor_pos_ + format_.bytes_of(now_ns - anchor_ns_); }
    int64_t due_ns(int64_t position) const { return anchor_ns_ + format_.ns_of(position - anchor_pos_); }
    int64_t lead_bytes(int64_t now_ns) const;
    int64_t heard_pos(int64_t now_ns) const;
    int64_t credit_ns(int64_t now_ns) const;
    Reply* sending();  // the reply whose audio is next in the queue
    size_t next_size(const Reply& reply, int64_t now_ns);
    void send(Reply& reply, size_t bytes, int64_t now_ns);
    bool send_held(std::span<const uint8_t> audio);
    void mark(Reply& reply, bool first);
    void first_mark_played(int64_t now_ns);
    void presume_marks(int64_t now_ns);
    void stall(int64_t now_ns);
    void fill_front(Reply& reply, size_t first_piece);
    void fill_frame(Reply& reply);
    size_t drop_oldest(size_t bytes);
    void finish(int64_t now_ns);
    bool paused() const { return hold_ == Hold::kPause && gain_ == 0; }
    int64_t tail_due_ns(int64_t now_ns) const;
    int64_t next_send_ns(int64_t now_ns) const;
    gst::Playback report(const Reply& reply, gst::Playback::State state, int64_t now_ns) const;

    Format format_;
    PlayoutOptions options_;
    Out* out_;
    std::vector<uint8_t> queue_;
    size_t head_ = 0;
    std::vector<uint8_t> faded_;
    std::deque<MarkSent> marks_;
    std::deque<Reply> replies_;  // not yet heard to the end; the last one is being given
    std::vector<Reply> cut_;     // cleared, not reported yet
    Hold hold_ = Hold::kNone;
    double target_gain_ = 1;
    double gain_ = 1;          // of the last byte sent
    uint64_t generation_ = 1;  // part of mark names: marks of cleared audio are never taken for later ones
    uint64_t mark_number_ = 0;
    bool marks_answered_ = false;
    int64_t sent_ = 0;                        // bytes handed to the carrier, ever
    int64_t since_mark_ = 0;                  // … since the last mark
    int64_t anchor_pos_ = 0, anchor_ns_ = 0;  // the carrier was at anchor_pos_ at anchor_ns_
    int64_t acked_pos_ = 0;
    int64_t stalled_ns_ = 0;  // when pump() last found that the wire takes nothing; 0: it did take
    int64_t last_audio_ns_ = 0;
    int64_t total_heard_ = 0;                // up to acked_pos_, without what was cleared
    int64_t credit_ns_ = 0, credit_at_ = 0;  // of audio that may go at once, and when that was so
    uint64_t dropped_ = 0;
};

}  // namespace trunkline::line
