#include "engine/line/line_sink.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/gst/call_context.h"
#include "engine/gst/gst_ptr.h"
#include "engine/gst/heard_pad.h"
#include "engine/gst/pad_order.h"
#include "engine/line/line_element.h"
#include "engine/line/line_session.h"

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

enum : guint { kPropSendAhead = kPropRate + 1, kPropMarkInterval, kPropMaxQueue };

}  // namespace

class LineSinkImpl final : public LineSession::Sink, private Playout::Out {
  public:
    LineSinkImpl(GstElement* element, const LineSinkClass* klass)
        : options(klass->carrier->playout),
          rate(klass->carrier->rate),
          heard(element),
          element_(element),
          carrier_(*klass->carrier),
          template_(klass->sink_template),
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
    ~LineSinkImpl() override = default;

    void set_call(CallContext* call) { call_ = call; }
    GstPad* request(GstPadTemplate* wanted) {
        GstPad* pad = heard.request(wanted);
        if (pad) gst_pad_set_element_private(pad, this);
        if (pad) gst_pad_set_query_function(pad, &LineSinkImpl::query);
        return pad;
    }

    bool attach() {
        session_ = find_session(element_, call_, carrier_, rate);
        if (!session_) return false;
        playout_ = Playout(session_->format(), options, this);
        session_->set_sink(this);
        heard.start(call_->shard, caps_of(session_->format()).get(), session_->format().bytes_per_ms * 1'000);
        return true;
    }
    void detach() {
        if (session_) session_->set_sink(nullptr);
        session_ = nullptr;
        heard.stop();
        if (call_) call_->shard->cancel(std::exchange(timer_, 0));
        playout_ = Playout({}, options, this);  // what was not heard is not for the next start
    }

    bool idle() const override { return playout_.idle(); }
    int64_t heard_ms() const override { return playout_.heard_ms(monotonic_ns()); }
    void on_mark(std::string_view name) override {
        playout_.on_mark(name, monotonic_ns());
        schedule();
    }
    void on_writable() override {
        playout_.pump(monotonic_ns());
        schedule();
    }

    PlayoutOptions options;
    int rate;
    gst::HeardPad heard;

  private:
    static gboolean query(GstPad* pad, GstObject* parent, GstQuery* query) {
        const auto* self = static_cast<LineSinkImpl*>(gst_pad_get_element_private(pad));
        if (answer_caps(query, self->template_, self->rate)) return TRUE;
        return gst_pad_query_default(pad, parent, query);
    }
    GstFlowReturn chain(GstBuffer* buffer) {
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
    void give(GstBuffer* buffer) {
        gst::MappedBuffer map(buffer);
        playout_.audio({map.data(), map.size()}, monotonic_ns());
        schedule();
    }
    void note_drops() {
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

    gboolean event(GstEvent* event) {
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

    void take_in_order(GstEvent* event) {
        Shard* shard = call_ ? call_->shard : nullptr;
        if (order_.is_next(shard)) return take(event);
        order_.post(shard, element_, [this, kept = gst::Ptr<GstEvent>::share(event)] { take(kept.get()); });
    }

    void take(GstEvent* event) {
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

    void control(GstEvent* event) {
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

    void schedule() {
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

    bool takes_media() const override { return !session_ || session_->takes_media(); }
    bool send_media(std::span<const uint8_t> audio) override {
        if (!session_ || !session_->send_media(audio)) return false;
        const int64_t now = monotonic_ns();
        call_->turns->activity(now);  // a long reply is no silence, though its playback is told at its ends only
        heard.sent(audio, now);
        return true;
    }
    bool send_mark(std::string_view name) override { return session_ && session_->send_mark(name); }
    bool send_clear() override { return session_ && session_->send_clear(); }
    void on_playback(const gst::Playback& reported) override {
        gst::Playback playback = reported;
        // Sent is when the socket took it, not when it came here.
        if (playback.state == gst::Playback::State::kFirstSent) playback.at_ns = monotonic_ns();
        // What is found out late was no activity of now.
        call_->turns->activity(std::max(playback.at_ns, call_->turns->last_activity_ns()));
        gst_pad_push_event(pad_, gst::playback_event_new(playback));
    }

    GstElement* element_;
    gst::PadOrder order_;
    const CarrierKind& carrier_;
    GstStaticPadTemplate* template_;
    GstPad* pad_;  // owned by the element
    Playout playout_;
    CallContext* call_ = nullptr;
    LineSession* session_ = nullptr;
    TimerId timer_ = 0;
    int64_t timer_at_ = 0;
    uint64_t noted_drops_ = 0;
};

}  // namespace trunkline::line

using trunkline::line::LineSinkImpl;

G_DEFINE_ABSTRACT_TYPE(LineSink, line_sink, GST_TYPE_ELEMENT)

static LineSink* self_of(gpointer object) { return static_cast<LineSink*>(object); }
static LineSinkImpl* impl_of(gpointer object) { return self_of(object)->impl; }

static void line_sink_init(LineSink* self) { GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SINK); }

// Here the class is the carrier's, which it is not yet in init().
static void line_sink_constructed(GObject* object) {
    self_of(object)->impl = new LineSinkImpl(
        GST_ELEMENT(object), static_cast<const LineSinkClass*>(static_cast<void*>(G_OBJECT_GET_CLASS(object))));
    G_OBJECT_CLASS(line_sink_parent_class)->constructed(object);
}

static void line_sink_finalize(GObject* object) {
    delete impl_of(object);
    G_OBJECT_CLASS(line_sink_parent_class)->finalize(object);
}

static void line_sink_set_context(GstElement* element, GstContext* context) {
    if (auto* call = trunkline::call_context_get(context)) impl_of(element)->set_call(call);
    GST_ELEMENT_CLASS(line_sink_parent_class)->set_context(element, context);
}

static int64_t* time_of(LineSinkImpl* impl, guint id) {
    switch (id) {
        case trunkline::line::kPropSendAhead:
            return &impl->options.send_ahead_ms;
        case trunkline::line::kPropMarkInterval:
            return &impl->options.mark_every_ms;
        case trunkline::line::kPropMaxQueue:
            return &impl->options.max_queue_ms;
        default:
            return nullptr;
    }
}

static void line_sink_set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
    if (int64_t* ms = time_of(impl_of(object), id)) {
        *ms = static_cast<int64_t>(g_value_get_uint64(value) / GST_MSECOND);
    } else {
        trunkline::line::set_rate(&impl_of(object)->rate, object, id, value, spec);
    }
}

static void line_sink_get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
    if (const int64_t* ms = time_of(impl_of(object), id)) {
        g_value_set_uint64(value, static_cast<guint64>(*ms) * GST_MSECOND);
    } else {
        trunkline::line::get_rate(impl_of(object)->rate, object, id, value, spec);
    }
}

static GstPad* line_sink_request_pad(GstElement* element, GstPadTemplate* wanted, const gchar*, const GstCaps*) {
    return impl_of(element)->request(wanted);
}

static void line_sink_release_pad(GstElement* element, GstPad* pad) {
    auto& heard = impl_of(element)->heard;
    if (heard.is(pad)) heard.release(pad);
}

static GstStateChangeReturn line_sink_change_state(GstElement* element, GstStateChange change) {
    if (change == GST_STATE_CHANGE_NULL_TO_READY && !impl_of(element)->attach()) return GST_STATE_CHANGE_FAILURE;
    const auto result = GST_ELEMENT_CLASS(line_sink_parent_class)->change_state(element, change);
    if (change == GST_STATE_CHANGE_READY_TO_NULL) impl_of(element)->detach();
    return result;
}

static void line_sink_class_init(LineSinkClass* klass) {
    auto* object = G_OBJECT_CLASS(klass);
    object->constructed = line_sink_constructed;
    object->finalize = line_sink_finalize;
    auto* element = GST_ELEMENT_CLASS(klass);
    element->set_context = line_sink_set_context;
    element->change_state = line_sink_change_state;
    element->request_new_pad = line_sink_request_pad;
    element->release_pad = line_sink_release_pad;
}

namespace trunkline::line {
namespace {

void install_time(GObjectClass* klass, guint id, const char* name, const char* nick, const std::string& blurb,
                  guint64 least, guint64 most, guint64 preset) {
    const auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_NAME | G_PARAM_STATIC_NICK |
                                                GST_PARAM_MUTABLE_READY);
    g_object_class_install_property(klass, id,
                                    g_param_spec_uint64(name, nick, blurb.c_str(), least, most, preset, flags));
}

}  // namespace

void line_sink_class_set(LineSinkClass* klass, const CarrierKind* carrier, GstStaticPadTemplate* sink_template) {
    klass->carrier = carrier;
    klass->sink_template = sink_template;
    auto* object = G_OBJECT_CLASS(klass);
    object->set_property = line_sink_set_property;  // GObject classes inherit all but these two
    object->get_property = line_sink_get_property;
    if (carrier->many_rates) install_rate(object, *carrier);
    const PlayoutOptions& preset = carrier->playout;
    const auto ns = [](int64_t ms) { return static_cast<guint64>(ms) * GST_MSECOND; };
    install_time(object, kPropSendAhead, "send-ahead", "Send ahead",
                 std::string("Audio handed to ") + carrier->title +
                     " before it is due; the rest waits here, where a barge-in drops it at once (ns)",
                 100 * GST_MSECOND, carrier->most_ahead_ns, ns(preset.send_ahead_ms));
    install_time(object, kPropMarkInterval, "mark-interval", "Mark interval",
                 std::string("One ") + carrier->mark_is_called +
                     " per that much audio, beside one after the first and the last piece of a reply: they tell how "
                     "much was heard (ns)",
                 100 * GST_MSECOND, 60 * GST_SECOND, ns(preset.mark_every_ms));
    install_time(object, kPropMaxQueue, "max-queue", "Max queue",
                 "Audio kept waiting at most; beyond it the oldest is dropped and counted (ns)", GST_SECOND,
                 3600 * GST_SECOND, ns(preset.max_queue_ms));
    gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), sink_template);
    const auto caps = gst::Ptr<GstCaps>::adopt(gst_static_caps_get(&sink_template->static_caps));
    gst_element_class_add_pad_template(GST_ELEMENT_CLASS(klass),
                                       gst_pad_template_new("heard", GST_PAD_SRC, GST_PAD_REQUEST, caps.get()));
}

}  // namespace trunkline::line
