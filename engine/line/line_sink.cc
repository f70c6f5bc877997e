#include "engine/line/line_sink.h"

#include <string>

#include "engine/gst/gst_ptr.h"
#include "engine/line/line_element.h"
#include "engine/line/line_sink_impl.h"

namespace trunkline::line {
namespace {

enum : guint { kPropSendAhead = kPropRate + 1, kPropMarkInterval, kPropMaxQueue };

}  // namespace
}  // namespace trunkline::line

using trunkline::line::LineSinkImpl;

G_DEFINE_ABSTRACT_TYPE(LineSink, line_sink, GST_TYPE_ELEMENT)

static LineSink* self_of(gpointer object) { return static_cast<LineSink*>(object); }
static LineSinkImpl* impl_of(gpointer object) { return self_of(object)->impl; }

static void line_sink_init(LineSink* self) { GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SINK); }

// Here the class is the carrier's, which it is not yet in init().
static void line_sink_constructed(GObject* object) {
    const auto* klass = static_cast<const LineSinkClass*>(static_cast<void*>(G_OBJECT_GET_CLASS(object)));
    self_of(object)->impl = new LineSinkImpl(GST_ELEMENT(object), *klass->carrier, klass->sink_template);
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
