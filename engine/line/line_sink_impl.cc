#include "engine/line/line_sink_impl.h"

#include <algorithm>
#include <utility>

#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/gst/control.h"
#include "engine/gst/gst_ptr.h"
#include "engine/line/line_element.h"

namespace trunkline::line {
namespace {

Hold hold_of(gst::LineHold::Mode mode) {
    switch (mode) {
        case gst::LineHold::Mode::kPause:
            return Hold::kPause;
        case gst::LineHold::Mode::kDuck:
            return Hold::kDuck;
        default:
            return Hold::kNone;
    }
}

gst::Ptr<GstCaps> caps_of(const Format& format) {
    if (format.encoding == Encoding::kMulaw) {
        return gst::Ptr<GstCaps>::adopt(
            gst_caps_new_simple("audio/x-mulaw", "rate", G_TYPE_INT, format.rate, "channels", G_TYPE_INT, 1, nullptr));
    }
    return gst::Ptr<GstCaps>::adopt(gst_caps_new_simple("audio/x-raw", "format", G_TYPE_STRING, "S16LE", "layout",
                                                        G_TYPE_STRING, "interleaved", "rate", G_TYPE_INT, format.rate,
                                                        "channels", G_TYPE_INT, 1, nullptr));
}

}  // namespace

LineSinkImpl::LineSinkImpl(GstElement* element, const CarrierKind& carrier, GstStaticPadTemplate* sink_template)
    : options(carrier.playout),
      rate(carrier.rate),
      heard(element),
      element_(element),
      carrier_(carrier),
      template_(sink_template),
      playout_({}, options, this) {
    pad_ = gst_pad_new_from_static_template(template_, "sink");
    gst_pad_set_element_private(pad_, this);
    gst_pad_set_chain_function(pad_, [](GstPad* pad, GstObject*, GstBuffer* buffer) {
        return static_cast<LineSinkImpl*>(gst_pad_get_element_private(pad))->chain(buffer);
    });
    gst_pad_set_event_function(pad_, [](GstPad* pad, GstObject*, GstEvent* event) {
        return static_cast<LineSinkImpl*>(gst_pad_get_element_private(pad))->event(event);
    });
    gst_pad_set_query_function(pad_, &LineSinkImpl::query);
    gst_element_add_pad(element, pad_);
}

GstPad* LineSinkImpl::request(GstPadTemplate* wanted) {
    GstPad* pad = heard.request(wanted);
    if (pad) gst_pad_set_element_private(pad, this);
    if (pad) gst_pad_set_query_function(pad, &LineSinkImpl::query);
    return pad;
}

bool LineSinkImpl::attach() {
    session_ = find_session(element_, call_, carrier_, rate);
    if (!session_) return false;
    playout_ = Playout(session_->format(), options, this);
    session_->set_sink(this);
    heard.start(call_->shard, caps_of(session_->format()).get(), session_->format().bytes_per_ms * 1'000);
    return true;
}

void LineSinkImpl::detach() {
    if (session_) session_->set_sink(nullptr);
    session_ = nullptr;
    heard.stop();
    if (call_) call_->shard->cancel(std::exchange(timer_, 0));
    playout_ = Playout({}, options, this);  // what was not heard is not for the next start
}

int64_t LineSinkImpl::heard_ms() const { return playout_.heard_ms(monotonic_ns()); }

void LineSinkImpl::on_mark(std::string_view name) {
    playout_.on_mark(name, monotonic_ns());
    schedule();
}

void LineSinkImpl::on_writable() {
    playout_.pump(monotonic_ns());
    schedule();
}

gboolean LineSinkImpl::query(GstPad* pad, GstObject* parent, GstQuery* query) {
    const auto* self = static_cast<LineSinkImpl*>(gst_pad_get_element_private(pad));
    if (answer_caps(query, self->template_, self->rate)) return TRUE;
    return gst_pad_query_default(pad, parent, query);
}

GstFlowReturn LineSinkImpl::chain(GstBuffer* buffer) {
    auto owned = gst::Ptr<GstBuffer>::adopt(buffer);
    if (!session_) return GST_FLOW_FLUSHING;
    if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP)) return GST_FLOW_OK;  // nothing to say
    if (order_.is_next(call_->shard)) {
        give(buffer);
    } else {
        order_.post(call_->shard, element_, [this, owned] {
            if (session_) give(owned.get());
        });
    }
    return GST_FLOW_OK;
}

void LineSinkImpl::give(GstBuffer* buffer) {
    gst::MappedBuffer map(buffer);
    playout_.audio({map.data(), map.size()}, monotonic_ns());
    schedule();
}

void LineSinkImpl::note_drops() {
    const uint64_t dropped = playout_.dropped_bytes();
    if (dropped == noted_drops_ || !session_) return;
    if (noted_drops_ == 0) {
        log_warn(carrier_.carrier,
                 "the carrier does not take the audio, or more is queued than max-queue holds: the oldest is "
                 "dropped",
                 {{"call_id", call_->facts->call_id()}});
    }
    noted_drops_ = dropped;
    session_->set_dropped_out_ms(static_cast<int64_t>(playout_.dropped_ms()));
}

gboolean LineSinkImpl::event(GstEvent* event) {
    switch (GST_EVENT_TYPE(event)) {
        case GST_EVENT_FLUSH_START:
        case GST_EVENT_FLUSH_STOP:
        case GST_EVENT_EOS:
        case GST_EVENT_CUSTOM_DOWNSTREAM:
        case GST_EVENT_CUSTOM_DOWNSTREAM_OOB:
            take_in_order(event);
            break;
        default:
            break;
    }
    gst_event_unref(event);  // the stream ends here: what is heard is one of its own
    return TRUE;
}

void LineSinkImpl::take_in_order(GstEvent* event) {
    Shard* shard = call_ ? call_->shard : nullptr;
    if (order_.is_next(shard)) return take(event);
    order_.post(shard, element_, [this, kept = gst::Ptr<GstEvent>::share(event)] { take(kept.get()); });
}

void LineSinkImpl::take(GstEvent* event) {
    switch (GST_EVENT_TYPE(event)) {
        case GST_EVENT_FLUSH_START:
            playout_.clear(monotonic_ns());
            heard.cleared(monotonic_ns());
            break;
        case GST_EVENT_FLUSH_STOP:
            // A queue's thread may have been about to hand on a last buffer; only now is that surely over.
            playout_.clear(monotonic_ns());
            heard.cleared(monotonic_ns());
            // Only now do upstream events pass again.
            playout_.report_cleared(monotonic_ns());
            schedule();
            break;
        case GST_EVENT_EOS:
            playout_.reply_end(monotonic_ns());  // whatever waits is all there will be
            schedule();
            heard.eos(monotonic_ns());
            gst_element_post_message(element_, gst_message_new_eos(GST_OBJECT(element_)));
            break;
        default:
            if (call_ && session_) control(event);
    }
}

void LineSinkImpl::control(GstEvent* event) {
    gst::ReplyMark reply;
    gst::LineHold hold;
    if (gst::parse_line_hold_event(event, &hold)) {
        playout_.hold(hold_of(hold.mode), hold.gain, monotonic_ns());
    } else if (!gst::parse_reply_event(event, &reply)) {
        return;
    } else if (reply.end) {
        playout_.reply_end(monotonic_ns());
    } else {
        playout_.reply_start(reply.epoch);
    }
    schedule();
}

void LineSinkImpl::schedule() {
    note_drops();
    if (!session_) return;
    const int64_t now = monotonic_ns();
    const int64_t at = playout_.next_wake_ns(now);
    if (at == 0 || (timer_ != 0 && timer_at_ <= at)) return;
    call_->shard->cancel(timer_);
    timer_at_ = at;
    timer_ = call_->shard->after(std::chrono::milliseconds(std::max<int64_t>(1, (at - now) / 1'000'000)), [this] {
        timer_ = 0;
        playout_.pump(monotonic_ns());
        schedule();
    });
}

bool LineSinkImpl::send_media(std::span<const uint8_t> audio) {
    if (!session_ || !session_->send_media(audio)) return false;
    const int64_t now = monotonic_ns();
    call_->turns->activity(now);  // a long reply is no silence, though its playback is told at its ends only
    heard.sent(audio, now);
    return true;
}

void LineSinkImpl::on_playback(const gst::Playback& reported) {
    gst::Playback playback = reported;
    // Sent is when the socket took it, not when it came here.
    if (playback.state == gst::Playback::State::kFirstSent) playback.at_ns = monotonic_ns();
    // What is found out late was no activity of now.
    call_->turns->activity(std::max(playback.at_ns, call_->turns->last_activity_ns()));
    gst_pad_push_event(pad_, gst::playback_event_new(playback));
}

}  // namespace trunkline::line
