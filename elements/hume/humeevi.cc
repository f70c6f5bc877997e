// The GObject of humeevi: class, properties, signals; each call goes to hume::Evi.
//
//   gst-launch-1.0 audiotestsrc is-live=true ! audio/x-raw,rate=16000 ! humeevi config-id=… ! queue ! autoaudiosink
#include "elements/hume/humeevi.h"

#include "elements/hume/evi.h"
#include "engine/agent/element_class.h"

using trunkline::hume::EviTalk;

struct _HumeEvi {
    GstElement parent_instance;
    trunkline::hume::Evi* impl;
};
G_DEFINE_TYPE(HumeEvi, hume_evi, GST_TYPE_ELEMENT)

using Class = trunkline::agent::ElementClass<HumeEvi>;

namespace {

void set_context_text(GstElement* element, const gchar* context) {
    Class::impl_of(element)->with(
        [text = trunkline::agent::text_of(context)](EviTalk& talk) { talk.set_context(text); });
}
void pause_agent(GstElement* element) {
    Class::impl_of(element)->with([](EviTalk& talk) { talk.pause(); });
}
void resume_agent(GstElement* element) {
    Class::impl_of(element)->with([](EviTalk& talk) { talk.resume_agent(); });
}

}  // namespace

static void hume_evi_init(HumeEvi* self) { Class::init_instance(self); }

static void hume_evi_class_init(HumeEviClass* klass) {
    Class::init(klass, trunkline::hume::kSinkTemplate, trunkline::hume::kSrcTemplate);
    Class::add_texts(klass);
    Class::add_action(klass, "set-context", G_CALLBACK(set_context_text), G_TYPE_STRING);
    Class::add_controls(klass);
    Class::add_action(klass, "pause", G_CALLBACK(pause_agent));
    Class::add_action(klass, "resume", G_CALLBACK(resume_agent));
    auto* element = GST_ELEMENT_CLASS(klass);
    gst_element_class_set_static_metadata(element, "Hume voice agent", "Filter/Network/Audio/Agent",
                                          "Talks with the caller through Hume's Empathic Voice Interface", "Trunkline");
    gst_element_class_add_metadata(element, "call-facts", "emotion");
}
