// twiliosink: what the caller of a Twilio call hears.
//
//   audio ──sink──▶ Playout (queue, window, marks) ──media, mark, clear──▶ TwilioSession (socket)
//   upstream ◀──playback events── Playout ◀──marks come back──────────────┘
//   heard pad ◀──what has been played, for a recording
//
// It never waits: audio that comes faster than real time queues in Playout and leaves by a timer of the shard.
#include "elements/twilio/twiliosink.h"

#include "elements/twilio/playout.h"
#include "elements/twilio/twilio_session.h"
#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/gst/call_context.h"
#include "engine/gst/gst_ptr.h"
#include "engine/gst/heard_pad.h"

GST_DEBUG_CATEGORY_STATIC(twiliosink_debug);
#define GST_CAT_DEFAULT twiliosink_debug

namespace trunkline::twilio {
namespace {

#define TWILIO_SINK_CAPS "audio/x-mulaw, rate=(int)8000, channels=(int)1"
GstStaticPadTemplate kSinkTemplate =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(TWILIO_SINK_CAPS));
GstStaticPadTemplate kHeardTemplate = TRUNKLINE_HEARD_TEMPLATE(TWILIO_SINK_CAPS);

enum { kProp0, kPropSendAhead, kPropMarkInterval, kPropMaxQueue };

}  // namespace

class TwilioSinkImpl final : public TwilioSession::Line, private Playout::Out {
  public:
    explicit TwilioSinkImpl(GstElement* element) : heard(element), element_(element), playout_(options, this) {
        pad_ = gst_pad_new_from_static_template(&kSinkTemplate, "sink");
        gst_pad_set_element_private(pad_, this);
        gst_pad_set_chain_function(pad_, [](GstPad* pad, GstObject*, GstBuffer* buffer) {
            return static_cast<TwilioSinkImpl*>(gst_pad_get_element_private(pad))->chain(buffer);
        });
        gst_pad_set_event_function(pad_, [](GstPad* pad, GstObject*, GstEvent* event) {
            return static_cast<TwilioSinkImpl*>(gst_pad_get_element_private(pad))->event(event);
        });
        gst_element_add_pad(element, pad_);
    }
    ~TwilioSinkImpl() override = default;

    void set_call(CallContext* call) { call_ = call; }

    bool attach() {
        session_ = call_ ? dynamic_cast<TwilioSession*>(call_->media) : nullptr;
        if (!session_) {
            GST_ELEMENT_ERROR(element_, RESOURCE, NOT_FOUND, ("twiliosink runs only inside a Twilio call"),
                              ("no \"%s\" context with a Twilio session was set before READY; start the graph with "
                               "`trunkline serve`, or use another sink in gst-launch",
                               kCallContextType));
            return false;
        }
        playout_.set_options(options);
        session_->set_line(this);
        const auto caps = gst::Ptr<GstCaps>::adopt(gst_static_pad_template_get_caps(&kHeardTemplate));
        heard.start(call_->shard, caps.get(), kBytesPerMs * 1'000);
        return true;
    }
    void detach() {
        if (session_) session_->set_line(nullptr);
        session_ = nullptr;
        heard.stop();
        if (call_) call_->shard->cancel(std::exchange(timer_, 0));
        playout_ = Playout(options, this);  // what was not heard is not for the next start
    }

    bool idle() const override { return playout_.idle(); }
    void on_mark(std::string_view name) override {
        playout_.on_mark(name, monotonic_ns());
        session_->set_played_ms(playout_.acked_ms());
        schedule();
    }
    void on_writable() override {
        playout_.pump(monotonic_ns());
        schedule();
    }

    PlayoutOptions options;
    gst::HeardPad heard;

  private:
    GstFlowReturn chain(GstBuffer* buffer) {
        auto owned = gst::Ptr<GstBuffer>::adopt(buffer);
        if (!session_) return GST_FLOW_FLUSHING;
        if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP)) return GST_FLOW_OK;  // nothing to say
        if (call_->shard->on_shard()) {
            give(buffer);
        } else {  // behind a queue: the socket belongs to the shard
            call_->shard->post([this, keep = gst::Ptr<GstElement>::share(element_), owned] {
                if (session_) give(owned.get());
            });
        }
        return GST_FLOW_OK;
    }
    void give(GstBuffer* buffer) {
        gst::MappedBuffer map(buffer);
        playout_.audio({map.data(), map.size()}, monotonic_ns());
        schedule();
    }
    void note_drops() {
        const uint64_t dropped = playout_.dropped_bytes();
        if (dropped == noted_drops_ || !session_) return;
        if (noted_drops_ == 0) {
            log_warn(
                "twiliosink",
                "the carrier does not take the audio, or more is queued than max-queue holds: the oldest is dropped",
                {{"call_id", call_->facts->call_id()}});
        }
        noted_drops_ = dropped;
        session_->set_dropped_out_ms(static_cast<int64_t>(dropped) / kBytesPerMs);
    }

    gboolean event(GstEvent* event) {
        gst::ReplyMark reply;
        switch (GST_EVENT_TYPE(event)) {
            case GST_EVENT_FLUSH_START:
                playout_.clear();
                heard.cleared(monotonic_ns());
                break;
            case GST_EVENT_FLUSH_STOP:
                // Only now do upstream events pass again.
                playout_.report_cleared(monotonic_ns());
                break;
            case GST_EVENT_CUSTOM_DOWNSTREAM:
                if (!gst::parse_reply_event(event, &reply)) break;
                if (reply.end) {
                    playout_.reply_end(monotonic_ns());
                } else {
                    playout_.reply_start(reply.epoch);
                }
                schedule();
                break;
            case GST_EVENT_EOS:
                playout_.reply_end(monotonic_ns());  // whatever waits is all there will be
                schedule();
                heard.eos(monotonic_ns());
                gst_element_post_message(element_, gst_message_new_eos(GST_OBJECT(element_)));
                break;
            default:
                break;
        }
        gst_event_unref(event);  // the stream ends here: what is heard is one of its own
        return TRUE;
    }

    void schedule() {
        note_drops();
        const int64_t now = monotonic_ns();
        const int64_t at = playout_.next_wake_ns(now);
        if (at == 0 || timer_ != 0) return;
        timer_ = call_->shard->after(std::chrono::milliseconds(std::max<int64_t>(1, (at - now) / 1'000'000)), [this] {
            timer_ = 0;
            playout_.pump(monotonic_ns());
            schedule();
        });
    }

    bool takes_media() const override { return !session_ || session_->takes_media(); }
    bool send_media(std::span<const uint8_t> audio) override {
        if (!session_ || !session_->send_media(audio)) return false;
        heard.sent(audio, monotonic_ns());
        return true;
    }
    bool send_mark(std::string_view name) override { return session_ && session_->send_mark(name); }
    bool send_clear() override { return session_ && session_->send_clear(); }
    void on_playback(const gst::Playback& reported) override {
        gst::Playback playback = reported;
        // Sent is when the socket took it, not when it came here.
        if (playback.state == gst::Playback::State::kFirstSent) playback.at_ns = monotonic_ns();
        call_->turns->activity(playback.at_ns);
        gst_pad_push_event(pad_, gst::playback_event_new(playback));
    }

    GstElement* element_;
    GstPad* pad_;  // owned by the element
    Playout playout_;
    CallContext* call_ = nullptr;
    TwilioSession* session_ = nullptr;
    TimerId timer_ = 0;
    uint64_t noted_drops_ = 0;
};

}  // namespace trunkline::twilio

using trunkline::twilio::TwilioSinkImpl;

struct _TwilioSink {
    GstElement parent_instance;
    TwilioSinkImpl* impl;
};
G_DEFINE_TYPE(TwilioSink, twilio_sink, GST_TYPE_ELEMENT)

static TwilioSinkImpl* impl_of(gpointer object) { return TRUNKLINE_TWILIO_SINK(object)->impl; }

static void twilio_sink_init(TwilioSink* self) {
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SINK);
    self->impl = new TwilioSinkImpl(GST_ELEMENT(self));
}

static void twilio_sink_finalize(GObject* object) {
    delete impl_of(object);
    G_OBJECT_CLASS(twilio_sink_parent_class)->finalize(object);
}

static void twilio_sink_set_context(GstElement* element, GstContext* context) {
    if (auto* call = trunkline::call_context_get(context)) impl_of(element)->set_call(call);
    GST_ELEMENT_CLASS(twilio_sink_parent_class)->set_context(element, context);
}

static GstPad* twilio_sink_request_pad(GstElement* element, GstPadTemplate*, const gchar*, const GstCaps*) {
    return impl_of(element)->heard.request(&trunkline::twilio::kHeardTemplate);
}

static void twilio_sink_release_pad(GstElement* element, GstPad* pad) {
    auto& heard = impl_of(element)->heard;
    if (heard.is(pad)) heard.release(pad);
}

static int64_t* time_of(TwilioSinkImpl* impl, guint id) {
    switch (id) {
        case trunkline::twilio::kPropSendAhead:
            return &impl->options.send_ahead_ms;
        case trunkline::twilio::kPropMarkInterval:
            return &impl->options.mark_every_ms;
        case trunkline::twilio::kPropMaxQueue:
            return &impl->options.max_queue_ms;
        default:
            return nullptr;
    }
}

static void twilio_sink_set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
    if (int64_t* ms = time_of(impl_of(object), id)) {
        *ms = static_cast<int64_t>(g_value_get_uint64(value) / GST_MSECOND);
    } else {
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

static void twilio_sink_get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
    if (const int64_t* ms = time_of(impl_of(object), id)) {
        g_value_set_uint64(value, static_cast<guint64>(*ms) * GST_MSECOND);
    } else {
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

static GstStateChangeReturn twilio_sink_change_state(GstElement* element, GstStateChange change) {
    if (change == GST_STATE_CHANGE_NULL_TO_READY && !impl_of(element)->attach()) return GST_STATE_CHANGE_FAILURE;
    const auto result = GST_ELEMENT_CLASS(twilio_sink_parent_class)->change_state(element, change);
    if (change == GST_STATE_CHANGE_READY_TO_NULL) impl_of(element)->detach();
    return result;
}

static void twilio_sink_install_time(GObjectClass* klass, guint id, const char* name, const char* nick,
                                     const char* blurb, guint64 least, guint64 most, guint64 preset) {
    const auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
    g_object_class_install_property(klass, id, g_param_spec_uint64(name, nick, blurb, least, most, preset, flags));
}

static void twilio_sink_class_init(TwilioSinkClass* klass) {
    using namespace trunkline::twilio;
    GST_DEBUG_CATEGORY_INIT(twiliosink_debug, "twiliosink", 0, "Twilio media stream sink");
    auto* object = G_OBJECT_CLASS(klass);
    object->finalize = twilio_sink_finalize;
    object->set_property = twilio_sink_set_property;
    object->get_property = twilio_sink_get_property;
    twilio_sink_install_time(
        object, kPropSendAhead, "send-ahead", "Send ahead",
        "Audio handed to Twilio before it is due; the rest waits here, where a barge-in drops it at "
        "once (ns)",
        100 * GST_MSECOND, 300 * GST_SECOND, 2 * GST_SECOND);
    twilio_sink_install_time(object, kPropMarkInterval, "mark-interval", "Mark interval",
                             "One mark per that much audio, beside one after the first and the last piece of a reply; "
                             "marks are what tells how much was heard (ns)",
                             100 * GST_MSECOND, 60 * GST_SECOND, GST_SECOND);
    twilio_sink_install_time(object, kPropMaxQueue, "max-queue", "Max queue",
                             "Audio kept waiting at most; beyond it the oldest is dropped and counted (ns)", GST_SECOND,
                             3600 * GST_SECOND, 300 * GST_SECOND);
    auto* element = GST_ELEMENT_CLASS(klass);
    element->set_context = twilio_sink_set_context;
    element->change_state = twilio_sink_change_state;
    element->request_new_pad = twilio_sink_request_pad;
    element->release_pad = twilio_sink_release_pad;
    gst_element_class_add_static_pad_template(element, &kSinkTemplate);
    gst_element_class_add_static_pad_template(element, &kHeardTemplate);
    gst_element_class_set_static_metadata(
        element, "Twilio call sink", "Sink/Network/Audio",
        "What the caller of a Twilio call hears (Media Streams, mu-law 8 kHz): bounded send-ahead, marks, clear",
        "Trunkline");
}
