#pragma once
#include <gst/gst.h>

G_BEGIN_DECLS
#define TRUNKLINE_TYPE_DB_SINK (db_sink_get_type())
G_DECLARE_FINAL_TYPE(DbSink, db_sink, TRUNKLINE, DB_SINK, GstElement)
G_END_DECLS
