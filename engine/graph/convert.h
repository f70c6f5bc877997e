#pragma once
// Which stock converters lead from one kind of telephone audio to another, and what they cost.
#include <gst/gst.h>

#include <optional>
#include <string>
#include <vector>

#include "engine/gst/gst_ptr.h"

namespace trunkline::graph {

struct ConversionStep {
    const char* factory;     ///< mulawdec, audioconvert, audioresample, mulawenc, …
    gst::Ptr<GstCaps> caps;  ///< what it gives out, fixed
};

struct Conversion {
    gst::Ptr<GstCaps> from;  ///< what the source must give, fixed
    std::vector<ConversionStep> steps;
    double cost_us = 0;
};

/// The cheapest chain from something in `offered` to something in `wanted`; nothing when there is none. Both must have
/// nothing in common (else no conversion is needed).
std::optional<Conversion> plan_conversion(const GstCaps* offered, const GstCaps* wanted);

/// CPU in microseconds per 20 ms frame of a stock element between two fixed caps; 0 = not known.
double element_cost_us(std::string_view factory, const GstCaps* in, const GstCaps* out);
/// How long a stock element holds audio back between two fixed caps, in nanoseconds.
uint64_t element_delay_ns(std::string_view factory, const GstCaps* in, const GstCaps* out);

}  // namespace trunkline::graph
