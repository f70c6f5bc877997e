#pragma once
// deepgramagent: a conversation with Deepgram's Voice Agent v1 as a GStreamer element. Caller audio in, agent audio
// out, facts on the request pad `events`. The GObject is a shell; elements/deepgram/agent.h is what is behind it.
#include <gst/gst.h>

G_BEGIN_DECLS
#define TRUNKLINE_TYPE_DEEPGRAM_AGENT (deepgram_agent_get_type())
G_DECLARE_FINAL_TYPE(DeepgramAgent, deepgram_agent, TRUNKLINE, DEEPGRAM_AGENT, GstElement)
G_END_DECLS
