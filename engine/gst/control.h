#pragma once
// Control between the elements of a call, as custom GStreamer events and one query:
//
//   agent ──(query user-speech)──▶ bargein        "the caller speaks; will you decide?"  TRUE = yes, I will
//   agent ◀──(event interrupt)──── bargein        upstream: drop the reply, flush downstream
//   agent ──(event reply)────────▶ … ▶ sink       downstream, in order with the audio: start and end of a reply
//   agent ◀──(event playback)───── … ◀ sink       upstream: what the caller has really heard of a reply
#include <gst/gst.h>

#include <cstdint>
#include <string>

namespace trunkline::gst {

/// Asks whoever decides about interruptions downstream. True: it took over; false: nobody there, the agent flushes
/// itself.
bool query_user_speech(GstPad* src_pad, int64_t onset_ns);
/// `onset_ns` (monotonic) when `query` is the one above, else 0.
int64_t user_speech_onset(GstQuery* query);

/// Upstream: the reply that plays is over. `decided_ns` monotonic.
GstEvent* interrupt_event_new(int64_t decided_ns);
bool is_interrupt_event(GstEvent* event);

/// Downstream: reply `epoch` (from 1, one per spoken reply of a call) begins or has been sent completely.
GstEvent* reply_event_new(uint64_t epoch, bool end);
struct ReplyMark {
    uint64_t epoch = 0;
    bool end = false;
};
bool parse_reply_event(GstEvent* event, ReplyMark* mark);

/// Upstream: progress of a reply at the caller's ear.
struct Playback {
    enum class State { kFirstSent, kFirstHeard, kFinished, kCleared };
    State state = State::kFirstSent;
    uint64_t epoch = 0;
    int64_t at_ns = 0;         ///< monotonic
    int64_t first_in_ns = 0;   ///< when the reply's first audio reached the sink (t5)
    int64_t played_ms = 0;     ///< acknowledged by the carrier, never more than was sent
    int64_t discarded_ms = 0;  ///< kCleared: sent or queued and never heard
};
GstEvent* playback_event_new(const Playback& playback);
bool parse_playback_event(GstEvent* event, Playback* playback);

}  // namespace trunkline::gst
