// twiliosink: what the caller of a Twilio call hears. The work is done by LineSink and TwilioSession.
#include "elements/twilio/twiliosink.h"

#include "elements/twilio/twilio_kind.h"

static GstStaticPadTemplate twilio_sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(TRUNKLINE_TWILIO_CAPS));
struct TwilioSink {
    LineSink parent_instance;
};
struct TwilioSinkClass {
    LineSinkClass parent_class;
};
G_DEFINE_TYPE(TwilioSink, twilio_sink, line_sink_get_type())

static void twilio_sink_init(TwilioSink*) {}

static void twilio_sink_class_init(TwilioSinkClass* klass) {
    trunkline::line::line_sink_class_set(&klass->parent_class, &trunkline::twilio::kTwilio, &twilio_sink_template);
    gst_element_class_set_static_metadata(
        GST_ELEMENT_CLASS(klass), "Twilio call sink", "Sink/Network/Audio",
        "What the caller of a Twilio call hears (Media Streams, mu-law 8 kHz): bounded send-ahead, marks, clear",
        "Trunkline");
}
