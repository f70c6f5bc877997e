#pragma once
// The properties of humeevi; those that deepgramagent has too have the same names, so that a swap is one word.
#include "elements/hume/evi_config.h"
#include "engine/agent/properties.h"

namespace trunkline::hume {

const agent::PropertyTable<EviConfig>& properties();

}  // namespace trunkline::hume
