#pragma once
#include <gst/gst.h>

G_BEGIN_DECLS
#define TRUNKLINE_TYPE_TWILIO_SRC (twilio_src_get_type())
G_DECLARE_FINAL_TYPE(TwilioSrc, twilio_src, TRUNKLINE, TWILIO_SRC, GstElement)
G_END_DECLS
