#pragma once
// vonagesink: what the caller of a Vonage call hears. The work is done by LineSink and VonageSession.
#include "engine/line/line_sink.h"

#define TRUNKLINE_TYPE_VONAGE_SINK (vonage_sink_get_type())
GType vonage_sink_get_type();
