#include "elements/call/callends.h"

#include "engine/gst/event_pad.h"
#include "engine/gst/heard_pad.h"

#define CALL_CAPS                                                                                     \
    "audio/x-mulaw, rate=(int)8000, channels=(int)1; audio/x-alaw, rate=(int)8000, channels=(int)1; " \
    "audio/x-raw, format=(string)S16LE, layout=(string)interleaved, rate=(int){8000,16000,24000}, channels=(int)1"

static GstStaticPadTemplate kSrcTemplate =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(CALL_CAPS));
static GstStaticPadTemplate kSinkTemplate =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(CALL_CAPS));
static GstStaticPadTemplate kHeardTemplate = TRUNKLINE_HEARD_TEMPLATE(CALL_CAPS);

struct _CallSrc {
    GstElement parent_instance;
};
struct _CallSink {
    GstElement parent_instance;
};
G_DEFINE_TYPE(CallSrc, call_src, GST_TYPE_ELEMENT)
G_DEFINE_TYPE(CallSink, call_sink, GST_TYPE_ELEMENT)

static GstStateChangeReturn refuse(GstElement* element, GstElementClass* parent, GstStateChange change) {
    if (change != GST_STATE_CHANGE_NULL_TO_READY) return parent->change_state(element, change);
    GST_ELEMENT_ERROR(element, RESOURCE, NOT_FOUND, ("callsrc and callsink run only in a call graph"),
                      ("the graph loader of `trunkline serve` puts the carrier's elements in their place"));
    return GST_STATE_CHANGE_FAILURE;
}

static GstStateChangeReturn call_src_change_state(GstElement* element, GstStateChange change) {
    return refuse(element, GST_ELEMENT_CLASS(call_src_parent_class), change);
}
static GstStateChangeReturn call_sink_change_state(GstElement* element, GstStateChange change) {
    return refuse(element, GST_ELEMENT_CLASS(call_sink_parent_class), change);
}

static void call_src_init(CallSrc* self) {
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE);
    gst_element_add_pad(GST_ELEMENT(self), gst_pad_new_from_static_template(&kSrcTemplate, "src"));
}
static void call_sink_init(CallSink* self) {
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SINK);
    gst_element_add_pad(GST_ELEMENT(self), gst_pad_new_from_static_template(&kSinkTemplate, "sink"));
}

static void call_src_class_init(CallSrcClass* klass) {
    auto* element = GST_ELEMENT_CLASS(klass);
    element->change_state = call_src_change_state;
    gst_element_class_add_static_pad_template(element, &kSrcTemplate);
    gst_element_class_add_static_pad_template(element, &trunkline::gst::kEventSrcTemplate);
    gst_element_class_set_static_metadata(
        element, "Call source", "Source/Network/Audio",
        "What the caller says, on whatever carrier the call came: stands for twiliosrc or vonagesrc", "Trunkline");
}

static void call_sink_class_init(CallSinkClass* klass) {
    auto* element = GST_ELEMENT_CLASS(klass);
    element->change_state = call_sink_change_state;
    gst_element_class_add_static_pad_template(element, &kSinkTemplate);
    gst_element_class_add_static_pad_template(element, &kHeardTemplate);
    gst_element_class_set_static_metadata(
        element, "Call sink", "Sink/Network/Audio",
        "What the caller hears, on whatever carrier the call came: stands for twiliosink or vonagesink", "Trunkline");
}
