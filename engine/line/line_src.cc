#include "engine/line/line_src.h"

#include <cstring>
#include <string>

#include "engine/core/clock.h"
#include "engine/gst/call_context.h"
#include "engine/gst/event_pad.h"
#include "engine/gst/live_source_pad.h"
#include "engine/line/line_element.h"
#include "engine/line/line_session.h"

namespace trunkline::line {

class LineSrcImpl final : public LineSession::Source {
  public:
    LineSrcImpl(GstElement* element, const LineSrcClass* klass)
        : element_(element),
          carrier_(*klass->carrier),
          template_(klass->src_template),
          audio_(element, klass->src_template),
          events_(element),
          rate_(carrier_.rate) {
        audio_.set_real_time();
        gst_pad_set_query_function(audio_.pad(), [](GstPad* pad, GstObject* parent, GstQuery* query) -> gboolean {
            LineSrcImpl* self = reinterpret_cast<LineSrc*>(parent)->impl;
            if (self && answer_caps(query, self->template_, self->rate_)) return TRUE;
            return static_cast<gst::LiveSourcePad*>(gst_pad_get_element_private(pad))->default_query(parent, query);
        });
    }
    ~LineSrcImpl() override = default;

    void set_call(CallContext* call) { call_ = call; }
    gst::EventPad& events() { return events_; }

    bool attach() {
        session_ = find_session(element_, call_, carrier_, rate_);
        if (!session_) return false;
        audio_.set_caps(caps_at(template_, rate_).get());
        session_->set_source(this);
        return true;
    }
    void detach() {
        if (session_) session_->set_source(nullptr);
        session_ = nullptr;
        audio_.reset();
        events_.reset();
        started_ = stopped_ = false;
    }

    void on_audio(std::span<const uint8_t> bytes, int64_t ingress_ns) override {
        if (!started_) media_started();
        const auto per_second = static_cast<gint>(session_->format().bytes_per_ms * 1000);
        audio_.push(bytes, gst_util_uint64_scale_int(bytes.size(), GST_SECOND, per_second), ingress_ns);
    }
    void on_dtmf(char digit) override {
        if (!events_.wanted()) return;
        events_.push(call_, "dtmf", call_->turns->turn(),
                     gst::fields([&](JsonWriter& w) { w.field("digit", std::string(1, digit)); }));
    }
    /// The call is over: the last facts, then EOS on every pad.
    void eos() {
        if (started_ && !stopped_) media_stopped();
        stopped_ = true;
        audio_.eos();
        events_.eos();
    }
    int& rate() { return rate_; }

  private:
    void media_started() {
        started_ = true;
        if (!events_.wanted()) return;
        events_.push(call_, "media.started", 0, gst::fields([&](JsonWriter& w) {
                         w.field("stream_id", session_->stream_id()).field("encoding", session_->encoding());
                         w.field("rate", session_->format().rate);
                     }));
    }
    void media_stopped() {
        if (!events_.wanted() || !session_) return;
        const MediaStats s = session_->stats();
        events_.push(
            call_, "media.stopped", 0, gst::fields([&](JsonWriter& w) {
                w.field("stream_id", session_->stream_id()).field("frames_in", s.frames_in);
                w.field("frames_out", s.frames_out).field("bytes_in", s.bytes_in).field("bytes_out", s.bytes_out);
                w.field("dropped_in", s.dropped_in).field("played_ms", s.played_ms);
            }));
    }

    GstElement* element_;
    const CarrierKind& carrier_;
    GstStaticPadTemplate* template_;
    gst::LiveSourcePad audio_;
    gst::EventPad events_;
    int rate_;
    CallContext* call_ = nullptr;
    LineSession* session_ = nullptr;
    bool started_ = false;
    bool stopped_ = false;
};

}  // namespace trunkline::line

using trunkline::line::LineSrcImpl;

G_DEFINE_ABSTRACT_TYPE(LineSrc, line_src, GST_TYPE_ELEMENT)

static LineSrc* self_of(gpointer object) { return static_cast<LineSrc*>(object); }
static LineSrcImpl* impl_of(gpointer object) { return self_of(object)->impl; }

static void line_src_init(LineSrc* self) { GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE); }

// Here the class is the carrier's, which it is not yet in init().
static void line_src_constructed(GObject* object) {
    self_of(object)->impl = new LineSrcImpl(
        GST_ELEMENT(object), static_cast<const LineSrcClass*>(static_cast<void*>(G_OBJECT_GET_CLASS(object))));
    G_OBJECT_CLASS(line_src_parent_class)->constructed(object);
}

static void line_src_finalize(GObject* object) {
    delete impl_of(object);
    G_OBJECT_CLASS(line_src_parent_class)->finalize(object);
}

static void line_src_set_context(GstElement* element, GstContext* context) {
    if (auto* call = trunkline::call_context_get(context)) impl_of(element)->set_call(call);
    GST_ELEMENT_CLASS(line_src_parent_class)->set_context(element, context);
}

static GstPad* line_src_request_pad(GstElement* element, GstPadTemplate*, const gchar*, const GstCaps*) {
    return impl_of(element)->events().request();
}

static void line_src_release_pad(GstElement* element, GstPad* pad) { impl_of(element)->events().release(pad); }

static gboolean line_src_send_event(GstElement* element, GstEvent* event) {
    if (GST_EVENT_TYPE(event) != GST_EVENT_EOS) {
        return GST_ELEMENT_CLASS(line_src_parent_class)->send_event(element, event);
    }
    gst_event_unref(event);
    impl_of(element)->eos();
    return TRUE;
}

static GstStateChangeReturn line_src_change_state(GstElement* element, GstStateChange change) {
    if (change == GST_STATE_CHANGE_NULL_TO_READY && !impl_of(element)->attach()) return GST_STATE_CHANGE_FAILURE;
    const auto result = GST_ELEMENT_CLASS(line_src_parent_class)->change_state(element, change);
    if (change == GST_STATE_CHANGE_READY_TO_NULL) impl_of(element)->detach();
    // A live source has nothing to show in PAUSED.
    if (result != GST_STATE_CHANGE_FAILURE &&
        (change == GST_STATE_CHANGE_READY_TO_PAUSED || change == GST_STATE_CHANGE_PLAYING_TO_PAUSED)) {
        return GST_STATE_CHANGE_NO_PREROLL;
    }
    return result;
}

static void line_src_set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
    trunkline::line::set_rate(&impl_of(object)->rate(), object, id, value, spec);
}

static void line_src_get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
    trunkline::line::get_rate(impl_of(object)->rate(), object, id, value, spec);
}

static void line_src_class_init(LineSrcClass* klass) {
    auto* object = G_OBJECT_CLASS(klass);
    object->constructed = line_src_constructed;
    object->finalize = line_src_finalize;
    auto* element = GST_ELEMENT_CLASS(klass);
    element->set_context = line_src_set_context;
    element->request_new_pad = line_src_request_pad;
    element->release_pad = line_src_release_pad;
    element->send_event = line_src_send_event;
    element->change_state = line_src_change_state;
}

namespace trunkline::line {

void line_src_class_set(LineSrcClass* klass, const CarrierKind* carrier, GstStaticPadTemplate* src_template) {
    klass->carrier = carrier;
    klass->src_template = src_template;
    auto* object = G_OBJECT_CLASS(klass);
    object->set_property = line_src_set_property;  // GObject classes inherit all but these two
    object->get_property = line_src_get_property;
    if (carrier->many_rates) install_rate(object, *carrier);
    gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), src_template);
    gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &gst::kEventSrcTemplate);
}

}  // namespace trunkline::line
