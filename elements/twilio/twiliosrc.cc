// twiliosrc: what the caller of a Twilio call says, as Twilio sent it. The work is done by LineSrc and TwilioSession.
#include "elements/twilio/twiliosrc.h"

#include "elements/twilio/twilio_kind.h"

static GstStaticPadTemplate twilio_src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(TRUNKLINE_TWILIO_CAPS));

struct TwilioSrc {
    LineSrc parent_instance;
};
struct TwilioSrcClass {
    LineSrcClass parent_class;
};
G_DEFINE_TYPE(TwilioSrc, twilio_src, line_src_get_type())

static void twilio_src_init(TwilioSrc*) {}

static void twilio_src_class_init(TwilioSrcClass* klass) {
    trunkline::line::line_src_class_set(&klass->parent_class, &trunkline::twilio::kTwilio, &twilio_src_template);
    gst_element_class_set_static_metadata(
        GST_ELEMENT_CLASS(klass), "Twilio call source", "Source/Network/Audio",
        "What the caller of a Twilio call says (Media Streams, mu-law 8 kHz), pushed as it arrives", "Trunkline");
}
