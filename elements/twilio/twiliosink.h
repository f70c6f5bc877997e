#pragma once
#include <gst/gst.h>

G_BEGIN_DECLS
#define TRUNKLINE_TYPE_TWILIO_SINK (twilio_sink_get_type())
G_DECLARE_FINAL_TYPE(TwilioSink, twilio_sink, TRUNKLINE, TWILIO_SINK, GstElement)
G_END_DECLS
