// vonagesink: what the caller of a Vonage call hears. The work is done by LineSink and VonageSession.
#include "elements/vonage/vonagesink.h"

#include "elements/vonage/vonage_kind.h"

static GstStaticPadTemplate vonage_sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(TRUNKLINE_VONAGE_CAPS));

struct VonageSink {
    LineSink parent_instance;
};
struct VonageSinkClass {
    LineSinkClass parent_class;
};
G_DEFINE_TYPE(VonageSink, vonage_sink, line_sink_get_type())

static void vonage_sink_init(VonageSink*) {}

static void vonage_sink_class_init(VonageSinkClass* klass) {
    trunkline::line::line_sink_class_set(&klass->parent_class, &trunkline::vonage::kVonage, &vonage_sink_template);
    gst_element_class_set_static_metadata(
        GST_ELEMENT_CLASS(klass), "Vonage call sink", "Sink/Network/Audio",
        "What the caller of a Vonage call hears (WebSocket, linear 16-bit little-endian, 8, 16 or 24 kHz): whole 20 ms "
        "frames, bounded send-ahead, notify, clear",
        "Trunkline");
}
