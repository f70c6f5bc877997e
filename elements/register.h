#pragma once
// Makes the engine's own elements known to GStreamer. Called once by main.cc after gst_init(), and by the plugin.

typedef struct _GstPlugin GstPlugin;

namespace trunkline {

/// `plugin` nullptr registers them statically: no plugin scan, no registry cache.
bool register_elements(GstPlugin* plugin = nullptr);

}  // namespace trunkline
