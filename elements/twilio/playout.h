#pragma once
// What has been said to a caller, what he has heard of it and what still waits. Pure: time and the wire come from
// outside.
//
//   audio() ─▶ queue ──(window: send-ahead)──▶ media, marks ─▶ carrier's buffer ─▶ ear
//                                                  marks come back ◀───────────────┘
//
// Only `send_ahead` of audio is handed to the carrier before it is due; the rest waits here, where a barge-in drops it
// at once. Where the caller is in it is estimated by the clock and corrected by marks; what counts as heard is marks
// alone.
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "elements/twilio/twilio_protocol.h"
#include "engine/gst/control.h"

namespace trunkline::twilio {

struct PlayoutOptions {
    int64_t send_ahead_ms = 2'000;   ///< audio handed to the carrier before it is due
    int64_t mark_every_ms = 1'000;   ///< one mark per that much audio (and one after the first and the last piece)
    int64_t max_queue_ms = 300'000;  ///< waiting audio beyond it: the oldest is dropped and counted
    int64_t max_late_ms = 2'000;  ///< so late may audio be when the wire takes nothing; then the oldest goes, counted
};

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

    Playout(const PlayoutOptions& options, Out* out) : options_(options), out_(out) {}
    void set_options(const PlayoutOptions& options) { options_ = options; }

    void reply_start(uint64_t epoch);
    /// μ-law of the reply under way; audio without a reply_start() counts as reply 0.
    void audio(std::span<const uint8_t> bytes, int64_t now_ns);
    /// Everything of the reply has been given: the last partial frame is padded with silence and a last mark follows.
    void reply_end(int64_t now_ns);
    /// Barge-in: drops the queue; `clear` goes out only when something may still be unheard at the carrier. Then
    /// reports kCleared for the reply that was cut, from report_cleared().
    void clear();
    void report_cleared(int64_t now_ns);
    /// A mark came back. Unknown, duplicate and late ones are ignored.
    void on_mark(std::string_view name, int64_t now_ns);
    /// Sends what the window allows; call it at next_wake_ns().
    void pump(int64_t now_ns);
    /// When pump() has something to do, 0 = nothing waits.
    int64_t next_wake_ns(int64_t now_ns) const;

    int64_t acked_ms() const { return total_acked_ / kBytesPerMs; }
    uint64_t dropped_bytes() const { return dropped_; }
    size_t queued_bytes() const { return queue_.size() - head_; }
    bool idle() const { return replies_.empty(); }

  private:
    static constexpr size_t kFrame = 160;        // 20 ms
    static constexpr size_t kMaxMessage = 4000;  // 500 ms in one media message

    struct Reply {
        uint64_t epoch = 0;
        int64_t first_in_ns = 0;
        int64_t given = 0, sent = 0, acked = 0;  // bytes
        bool ended = false, last_marked = false;
    };
    struct MarkSent {
        std::string name;
        uint64_t epoch;
        int64_t position;        // bytes sent, ever, when it was sent
        int64_t reply_position;  // … of its reply
        bool first, last;
    };

    int64_t lead_bytes(int64_t now_ns) const;
    Reply* sending();  // the reply whose audio is next in the queue
    void send(Reply& reply, size_t bytes, int64_t now_ns);
    void mark(Reply& reply, bool first, bool last);
    void hold(int64_t now_ns);
    size_t drop_oldest(size_t bytes);
    void finish(int64_t now_ns);
    static gst::Playback report(const Reply& reply, gst::Playback::State state, int64_t now_ns);

    PlayoutOptions options_;
    Out* out_;
    std::vector<uint8_t> queue_;
    size_t head_ = 0;
    std::deque<MarkSent> marks_;
    std::deque<Reply> replies_;  // not yet heard to the end; the last one is being given
    std::vector<Reply> cut_;     // cleared, not reported yet
    uint64_t generation_ = 1;    // part of mark names: marks of cleared audio are never taken for later ones
    uint64_t mark_number_ = 0;
    int64_t sent_ = 0;                        // bytes handed to the carrier, ever
    int64_t since_mark_ = 0;                  // … since the last mark
    int64_t anchor_pos_ = 0, anchor_ns_ = 0;  // the carrier was at anchor_pos_ at anchor_ns_
    int64_t acked_pos_ = 0;
    int64_t held_ns_ = 0;  // when pump() last found that the wire takes nothing; 0: it did take
    int64_t last_audio_ns_ = 0;
    int64_t total_acked_ = 0;  // heard for certain
    uint64_t dropped_ = 0;
};

}  // namespace trunkline::twilio
