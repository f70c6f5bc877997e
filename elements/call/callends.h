#pragma once
#include <gst/gst.h>

// callsrc and callsink stand in a graph for the carrier the call came on: the graph loader puts twiliosrc and
// twiliosink, or vonagesrc and vonagesink, in their place. As elements they only document that.
G_BEGIN_DECLS
#define TRUNKLINE_TYPE_CALL_SRC (call_src_get_type())
G_DECLARE_FINAL_TYPE(CallSrc, call_src, TRUNKLINE, CALL_SRC, GstElement)
#define TRUNKLINE_TYPE_CALL_SINK (call_sink_get_type())
G_DECLARE_FINAL_TYPE(CallSink, call_sink, TRUNKLINE, CALL_SINK, GstElement)
G_END_DECLS
