#pragma once
// What build() needs of a node, made once: the loaded factory and property values ready to set.
#include <gst/gst.h>

#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/graph/property.h"
#include "engine/gst/gst_ptr.h"

namespace trunkline::graph {

struct PreparedProperty {
    GParamSpec* spec = nullptr;
    OwnedValue value;  ///< unset when `parts` make it per call
    std::vector<TemplatePart> parts;
};

struct PreparedNode {
    gst::Ptr<GstElementFactory> factory;
    std::vector<PreparedProperty> properties;
};

/// Parallel to Wiring::nodes.
struct PreparedWiring {
    std::vector<PreparedNode> nodes;
};

}  // namespace trunkline::graph
