#pragma once
// humeevi: a conversation with Hume's Empathic Voice Interface as a GStreamer element. Caller audio in, agent audio
// out, facts on the request pad `events`, emotions among them. The GObject is a shell; elements/hume/evi.h is behind
// it.
#include <gst/gst.h>

G_BEGIN_DECLS
#define TRUNKLINE_TYPE_HUME_EVI (hume_evi_get_type())
G_DECLARE_FINAL_TYPE(HumeEvi, hume_evi, TRUNKLINE, HUME_EVI, GstElement)
G_END_DECLS
