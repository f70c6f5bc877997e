#pragma once
// Control between the elements of a call, as custom GStreamer events and one query:
//
//   agent ──(query user-speech)──▶ bargein        "the caller speaks; will you decide?"  TRUE = yes, I will
//   agent ◀──(event interrupt)──── bargein        upstream: drop the reply, flush downstream
//   agent ──(event reply)────────▶ … ▶ sink       downstream, in order with the audio: start and end of a reply
//   agent ──(event reply-text)───▶ bargein        downstream: the words of what is said next, where the agent knows
//   them agent ──(event protect)──────▶ bargein        downstream: what is said from here on may not be interrupted
//   bargein ──(event line-hold)──▶ sink           downstream: pause or duck what the carrier does not have yet
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

/// Downstream: `text` is spoken by the reply audio that follows. Goes ahead of audio that an encoder still holds.
GstEvent* reply_text_event_new(const std::string& text);
bool parse_reply_text_event(GstEvent* event, std::string* text);

/// Downstream: replies from here on (`on`), the one under way included, are heard to their end whatever the caller
/// says; off again with `on` false.
GstEvent* protect_event_new(bool on);
bool parse_protect_event(GstEvent* event, bool* on);

/// Downstream, out of band, so that no encoder holds it back: what happens with audio that the carrier does not have
/// yet, while it is not sure whether the caller interrupts. What the carrier has plays on. A flush ends it: the sink is
/// at kNone then.
struct LineHold {
    enum class Mode { kNone, kPause, kDuck };
    Mode mode = Mode::kNone;
    double gain = 1.0;  ///< kDuck: factor for the samples, 0…1
};
GstEvent* line_hold_event_new(const LineHold& hold);
bool parse_line_hold_event(GstEvent* event, LineHold* hold);

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
