#pragma once
#include <gst/gst.h>

G_BEGIN_DECLS
#define TRUNKLINE_TYPE_RECORD_SINK (record_sink_get_type())
G_DECLARE_FINAL_TYPE(RecordSink, record_sink, TRUNKLINE, RECORD_SINK, GstElement)
G_END_DECLS
