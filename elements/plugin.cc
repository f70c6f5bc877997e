// libgsttrunkline.so: the elements for gst-inspect-1.0 and gst-launch-1.0. The engine itself registers them statically.
#include <gst/gst.h>

#include "elements/register.h"

#define PACKAGE "trunkline"

static gboolean plugin_init(GstPlugin* plugin) { return trunkline::register_elements(plugin) ? TRUE : FALSE; }

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, trunkline,
                  "Phone calls and voice AI: carriers, agents, barge-in, facts", plugin_init, "0.1.0", "Apache 2.0",
                  "trunkline", "https://github.com/trunkline/trunkline")
