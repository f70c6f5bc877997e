#pragma once
// vonagesrc: what the caller of a Vonage call says, as Vonage sent it. The work is done by LineSrc and VonageSession.
#include "engine/line/line_src.h"

#define TRUNKLINE_TYPE_VONAGE_SRC (vonage_src_get_type())
GType vonage_src_get_type();
