#pragma once
// Base class of the carriers' sinks: what the caller hears.
//
//   audio ──sink──▶ Playout (queue, window, marks) ──media, mark, clear──▶ LineSession (socket)
//   upstream ◀──playback events── Playout ◀──marks come back──────────────┘
//
// It never waits: audio that comes faster than real time queues in Playout and leaves by a timer of the shard. A
// carrier's element sets `carrier` and `sink_template` in its class and adds its description.
#include <gst/gst.h>

#include "engine/line/carrier_kind.h"

namespace trunkline::line {
class LineSinkImpl;
}

struct LineSink {
    GstElement parent_instance;
    trunkline::line::LineSinkImpl* impl;
};
struct LineSinkClass {
    GstElementClass parent_class;
    const trunkline::line::CarrierKind* carrier;
    GstStaticPadTemplate* sink_template;
};

GType line_sink_get_type();

namespace trunkline::line {
/// For a carrier's class_init: pad template, carrier, the properties send-ahead, mark-interval and max-queue, and
/// `rate` when the carrier has several.
void line_sink_class_set(LineSinkClass* klass, const CarrierKind* carrier, GstStaticPadTemplate* sink_template);
}  // namespace trunkline::line
