// The GObject of humeevi: class, properties, signals; each call goes to hume::Evi.
//
//   gst-launch-1.0 audiotestsrc is-live=true ! audio/x-raw,rate=16000 ! humeevi config-id=… ! queue ! autoaudiosink
#include "elements/hume/humeevi.h"

#include "elements/hume/evi.h"
#include "elements/hume/evi_properties.h"

using trunkline::hume::Evi;
using trunkline::hume::EviTalk;

struct _HumeEvi {
    GstElement parent_instance;
    Evi* impl;
};
G_DEFINE_TYPE(HumeEvi, hume_evi, GST_TYPE_ELEMENT)

namespace {

Evi* impl_of(gpointer object) { return TRUNKLINE_HUME_EVI(object)->impl; }

std::string text(const gchar* s) { return s ? s : ""; }

void inject_agent(GstElement* e, const gchar* message, const gchar* behavior) {
    impl_of(e)->inject_agent(text(message), text(behavior));
}
void inject_user(GstElement* e, const gchar* message) {
    impl_of(e)->with([m = text(message)](EviTalk& talk) { talk.inject_user(m); });
}
void update_prompt(GstElement* e, const gchar* prompt) {
    impl_of(e)->with([p = text(prompt)](EviTalk& talk) { talk.update_prompt(p); });
}
void set_context_text(GstElement* e, const gchar* context) {
    impl_of(e)->with([c = text(context)](EviTalk& talk) { talk.set_context(c); });
}
void tool_result(GstElement* e, const gchar* id, const gchar* content) {
    impl_of(e)->tool_result(text(id), text(content));
}
void interrupt(GstElement* e) { impl_of(e)->interrupt(); }
void protect(GstElement* e, gboolean on) { impl_of(e)->protect(on != FALSE); }
void pause_agent(GstElement* e) {
    impl_of(e)->with([](EviTalk& talk) { talk.pause(); });
}
void resume_agent(GstElement* e) {
    impl_of(e)->with([](EviTalk& talk) { talk.resume_agent(); });
}

template <class... Types>
void add_action(HumeEviClass* klass, const char* name, GCallback handler, Types... types) {
    g_signal_new_class_handler(name, G_TYPE_FROM_CLASS(klass),
                               static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION), handler, nullptr,
                               nullptr, nullptr, G_TYPE_NONE, static_cast<guint>(sizeof...(types)), types...);
}

void finalize(GObject* object) {
    delete impl_of(object);
    G_OBJECT_CLASS(hume_evi_parent_class)->finalize(object);
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
    GST_OBJECT_LOCK(object);
    const bool known = trunkline::hume::properties().set(impl_of(object)->config, id, value);
    GST_OBJECT_UNLOCK(object);
    if (!known) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
    GST_OBJECT_LOCK(object);
    const bool known = trunkline::hume::properties().get(impl_of(object)->config, id, value);
    GST_OBJECT_UNLOCK(object);
    if (!known) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

void set_context(GstElement* element, GstContext* context) {
    if (auto* call = trunkline::call_context_get(context)) impl_of(element)->set_call(call);
    GST_ELEMENT_CLASS(hume_evi_parent_class)->set_context(element, context);
}

GstPad* request_new_pad(GstElement* element, GstPadTemplate*, const gchar*, const GstCaps*) {
    return impl_of(element)->request_events();
}

void release_pad(GstElement* element, GstPad* pad) { impl_of(element)->release(pad); }

GstStateChangeReturn change_state(GstElement* element, GstStateChange change) {
    return impl_of(element)->change_state(GST_ELEMENT_CLASS(hume_evi_parent_class), change);
}

}  // namespace

static void hume_evi_init(HumeEvi* self) {
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE);
    self->impl = new Evi(GST_ELEMENT(self));
}

static void hume_evi_class_init(HumeEviClass* klass) {
    auto* object = G_OBJECT_CLASS(klass);
    object->finalize = finalize;
    object->set_property = set_property;
    object->get_property = get_property;
    trunkline::hume::properties().install(object);
    add_action(klass, "inject-agent", G_CALLBACK(inject_agent), G_TYPE_STRING, G_TYPE_STRING);
    add_action(klass, "inject-user", G_CALLBACK(inject_user), G_TYPE_STRING);
    add_action(klass, "update-prompt", G_CALLBACK(update_prompt), G_TYPE_STRING);
    add_action(klass, "set-context", G_CALLBACK(set_context_text), G_TYPE_STRING);
    add_action(klass, "tool-result", G_CALLBACK(tool_result), G_TYPE_STRING, G_TYPE_STRING);
    add_action(klass, "interrupt", G_CALLBACK(interrupt));
    add_action(klass, "protect", G_CALLBACK(protect), G_TYPE_BOOLEAN);
    add_action(klass, "pause", G_CALLBACK(pause_agent));
    add_action(klass, "resume", G_CALLBACK(resume_agent));

    auto* element = GST_ELEMENT_CLASS(klass);
    element->set_context = set_context;
    element->request_new_pad = request_new_pad;
    element->release_pad = release_pad;
    element->change_state = change_state;
    gst_element_class_add_static_pad_template(element, &trunkline::hume::kSinkTemplate);
    gst_element_class_add_static_pad_template(element, &trunkline::hume::kSrcTemplate);
    gst_element_class_add_static_pad_template(element, &trunkline::gst::kEventSrcTemplate);
    gst_element_class_set_static_metadata(element, "Hume voice agent", "Filter/Network/Audio/Agent",
                                          "Talks with the caller through Hume's Empathic Voice Interface", "Trunkline");
    gst_element_class_add_metadata(element, "call-facts", "emotion");
}
