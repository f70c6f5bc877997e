#pragma once
#include <gst/gst.h>

G_BEGIN_DECLS
#define TRUNKLINE_TYPE_WEBHOOK_SINK (webhook_sink_get_type())
G_DECLARE_FINAL_TYPE(WebhookSink, webhook_sink, TRUNKLINE, WEBHOOK_SINK, GstElement)
G_END_DECLS
