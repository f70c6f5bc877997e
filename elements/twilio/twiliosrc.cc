// twiliosrc: what the caller of a Twilio call says.
//
//   TwilioSession (socket) ──on_audio──▶ twiliosrc ──src──▶ audio/x-mulaw, 8000 Hz, as Twilio sent it
//                          ──on_dtmf───▶           ──events─▶ media.started, dtmf, media.stopped
//
// Pushed from the shard as messages arrive; every buffer carries the time its bytes were read
// (timestamp/x-call-ingress).
#include "elements/twilio/twiliosrc.h"

#include "elements/twilio/twilio_session.h"
#include "engine/core/clock.h"
#include "engine/gst/call_context.h"
#include "engine/gst/event_pad.h"
#include "engine/gst/live_source_pad.h"

GST_DEBUG_CATEGORY_STATIC(twiliosrc_debug);
#define GST_CAT_DEFAULT twiliosrc_debug

namespace trunkline::twilio {
namespace {

GstStaticPadTemplate kSrcTemplate = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("audio/x-mulaw, rate=(int)8000, channels=(int)1"));

}  // namespace

class TwilioSrcImpl final : public TwilioSession::Source {
  public:
    explicit TwilioSrcImpl(GstElement* element) : element_(element), audio_(element, &kSrcTemplate), events_(element) {
        auto caps = gst::Ptr<GstCaps>::adopt(gst_static_pad_template_get_caps(&kSrcTemplate));
        audio_.set_caps(caps.get());
    }
    ~TwilioSrcImpl() override = default;

    void set_call(CallContext* call) { call_ = call; }
    gst::EventPad& events() { return events_; }

    bool attach() {
        session_ = call_ ? dynamic_cast<TwilioSession*>(call_->media) : nullptr;
        if (!session_) {
            GST_ELEMENT_ERROR(element_, RESOURCE, NOT_FOUND, ("twiliosrc runs only inside a Twilio call"),
                              ("no \"%s\" context with a Twilio session was set before READY; start the graph with "
                               "`trunkline serve`, or use another source in gst-launch",
                               kCallContextType));
            return false;
        }
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

    void on_audio(std::span<const uint8_t> mulaw, int64_t ingress_ns) override {
        if (!started_) media_started();
        audio_.push(mulaw, gst_util_uint64_scale_int(mulaw.size(), GST_SECOND, 8000), ingress_ns);
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

  private:
    void media_started() {
        started_ = true;
        if (!events_.wanted()) return;
        events_.push(
            call_, "media.started", 0, gst::fields([&](JsonWriter& w) {
                w.field("stream_id", session_->stream_sid()).field("encoding", "audio/x-mulaw").field("rate", 8000);
            }));
    }
    void media_stopped() {
        if (!events_.wanted() || !session_) return;
        const MediaStats s = session_->stats();
        events_.push(
            call_, "media.stopped", 0, gst::fields([&](JsonWriter& w) {
                w.field("stream_id", session_->stream_sid()).field("frames_in", s.frames_in);
                w.field("frames_out", s.frames_out).field("bytes_in", s.bytes_in).field("bytes_out", s.bytes_out);
                w.field("dropped_in", s.dropped_in).field("played_ms", s.played_ms);
            }));
    }

    GstElement* element_;
    gst::LiveSourcePad audio_;
    gst::EventPad events_;
    CallContext* call_ = nullptr;
    TwilioSession* session_ = nullptr;
    bool started_ = false;
    bool stopped_ = false;
};

}  // namespace trunkline::twilio

using trunkline::twilio::TwilioSrcImpl;

struct _TwilioSrc {
    GstElement parent_instance;
    TwilioSrcImpl* impl;
};
G_DEFINE_TYPE(TwilioSrc, twilio_src, GST_TYPE_ELEMENT)

static TwilioSrcImpl* impl_of(gpointer object) { return TRUNKLINE_TWILIO_SRC(object)->impl; }

static void twilio_src_init(TwilioSrc* self) {
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE);
    self->impl = new TwilioSrcImpl(GST_ELEMENT(self));
}

static void twilio_src_finalize(GObject* object) {
    delete impl_of(object);
    G_OBJECT_CLASS(twilio_src_parent_class)->finalize(object);
}

static void twilio_src_set_context(GstElement* element, GstContext* context) {
    if (auto* call = trunkline::call_context_get(context)) impl_of(element)->set_call(call);
    GST_ELEMENT_CLASS(twilio_src_parent_class)->set_context(element, context);
}

static GstPad* twilio_src_request_pad(GstElement* element, GstPadTemplate*, const gchar*, const GstCaps*) {
    return impl_of(element)->events().request();
}

static void twilio_src_release_pad(GstElement* element, GstPad* pad) { impl_of(element)->events().release(pad); }

static gboolean twilio_src_send_event(GstElement* element, GstEvent* event) {
    if (GST_EVENT_TYPE(event) != GST_EVENT_EOS) {
        return GST_ELEMENT_CLASS(twilio_src_parent_class)->send_event(element, event);
    }
    gst_event_unref(event);
    impl_of(element)->eos();
    return TRUE;
}

static GstStateChangeReturn twilio_src_change_state(GstElement* element, GstStateChange change) {
    if (change == GST_STATE_CHANGE_NULL_TO_READY && !impl_of(element)->attach()) return GST_STATE_CHANGE_FAILURE;
    const auto result = GST_ELEMENT_CLASS(twilio_src_parent_class)->change_state(element, change);
    if (change == GST_STATE_CHANGE_READY_TO_NULL) impl_of(element)->detach();
    // A live source has nothing to show in PAUSED.
    if (result != GST_STATE_CHANGE_FAILURE &&
        (change == GST_STATE_CHANGE_READY_TO_PAUSED || change == GST_STATE_CHANGE_PLAYING_TO_PAUSED)) {
        return GST_STATE_CHANGE_NO_PREROLL;
    }
    return result;
}

static void twilio_src_class_init(TwilioSrcClass* klass) {
    GST_DEBUG_CATEGORY_INIT(twiliosrc_debug, "twiliosrc", 0, "Twilio media stream source");
    G_OBJECT_CLASS(klass)->finalize = twilio_src_finalize;
    auto* element = GST_ELEMENT_CLASS(klass);
    element->set_context = twilio_src_set_context;
    element->request_new_pad = twilio_src_request_pad;
    element->release_pad = twilio_src_release_pad;
    element->send_event = twilio_src_send_event;
    element->change_state = twilio_src_change_state;
    gst_element_class_add_static_pad_template(element, &trunkline::twilio::kSrcTemplate);
    gst_element_class_add_static_pad_template(element, &trunkline::gst::kEventSrcTemplate);
    gst_element_class_set_static_metadata(
        element, "Twilio call source", "Source/Network/Audio",
        "What the caller of a Twilio call says (Media Streams, mu-law 8 kHz), pushed as it arrives", "Trunkline");
}
