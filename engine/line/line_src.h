#pragma once
// Base class of the carriers' sources: what the caller says, from the call's media session to a pad.
//
//   LineSession (socket) ──on_audio──▶ LineSrc ──src──▶ audio as the carrier sent it
//                        ──on_dtmf───▶         ──events─▶ media.started, dtmf, media.stopped
//
// Pushed from the shard as messages arrive; every buffer carries the time its bytes were read
// (timestamp/x-call-ingress). A carrier's element sets `carrier` and `src_template` in its class and adds its pad
// templates and description.
#include <gst/gst.h>

#include "engine/line/carrier_kind.h"

namespace trunkline::line {
class LineSrcImpl;
}

struct LineSrc {
    GstElement parent_instance;
    trunkline::line::LineSrcImpl* impl;
};
struct LineSrcClass {
    GstElementClass parent_class;
    const trunkline::line::CarrierKind* carrier;
    GstStaticPadTemplate* src_template;
};

GType line_src_get_type();

namespace trunkline::line {
/// For a carrier's class_init: pad templates, carrier.
void line_src_class_set(LineSrcClass* klass, const CarrierKind* carrier, GstStaticPadTemplate* src_template);
}  // namespace trunkline::line
