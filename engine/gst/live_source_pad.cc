#include "engine/gst/live_source_pad.h"

#include <algorithm>

#include "engine/core/clock.h"

namespace trunkline::gst {
namespace {

// Audio that comes so late is late and has no gap: what was sent is all there, and a converter that were told of a gap
// would drop its history, lose samples and click.
constexpr GstClockTime kLate = 2 * GST_SECOND;
// A line that delivers what it held is faster than speech: it gains half of this time in this time, or it was a gap.
constexpr GstClockTime kCatchUp = 200 * GST_MSECOND;

GstCaps* ingress_caps() {
    static GstStaticCaps caps = GST_STATIC_CAPS("timestamp/x-call-ingress");
    static GstCaps* made = gst_static_caps_get(&caps);  // static caps live as long as the process
    return made;
}

bool runs_on_monotonic(GstElement* element) {
    auto clock = Ptr<GstClock>::adopt(gst_element_get_clock(element));
    if (!clock || G_OBJECT_TYPE(clock.get()) != GST_TYPE_SYSTEM_CLOCK) return false;
    GstClockType type = GST_CLOCK_TYPE_OTHER;
    g_object_get(clock.get(), "clock-type", &type, nullptr);
    return type == GST_CLOCK_TYPE_MONOTONIC;
}

}  // namespace

LiveSourcePad::LiveSourcePad(GstElement* element, GstStaticPadTemplate* pad_template) : element_(element) {
    pad_ = gst_pad_new_from_static_template(pad_template, pad_template->name_template);
    gst_pad_set_element_private(pad_, this);
    gst_pad_set_query_function(pad_, [](GstPad* pad, GstObject* parent, GstQuery* query) -> gboolean {
        return static_cast<LiveSourcePad*>(gst_pad_get_element_private(pad))->default_query(parent, query);
    });
    gst_pad_use_fixed_caps(pad_);
    gst_element_add_pad(element, pad_);
}

void LiveSourcePad::set_caps(GstCaps* caps) {
    caps_ = Ptr<GstCaps>::share(caps);
    if (started_) gst_pad_push_event(pad_, gst_event_new_caps(caps));
}

GstFlowReturn LiveSourcePad::push(std::span<const uint8_t> bytes, GstClockTime duration, int64_t ingress_ns) {
    if (ended_) return GST_FLOW_EOS;
    if (!started_) start();
    const GstClockTime now = running_time();
    if (is_gap(now, duration)) {
        next_pts_ = now;
        discont_ = true;
    }
    GstBuffer* buffer = gst_buffer_new_memdup(bytes.data(), bytes.size());
    GST_BUFFER_PTS(buffer) = next_pts_;
    GST_BUFFER_DURATION(buffer) = duration;
    next_pts_ += duration;
    if (std::exchange(discont_, false)) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    if (ingress_ns != 0) {
        gst_buffer_add_reference_timestamp_meta(buffer, ingress_caps(), static_cast<GstClockTime>(ingress_ns),
                                                GST_CLOCK_TIME_NONE);
    }
    return gst_pad_push(pad_, buffer);
}

bool LiveSourcePad::is_gap(GstClockTime now, GstClockTime duration) {
    const GstClockTime since = std::exchange(late_since_, GST_CLOCK_TIME_NONE);
    if (now <= next_pts_ + std::max(duration, kLate)) return false;
    if (!real_time_) return true;
    const GstClockTime late = now - next_pts_;
    if (GST_CLOCK_TIME_IS_VALID(since) && now < since + kCatchUp) {
        late_since_ = since;
        return false;
    }
    if (GST_CLOCK_TIME_IS_VALID(since) && late + kCatchUp / 2 > late_by_) return true;
    late_since_ = now;
    late_by_ = late;
    return false;
}

void LiveSourcePad::flush() {
    if (!started_ || ended_) return;
    gst_pad_push_event(pad_, gst_event_new_flush_start());
    gst_pad_push_event(pad_, gst_event_new_flush_stop(FALSE));
    push_segment();  // FLUSH_STOP removed the sticky one from every pad it crossed
    next_pts_ = running_time();
    discont_ = true;
}

void LiveSourcePad::drain() {
    if (started_ && !ended_) push_segment();
}

gboolean LiveSourcePad::push_event(GstEvent* event) {
    if (!started_) start();
    return gst_pad_push_event(pad_, event);
}

void LiveSourcePad::eos() {
    if (ended_) return;
    if (!started_) start();
    ended_ = true;
    gst_pad_push_event(pad_, gst_event_new_eos());
}

void LiveSourcePad::reset() {
    started_ = false;
    ended_ = false;
    discont_ = true;
    next_pts_ = 0;
    late_since_ = GST_CLOCK_TIME_NONE;
}

void LiveSourcePad::start() {
    started_ = true;
    own_clock_ = !runs_on_monotonic(element_);
    next_pts_ = running_time();
    Chars id(gst_pad_create_stream_id(pad_, element_, GST_PAD_NAME(pad_)));
    gst_pad_push_event(pad_, gst_event_new_stream_start(id.get()));
    if (caps_) gst_pad_push_event(pad_, gst_event_new_caps(caps_.get()));
    push_segment();
}

void LiveSourcePad::push_segment() {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(pad_, gst_event_new_segment(&segment));
}

/// Once per frame: asking the clock object would cost more than the rest of a push.
GstClockTime LiveSourcePad::running_time() const {
    if (started_ && !own_clock_) {
        const auto now = static_cast<GstClockTime>(monotonic_ns());
        const GstClockTime base = gst_element_get_base_time(element_);
        return now > base ? now - base : 0;
    }
    auto clock = Ptr<GstClock>::adopt(gst_element_get_clock(element_));
    if (!clock) return 0;
    const GstClockTime now = gst_clock_get_time(clock.get());
    const GstClockTime base = gst_element_get_base_time(element_);
    return now > base ? now - base : 0;
}

gboolean LiveSourcePad::default_query(GstObject* parent, GstQuery* query) {
    if (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) {
        gst_query_set_latency(query, TRUE, latency_, GST_CLOCK_TIME_NONE);
        return TRUE;
    }
    return gst_pad_query_default(pad_, parent, query);
}

int64_t ingress_of(GstBuffer* buffer) {
    GstReferenceTimestampMeta* meta = gst_buffer_get_reference_timestamp_meta(buffer, ingress_caps());
    return meta ? static_cast<int64_t>(meta->timestamp) : 0;
}

}  // namespace trunkline::gst
