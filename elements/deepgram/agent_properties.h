#pragma once
// The properties of deepgramagent: one table of names, texts and members, so that a property is one line.
#include <glib-object.h>

#include "elements/deepgram/agent_config.h"

namespace trunkline::deepgram {

void install_properties(GObjectClass* klass);
/// False when there is no such property.
bool set_property(AgentConfig& config, guint id, const GValue* value);
bool get_property(const AgentConfig& config, guint id, GValue* value);

}  // namespace trunkline::deepgram
