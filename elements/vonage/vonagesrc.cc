// vonagesrc: what the caller of a Vonage call says, as Vonage sent it. The work is done by LineSrc and VonageSession.
#include "elements/vonage/vonagesrc.h"

#include "elements/vonage/vonage_kind.h"

static GstStaticPadTemplate vonage_src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(TRUNKLINE_VONAGE_CAPS));

struct VonageSrc {
    LineSrc parent_instance;
};
struct VonageSrcClass {
    LineSrcClass parent_class;
};
G_DEFINE_TYPE(VonageSrc, vonage_src, line_src_get_type())

static void vonage_src_init(VonageSrc*) {}

static void vonage_src_class_init(VonageSrcClass* klass) {
    trunkline::line::line_src_class_set(&klass->parent_class, &trunkline::vonage::kVonage, &vonage_src_template);
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Vonage call source", "Source/Network/Audio",
                                          "What the caller of a Vonage call says (WebSocket, linear 16-bit "
                                          "little-endian, 8, 16 or 24 kHz), pushed as it arrives",
                                          "Trunkline");
}
