#pragma once
// The GObject of a voice agent: what its class and its instances need, so that the file of an element names its type,
// its pads and the actions that are its own.
#include <gst/gst.h>

#include <string>
#include <type_traits>

#include "engine/agent/element.h"
#include "engine/gst/call_context.h"
#include "engine/gst/event_pad.h"

namespace trunkline::agent {

inline std::string text_of(const gchar* text) { return text ? text : ""; }

/// `Instance` is the instance struct of the type: a GstElement, then `impl`, a pointer to an ElementOf that has
///   static const PropertyTable<Config>& properties();
///   void inject_agent(std::string text, const std::string& behavior);
/// and whose talk takes inject_user(text) and update_prompt(text).
template <class Instance>
class ElementClass {
  public:
    using Impl = std::remove_pointer_t<decltype(Instance::impl)>;

    static Impl* impl_of(gpointer object) { return static_cast<Instance*>(object)->impl; }

    static void init_instance(Instance* self) {
        GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE);
        self->impl = new Impl(GST_ELEMENT(self));
    }

    static void init(gpointer klass, GstStaticPadTemplate& sink, GstStaticPadTemplate& src) {
        parent_ = GST_ELEMENT_CLASS(g_type_class_peek_parent(klass));
        auto* object = G_OBJECT_CLASS(klass);
        object->finalize = finalize;
        object->set_property = set_property;
        object->get_property = get_property;
        Impl::properties().install(object);
        auto* element = GST_ELEMENT_CLASS(klass);
        element->set_context = set_context;
        element->request_new_pad = request_new_pad;
        element->release_pad = release_pad;
        element->change_state = change_state;
        for (auto* pad : {&sink, &src, &gst::kEventSrcTemplate})
            gst_element_class_add_static_pad_template(element, pad);
    }

    template <class... Types>
    static void add_action(gpointer klass, const char* name, GCallback handler, Types... types) {
        g_signal_new_class_handler(name, G_TYPE_FROM_CLASS(klass),
                                   static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION), handler, nullptr,
                                   nullptr, nullptr, G_TYPE_NONE, static_cast<guint>(sizeof...(types)), types...);
    }

    /// What the agent is told: inject-agent, inject-user, update-prompt.
    static void add_texts(gpointer klass) {
        add_action(klass, "inject-agent", G_CALLBACK(inject_agent), G_TYPE_STRING, G_TYPE_STRING);
        add_action(klass, "inject-user", G_CALLBACK(inject_user), G_TYPE_STRING);
        add_action(klass, "update-prompt", G_CALLBACK(update_prompt), G_TYPE_STRING);
    }

    /// What is done to the talk: tool-result, interrupt, protect.
    static void add_controls(gpointer klass) {
        add_action(klass, "tool-result", G_CALLBACK(tool_result), G_TYPE_STRING, G_TYPE_STRING);
        add_action(klass, "interrupt", G_CALLBACK(interrupt));
        add_action(klass, "protect", G_CALLBACK(protect), G_TYPE_BOOLEAN);
    }

  private:
    static void finalize(GObject* object) {
        delete impl_of(object);
        G_OBJECT_CLASS(parent_)->finalize(object);
    }

    static void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
        GST_OBJECT_LOCK(object);
        const bool known = Impl::properties().set(impl_of(object)->config, id, value);
        GST_OBJECT_UNLOCK(object);
        if (!known) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }

    static void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
        GST_OBJECT_LOCK(object);
        const bool known = Impl::properties().get(impl_of(object)->config, id, value);
        GST_OBJECT_UNLOCK(object);
        if (!known) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }

    static void set_context(GstElement* element, GstContext* context) {
        if (auto* call = call_context_get(context)) impl_of(element)->set_call(call);
        parent_->set_context(element, context);
    }

    static GstPad* request_new_pad(GstElement* element, GstPadTemplate*, const gchar*, const GstCaps*) {
        return impl_of(element)->request_events();
    }

    static void release_pad(GstElement* element, GstPad* pad) { impl_of(element)->release(pad); }

    static GstStateChangeReturn change_state(GstElement* element, GstStateChange change) {
        return impl_of(element)->change_state(parent_, change);
    }

    static void inject_agent(GstElement* element, const gchar* message, const gchar* behavior) {
        impl_of(element)->inject_agent(text_of(message), text_of(behavior));
    }
    static void inject_user(GstElement* element, const gchar* message) {
        impl_of(element)->with([text = text_of(message)](auto& talk) { talk.inject_user(text); });
    }
    static void update_prompt(GstElement* element, const gchar* prompt) {
        impl_of(element)->with([text = text_of(prompt)](auto& talk) { talk.update_prompt(text); });
    }
    static void tool_result(GstElement* element, const gchar* id, const gchar* content) {
        impl_of(element)->tool_result(text_of(id), text_of(content));
    }
    static void interrupt(GstElement* element) { impl_of(element)->interrupt(); }
    static void protect(GstElement* element, gboolean on) { impl_of(element)->protect(on != FALSE); }

    inline static GstElementClass* parent_ = nullptr;
};

}  // namespace trunkline::agent
