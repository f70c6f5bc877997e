#pragma once
// twiliosink: what the caller of a Twilio call hears.
#include "engine/line/line_sink.h"

#define TRUNKLINE_TYPE_TWILIO_SINK (twilio_sink_get_type())
GType twilio_sink_get_type();
