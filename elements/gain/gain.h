#pragma once
// gain: makes audio louder by a factor and keeps it from clipping.
#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS
#define TRUNKLINE_TYPE_GAIN (trunkline_gain_get_type())
G_DECLARE_FINAL_TYPE(TrunklineGain, trunkline_gain, TRUNKLINE, GAIN, GstBaseTransform)
G_END_DECLS
