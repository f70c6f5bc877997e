#pragma once
// A source pad that is pushed from the shard: no task, no thread. It sends stream-start, caps and segment before the
// first buffer, stamps buffers by samples (never by arrival jitter) and does the flush of a barge-in.
#include <gst/gst.h>

#include <cstdint>
#include <span>

#include "engine/gst/gst_ptr.h"

namespace trunkline::gst {

class LiveSourcePad {
  public:
    /// Adds an always pad made from `pad_template` to `element`. Event and query functions may be set on pad()
    /// afterwards; chain to default_query() for what they do not handle.
    LiveSourcePad(GstElement* element, GstStaticPadTemplate* pad_template);

    /// Fixed caps of what push() will carry; before the first push, or later to renegotiate.
    void set_caps(GstCaps* caps);
    /// Pushes `bytes` that last `duration` ns. `ingress_ns` (monotonic, 0 = none) becomes the timestamp/x-call-ingress
    /// meta. Two seconds of silence since the end of the last buffer (or one `duration`, if that is longer) re-anchor
    /// the clock and set DISCONT; less is jitter. With set_real_time() they do so only when what comes then does not
    /// catch up.
    GstFlowReturn push(std::span<const uint8_t> bytes, GstClockTime duration, int64_t ingress_ns);
    /// FLUSH_START, FLUSH_STOP, new SEGMENT; the next buffer carries DISCONT. From a deferred task or a pad's event
    /// function.
    void flush();
    /// Behind the last buffer of a stretch: converters give out what they hold to look ahead (a resampler 2 to 4 ms),
    /// so that it is heard now and not before the next stretch.
    void drain();
    /// A serialized event in order with the audio; starts the stream if nothing was pushed yet. Takes the event.
    gboolean push_event(GstEvent* event);
    void eos();
    /// Forgets the stream (READY): the next push starts anew.
    void reset();
    /// What is pushed is spoken while it comes, like a caller's audio: when a line that stood still delivers what it
    /// held, there was no gap. Taken for one, all that follows would be stamped too late by the length of the stall.
    void set_real_time() { real_time_ = true; }
    /// What the latency query answers: live, `min` ns.
    void set_latency(GstClockTime min) { latency_ = min; }
    GstPad* pad() const { return pad_; }
    bool has_caps() const { return static_cast<bool>(caps_); }

    gboolean default_query(GstObject* parent, GstQuery* query);

  private:
    void start();
    void push_segment();
    GstClockTime running_time() const;
    bool is_gap(GstClockTime now, GstClockTime duration);

    GstElement* element_;
    GstPad* pad_;  // owned by the element
    Ptr<GstCaps> caps_;
    GstClockTime next_pts_ = 0;
    GstClockTime latency_ = 20 * GST_MSECOND;
    GstClockTime late_since_ = GST_CLOCK_TIME_NONE;  ///< real time: since when, and how late then
    GstClockTime late_by_ = 0;
    bool real_time_ = false;
    bool own_clock_ = false;  ///< the clock is not the monotonic one that ingress times are taken from
    bool started_ = false;
    bool ended_ = false;
    bool discont_ = true;
};

/// Monotonic nanoseconds at which the caller audio in `buffer` was read from the carrier's socket; 0 when unknown.
int64_t ingress_of(GstBuffer* buffer);

}  // namespace trunkline::gst
