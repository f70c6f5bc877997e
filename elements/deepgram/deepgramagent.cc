// The GObject of deepgramagent: class, properties, signals; each call goes to deepgram::Agent.
//
//   gst-launch-1.0 audiotestsrc is-live=true ! mulawenc ! deepgramagent prompt="Be brief." ! mulawdec ! queue !
//   autoaudiosink
#include "elements/deepgram/deepgramagent.h"

#include "elements/deepgram/agent.h"
#include "elements/deepgram/agent_properties.h"

using trunkline::deepgram::Agent;

struct _DeepgramAgent {
    GstElement parent_instance;
    Agent* impl;
};
G_DEFINE_TYPE(DeepgramAgent, deepgram_agent, GST_TYPE_ELEMENT)

namespace {

Agent* impl_of(gpointer object) { return TRUNKLINE_DEEPGRAM_AGENT(object)->impl; }

std::string text(const gchar* s) { return s ? s : ""; }

void inject_agent(GstElement* e, const gchar* message, const gchar* behavior) {
    impl_of(e)->inject_agent(text(message), text(behavior));
}
void inject_user(GstElement* e, const gchar* message) { impl_of(e)->inject_user(text(message)); }
void update_prompt(GstElement* e, const gchar* prompt) { impl_of(e)->update_prompt(text(prompt)); }
void tool_result(GstElement* e, const gchar* id, const gchar* content) {
    impl_of(e)->tool_result(text(id), text(content));
}
void interrupt(GstElement* e) { impl_of(e)->interrupt(); }
void protect(GstElement* e, gboolean on) { impl_of(e)->protect(on != FALSE); }

template <class... Types>
void add_action(DeepgramAgentClass* klass, const char* name, GCallback handler, Types... types) {
    g_signal_new_class_handler(name, G_TYPE_FROM_CLASS(klass),
                               static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION), handler, nullptr,
                               nullptr, nullptr, G_TYPE_NONE, static_cast<guint>(sizeof...(types)), types...);
}

void finalize(GObject* object) {
    delete impl_of(object);
    G_OBJECT_CLASS(deepgram_agent_parent_class)->finalize(object);
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
    GST_OBJECT_LOCK(object);
    const bool known = trunkline::deepgram::set_property(impl_of(object)->config, id, value);
    GST_OBJECT_UNLOCK(object);
    if (!known) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
    GST_OBJECT_LOCK(object);
    const bool known = trunkline::deepgram::get_property(impl_of(object)->config, id, value);
    GST_OBJECT_UNLOCK(object);
    if (!known) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

void set_context(GstElement* element, GstContext* context) {
    if (auto* call = trunkline::call_context_get(context)) impl_of(element)->set_call(call);
    GST_ELEMENT_CLASS(deepgram_agent_parent_class)->set_context(element, context);
}

GstPad* request_new_pad(GstElement* element, GstPadTemplate*, const gchar*, const GstCaps*) {
    return impl_of(element)->request_events();
}

void release_pad(GstElement* element, GstPad* pad) { impl_of(element)->release(pad); }

GstStateChangeReturn change_state(GstElement* element, GstStateChange change) {
    return impl_of(element)->change_state(GST_ELEMENT_CLASS(deepgram_agent_parent_class), change);
}

}  // namespace

static void deepgram_agent_init(DeepgramAgent* self) {
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE);
    self->impl = new Agent(GST_ELEMENT(self));
}

static void deepgram_agent_class_init(DeepgramAgentClass* klass) {
    auto* object = G_OBJECT_CLASS(klass);
    object->finalize = finalize;
    object->set_property = set_property;
    object->get_property = get_property;
    trunkline::deepgram::install_properties(object);
    add_action(klass, "inject-agent", G_CALLBACK(inject_agent), G_TYPE_STRING, G_TYPE_STRING);
    add_action(klass, "inject-user", G_CALLBACK(inject_user), G_TYPE_STRING);
    add_action(klass, "update-prompt", G_CALLBACK(update_prompt), G_TYPE_STRING);
    add_action(klass, "tool-result", G_CALLBACK(tool_result), G_TYPE_STRING, G_TYPE_STRING);
    add_action(klass, "interrupt", G_CALLBACK(interrupt));
    add_action(klass, "protect", G_CALLBACK(protect), G_TYPE_BOOLEAN);

    auto* element = GST_ELEMENT_CLASS(klass);
    element->set_context = set_context;
    element->request_new_pad = request_new_pad;
    element->release_pad = release_pad;
    element->change_state = change_state;
    gst_element_class_add_static_pad_template(element, &trunkline::deepgram::kSinkTemplate);
    gst_element_class_add_static_pad_template(element, &trunkline::deepgram::kSrcTemplate);
    gst_element_class_add_static_pad_template(element, &trunkline::gst::kEventSrcTemplate);
    gst_element_class_set_static_metadata(element, "Deepgram voice agent", "Filter/Network/Audio",
                                          "Talks with the caller through Deepgram's Voice Agent v1", "Trunkline");
}
