#pragma once
#include <gst/gst.h>

G_BEGIN_DECLS
#define TRUNKLINE_TYPE_BARGE_IN (barge_in_get_type())
G_DECLARE_FINAL_TYPE(BargeIn, barge_in, TRUNKLINE, BARGE_IN, GstElement)
G_END_DECLS
