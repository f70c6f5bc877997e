// bargein: lets the caller interrupt the agent.
//
//   agent ──sink──▶ bargein ──src──▶ line        audio and reply events pass untouched
//   caller ─monitor─▶                             what the caller says (optional; needed by min-speech)
//
//   1. the agent asks down: "the caller speaks" (query user-speech); bargein says "mine" and decides
//   2. accepted: one loop turn later an interrupt event goes up; the agent drops its reply and flushes down to the line
//   3. the line clears the carrier and tells up what was heard (playback event): one `bargein` fact
#include "elements/bargein/bargein.h"

#include "elements/bargein/decider.h"
#include "engine/core/clock.h"
#include "engine/core/speech_level.h"
#include "engine/gst/call_context.h"
#include "engine/gst/control.h"
#include "engine/gst/event_pad.h"
#include "engine/gst/gst_ptr.h"
#include "engine/loop/shard.h"

namespace trunkline::bargein {
namespace {

#define BARGEIN_CAPS                                                                              \
    "audio/x-mulaw, rate=(int)[8000,48000], channels=(int)1; audio/x-raw, format=(string)S16LE, " \
    "layout=(string)interleaved, rate=(int)[8000,48000], channels=(int)1"
GstStaticPadTemplate kSinkTemplate =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(BARGEIN_CAPS));
GstStaticPadTemplate kSrcTemplate =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(BARGEIN_CAPS));
GstStaticPadTemplate kMonitorTemplate =
    GST_STATIC_PAD_TEMPLATE("monitor", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS(BARGEIN_CAPS));

}  // namespace

class BargeInImpl {
  public:
    explicit BargeInImpl(GstElement* element) : element_(element), events_(element) {
        sink_ = gst_pad_new_from_static_template(&kSinkTemplate, "sink");
        src_ = gst_pad_new_from_static_template(&kSrcTemplate, "src");
        for (GstPad* pad : {sink_, src_}) {
            gst_pad_set_element_private(pad, this);
            GST_PAD_SET_PROXY_CAPS(pad);
            gst_pad_set_iterate_internal_links_function(pad, &BargeInImpl::other_side);
            gst_element_add_pad(element, pad);
        }
        gst_pad_set_chain_function(
            sink_, [](GstPad* pad, GstObject*, GstBuffer* buffer) { return gst_pad_push(self(pad)->src_, buffer); });
        gst_pad_set_query_function(sink_, [](GstPad* pad, GstObject* parent, GstQuery* query) -> gboolean {
            return self(pad)->query(parent, query);
        });
        gst_pad_set_event_function(src_, [](GstPad* pad, GstObject* parent, GstEvent* event) -> gboolean {
            self(pad)->look_at(event);
            return gst_pad_event_default(pad, parent, event);
        });
        gst_pad_set_event_function(sink_, [](GstPad* pad, GstObject* parent, GstEvent* event) -> gboolean {
            if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) self(pad)->events_.eos();
            return gst_pad_event_default(pad, parent, event);
        });
    }

    void set_call(CallContext* call) { call_ = call; }
    GstPad* request(GstPadTemplate* wanted) {
        if (g_strcmp0(GST_PAD_TEMPLATE_NAME_TEMPLATE(wanted), "events") == 0) return events_.request();
        if (monitor_) return nullptr;
        monitor_ = gst_pad_new_from_static_template(&kMonitorTemplate, "monitor");
        gst_pad_set_element_private(monitor_, this);
        gst_pad_set_chain_function(monitor_,
                                   [](GstPad* pad, GstObject*, GstBuffer* buffer) { return self(pad)->hear(buffer); });
        gst_pad_set_event_function(monitor_, [](GstPad* pad, GstObject*, GstEvent* event) -> gboolean {
            self(pad)->monitor_event(event);
            gst_event_unref(event);  // the caller's stream ends here
            return TRUE;
        });
        gst_pad_set_active(monitor_, TRUE);
        gst_element_add_pad(element_, monitor_);
        return monitor_;
    }
    void release(GstPad* pad) {
        if (events_.is(pad)) {
            events_.release(pad);
        } else if (pad == monitor_) {
            monitor_ = nullptr;
            gst_pad_set_active(pad, FALSE);
            gst_element_remove_pad(element_, pad);
        }
    }
    void reset() { events_.reset(); }
    void apply() {
        decider_.set_enabled(enabled);
        decider_.set_min_speech_ns(monitor_ ? static_cast<int64_t>(min_speech) : 0);
    }

    gboolean enabled = TRUE;
    guint64 min_speech = 0;

  private:
    static BargeInImpl* self(GstPad* pad) { return static_cast<BargeInImpl*>(gst_pad_get_element_private(pad)); }

    /// sink and src belong together; monitor and events are streams of their own, whose caps and events are not
    /// audio's.
    static GstIterator* other_side(GstPad* pad, GstObject*) {
        GValue value = G_VALUE_INIT;
        g_value_init(&value, GST_TYPE_PAD);
        g_value_set_object(&value, pad == self(pad)->sink_ ? self(pad)->src_ : self(pad)->sink_);
        GstIterator* iterator = gst_iterator_new_single(GST_TYPE_PAD, &value);
        g_value_unset(&value);
        return iterator;
    }

    gboolean query(GstObject* parent, GstQuery* query) {
        const int64_t onset = user_speech(query);
        if (onset == 0) return gst_pad_query_default(sink_, parent, query);
        onset_ns_ = onset;
        act(decider_.speech_started(monotonic_ns()));
        return TRUE;  // whatever the verdict: it was ours to give
    }
    static int64_t user_speech(GstQuery* query) { return gst::user_speech_onset(query); }

    GstFlowReturn hear(GstBuffer* buffer) {
        auto owned = gst::Ptr<GstBuffer>::adopt(buffer);
        if (min_speech == 0) return GST_FLOW_OK;
        gst::MappedBuffer map(buffer);
        const std::span<const uint8_t> bytes(map.data(), map.size());
        const bool voiced = mulaw_ ? SpeechLevel::voiced_mulaw(bytes) : SpeechLevel::voiced_s16(bytes);
        const int64_t now = monotonic_ns();
        // By the bytes: a buffer need not carry a duration.
        const auto duration = gst_util_uint64_scale(map.size(), GST_SECOND, bytes_per_second_);
        decider_.caller_frame(now, static_cast<int64_t>(duration), voiced);
        if (decider_.waiting()) act(decider_.pending(now));
        return GST_FLOW_OK;
    }
    void monitor_event(GstEvent* event) {
        if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return;
        GstCaps* caps = nullptr;
        gst_event_parse_caps(event, &caps);
        const GstStructure* format = gst_caps_get_structure(caps, 0);
        mulaw_ = gst_structure_has_name(format, "audio/x-mulaw");
        gint rate = 8000;
        gst_structure_get_int(format, "rate", &rate);
        bytes_per_second_ = static_cast<guint64>(rate) * (mulaw_ ? 1 : 2);
    }

    void act(Decider::Verdict verdict) {
        if (verdict != Decider::Verdict::kAccept) return;
        decided_ns_ = monotonic_ns();
        const auto interrupt = [this, keep = gst::Ptr<GstElement>::share(element_)] {
            gst_pad_push_event(sink_, gst::interrupt_event_new(decided_ns_));
        };
        // Not from inside the agent's own call: it must be done with its message before its reply is taken away.
        if (Shard* shard = call_ ? call_->shard : Shard::current(); shard && shard->on_shard()) {
            shard->defer(interrupt);
        } else {
            interrupt();
        }
    }

    /// Upstream events from the line.
    void look_at(GstEvent* event) {
        gst::Playback playback;
        if (!gst::parse_playback_event(event, &playback) || playback.state != gst::Playback::State::kCleared) return;
        if (!events_.wanted() || !call_ || decided_ns_ == 0) return;  // 0: cleared by somebody else
        const FactNumberer& clock = *call_->facts;
        events_.push(call_, "bargein", call_->turns->turn_of(playback.epoch), gst::fields([&](JsonWriter& w) {
                         w.field("source", "backend").field("onset_t_ms", clock.t_ms_at(onset_ns_));
                         w.field("decided_t_ms", clock.t_ms_at(decided_ns_));
                         w.field("cleared_t_ms", clock.t_ms_at(playback.at_ns));
                         w.field("played_ms", playback.played_ms).field("discarded_ms", playback.discarded_ms);
                     }));
    }

    GstElement* element_;
    GstPad *sink_, *src_, *monitor_ = nullptr;  // owned by the element
    gst::EventPad events_;
    CallContext* call_ = nullptr;
    Decider decider_;
    bool mulaw_ = true;
    guint64 bytes_per_second_ = 8000;
    int64_t onset_ns_ = 0;
    int64_t decided_ns_ = 0;
};

}  // namespace trunkline::bargein

using trunkline::bargein::BargeInImpl;

struct _BargeIn {
    GstElement parent_instance;
    BargeInImpl* impl;
};
G_DEFINE_TYPE(BargeIn, barge_in, GST_TYPE_ELEMENT)

enum { kProp0, kPropEnabled, kPropMinSpeech };

static BargeInImpl* impl_of(gpointer object) { return TRUNKLINE_BARGE_IN(object)->impl; }

static void barge_in_init(BargeIn* self) { self->impl = new BargeInImpl(GST_ELEMENT(self)); }

static void barge_in_finalize(GObject* object) {
    delete impl_of(object);
    G_OBJECT_CLASS(barge_in_parent_class)->finalize(object);
}

static void barge_in_set_context(GstElement* element, GstContext* context) {
    if (auto* call = trunkline::call_context_get(context)) impl_of(element)->set_call(call);
    GST_ELEMENT_CLASS(barge_in_parent_class)->set_context(element, context);
}

static GstPad* barge_in_request_pad(GstElement* element, GstPadTemplate* wanted, const gchar*, const GstCaps*) {
    return impl_of(element)->request(wanted);
}

static void barge_in_release_pad(GstElement* element, GstPad* pad) { impl_of(element)->release(pad); }

static void barge_in_set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
    switch (id) {
        case kPropEnabled:
            impl_of(object)->enabled = g_value_get_boolean(value);
            break;
        case kPropMinSpeech:
            impl_of(object)->min_speech = g_value_get_uint64(value);
            break;
        default:
            G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
            return;
    }
    impl_of(object)->apply();
}

static void barge_in_get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
    switch (id) {
        case kPropEnabled:
            g_value_set_boolean(value, impl_of(object)->enabled);
            break;
        case kPropMinSpeech:
            g_value_set_uint64(value, impl_of(object)->min_speech);
            break;
        default:
            G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

static GstStateChangeReturn barge_in_change_state(GstElement* element, GstStateChange change) {
    if (change == GST_STATE_CHANGE_NULL_TO_READY) impl_of(element)->apply();
    const auto result = GST_ELEMENT_CLASS(barge_in_parent_class)->change_state(element, change);
    if (change == GST_STATE_CHANGE_READY_TO_NULL) impl_of(element)->reset();
    return result;
}

static void barge_in_class_init(BargeInClass* klass) {
    using namespace trunkline;
    auto* object = G_OBJECT_CLASS(klass);
    object->finalize = barge_in_finalize;
    object->set_property = barge_in_set_property;
    object->get_property = barge_in_get_property;
    const auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
    g_object_class_install_property(
        object, kPropEnabled,
        g_param_spec_boolean("enabled", "Enabled",
                             "Whether the caller may interrupt; false = the agent always finishes", TRUE, flags));
    g_object_class_install_property(
        object, kPropMinSpeech,
        g_param_spec_uint64(
            "min-speech", "Minimum speech",
            "How long the caller must have been heard on the monitor pad within the last second before the "
            "backend's signal interrupts; 0 = the signal is enough (ns)",
            0, GST_SECOND, 0, flags));
    auto* element = GST_ELEMENT_CLASS(klass);
    element->set_context = barge_in_set_context;
    element->request_new_pad = barge_in_request_pad;
    element->release_pad = barge_in_release_pad;
    element->change_state = barge_in_change_state;
    gst_element_class_add_static_pad_template(element, &bargein::kSinkTemplate);
    gst_element_class_add_static_pad_template(element, &bargein::kSrcTemplate);
    gst_element_class_add_static_pad_template(element, &bargein::kMonitorTemplate);
    gst_element_class_add_static_pad_template(element, &gst::kEventSrcTemplate);
    gst_element_class_set_static_metadata(
        element, "Barge-in", "Filter/Audio",
        "Lets the caller interrupt the agent: decides, has the reply dropped and the carrier cleared, reports it",
        "Trunkline");
}
