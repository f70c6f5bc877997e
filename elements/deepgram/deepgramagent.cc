// The GObject of deepgramagent: class, properties, signals; each call goes to deepgram::Agent.
//
//   gst-launch-1.0 audiotestsrc is-live=true ! mulawenc ! deepgramagent prompt="Be brief." ! mulawdec ! queue !
//   autoaudiosink
#include "elements/deepgram/deepgramagent.h"

#include "elements/deepgram/agent.h"
#include "engine/agent/element_class.h"

struct _DeepgramAgent {
    GstElement parent_instance;
    trunkline::deepgram::Agent* impl;
};
G_DEFINE_TYPE(DeepgramAgent, deepgram_agent, GST_TYPE_ELEMENT)

using Class = trunkline::agent::ElementClass<DeepgramAgent>;

static void deepgram_agent_init(DeepgramAgent* self) { Class::init_instance(self); }

static void deepgram_agent_class_init(DeepgramAgentClass* klass) {
    Class::init(klass, trunkline::deepgram::kSinkTemplate, trunkline::deepgram::kSrcTemplate);
    Class::add_texts(klass);
    Class::add_controls(klass);
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Deepgram voice agent", "Filter/Network/Audio",
                                          "Talks with the caller through Deepgram's Voice Agent v1", "Trunkline");
}
