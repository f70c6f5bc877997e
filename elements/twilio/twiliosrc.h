#pragma once
// twiliosrc: what the caller of a Twilio call says, as Twilio sent it.
#include "engine/line/line_src.h"

#define TRUNKLINE_TYPE_TWILIO_SRC (twilio_src_get_type())
GType twilio_src_get_type();
