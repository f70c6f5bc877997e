#include "quiet_source.h"

#include <gst/gst.h>

namespace {

struct QuietSource {
    GstElement element;
    GstPad* src;
};
struct QuietSourceClass {
    GstElementClass parent;
};

G_DEFINE_TYPE(QuietSource, quiet_source, GST_TYPE_ELEMENT)

GstStaticPadTemplate pad_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("audio/x-raw,format=S16LE,rate=16000,channels=1"));

gboolean send_event(GstElement* element, GstEvent* event) {
    auto* self = reinterpret_cast<QuietSource*>(element);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(self->src, gst_event_new_stream_start("quiet"));
    gst_pad_push_event(self->src, gst_event_new_segment(&segment));
    return gst_pad_push_event(self->src, event);
}

void quiet_source_class_init(QuietSourceClass* klass) {
    gst_element_class_add_static_pad_template(&klass->parent, &pad_template);
    gst_element_class_set_static_metadata(&klass->parent, "Quiet source", "Source/Audio", "Says nothing", "Trunkline");
    klass->parent.send_event = send_event;
}

void quiet_source_init(QuietSource* self) {
    self->src = gst_pad_new_from_static_template(&pad_template, "src");
    gst_element_add_pad(&self->element, self->src);
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE);
}

}  // namespace

namespace trunkline::test {

void register_quiet_source() { gst_element_register(nullptr, "quietsrc", GST_RANK_NONE, quiet_source_get_type()); }

}  // namespace trunkline::test
