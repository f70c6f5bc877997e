// webhooksink: facts of a call as signed POSTs, one per fact, in order, at least once.
//
//   facts ──sink──▶ Outbox::put ──▶ local database ──▶ egress thread ──POST──▶ url   (retries with back-off)
//
// The body is the fact; headers webhook-id (call_id:seq, the idempotency key), webhook-timestamp and webhook-signature.
#include "elements/webhook/webhooksink.h"

#include <memory>
#include <string>
#include <utility>

#include "elements/webhook/event_filter.h"
#include "engine/core/log.h"
#include "engine/events/outbox.h"
#include "engine/gst/call_context.h"
#include "engine/gst/event_pad.h"
#include "engine/gst/fact_sink.h"

namespace trunkline::webhook {

/// Shared with the call: it sends `call.ended` when the element is long gone.
struct Sender {
    Outbox* outbox = nullptr;
    EventFilter filter;
    std::string endpoint_id;

    void operator()(const FactPtr& fact) const {
        if (!outbox || !filter.wants(fact->type)) return;
        if (!outbox->put(FactRecord{fact, false, endpoint_id})) {
            log_error("webhooksink", "fact refused: the outbox is full",
                      {{"call_id", fact->call_id}, {"seq", fact->seq}, {"type", fact->type}});
        }
    }
};

class WebhookSinkImpl {
  public:
    explicit WebhookSinkImpl(GstElement* element)
        : facts(element, [this](const FactPtr& fact) { (*sender_)(fact); }), element_(element) {}

    bool attach() {
        CallContext* call = facts.call();
        if (!call || !call->outbox) {
            GST_ELEMENT_ERROR(element_, RESOURCE, NOT_FOUND, ("webhooksink runs only inside a call"),
                              ("no \"%s\" context with an outbox was set before READY; start the graph with `trunkline "
                               "serve`",
                               kCallContextType));
            return false;
        }
        if (!url.starts_with("http://") && !url.starts_with("https://")) {
            GST_ELEMENT_ERROR(element_, RESOURCE, SETTINGS, ("webhooksink needs an http:// or https:// url"),
                              ("the property `url` is \"%s\"", url.c_str()));
            return false;
        }
        *sender_ = {call->outbox, EventFilter(events), webhook_endpoint_id(url, secret)};
        call->outbox->add_endpoint({sender_->endpoint_id, url, secret});
        if (std::exchange(joined_, call) != call) {  // started again in the same call: it gets them already
            if (call->facts) {
                call->outbox->put(
                    WebhookEnd{call->facts->call_id(), sender_->endpoint_id, sender_->filter.wants("call.ended")});
            }
            call->join_call_facts([sender = sender_](const FactPtr& fact) { (*sender)(fact); });
        }
        return true;
    }

    gst::FactSink facts;
    std::string url, secret, events;

  private:
    GstElement* element_;
    std::shared_ptr<Sender> sender_ = std::make_shared<Sender>();
    const CallContext* joined_ = nullptr;
};

}  // namespace trunkline::webhook

using trunkline::webhook::WebhookSinkImpl;

struct _WebhookSink {
    GstElement parent_instance;
    WebhookSinkImpl* impl;
};
G_DEFINE_TYPE(WebhookSink, webhook_sink, GST_TYPE_ELEMENT)

enum { kProp0, kPropUrl, kPropSecret, kPropEvents };

static WebhookSinkImpl* impl_of(gpointer object) { return TRUNKLINE_WEBHOOK_SINK(object)->impl; }

static void webhook_sink_init(WebhookSink* self) { self->impl = new WebhookSinkImpl(GST_ELEMENT(self)); }

static void webhook_sink_finalize(GObject* object) {
    delete impl_of(object);
    G_OBJECT_CLASS(webhook_sink_parent_class)->finalize(object);
}

static void webhook_sink_set_context(GstElement* element, GstContext* context) {
    impl_of(element)->facts.set_context(context);
    GST_ELEMENT_CLASS(webhook_sink_parent_class)->set_context(element, context);
}

static std::string* text_of(WebhookSinkImpl* impl, guint id) {
    switch (id) {
        case kPropUrl:
            return &impl->url;
        case kPropSecret:
            return &impl->secret;
        case kPropEvents:
            return &impl->events;
        default:
            return nullptr;
    }
}

static void webhook_sink_set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
    std::string* text = text_of(impl_of(object), id);
    if (!text) {
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
        return;
    }
    const char* given = g_value_get_string(value);
    *text = given ? given : "";
}

static void webhook_sink_get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
    if (id == kPropSecret) {
        g_value_set_string(value, impl_of(object)->secret.empty() ? "" : "***");
    } else if (const std::string* text = text_of(impl_of(object), id)) {
        g_value_set_string(value, text->c_str());
    } else {
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

static GstStateChangeReturn webhook_sink_change_state(GstElement* element, GstStateChange change) {
    if (change == GST_STATE_CHANGE_NULL_TO_READY && !impl_of(element)->attach()) return GST_STATE_CHANGE_FAILURE;
    return GST_ELEMENT_CLASS(webhook_sink_parent_class)->change_state(element, change);
}

static void webhook_sink_class_init(WebhookSinkClass* klass) {
    auto* object = G_OBJECT_CLASS(klass);
    object->finalize = webhook_sink_finalize;
    object->set_property = webhook_sink_set_property;
    object->get_property = webhook_sink_get_property;
    const auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
    g_object_class_install_property(
        object, kPropUrl, g_param_spec_string("url", "URL", "Where facts are POSTed, http:// or https://", "", flags));
    g_object_class_install_property(
        object, kPropSecret,
        g_param_spec_string("secret", "Secret",
                            "Key of the HMAC-SHA256 in the webhook-signature header; reads back as ***", "", flags));
    g_object_class_install_property(
        object, kPropEvents,
        g_param_spec_string("events", "Events",
                            "Comma list of fact types to send, exact (transcript) or a family (call.*); empty = all",
                            "", flags));
    auto* element = GST_ELEMENT_CLASS(klass);
    element->set_context = webhook_sink_set_context;
    element->change_state = webhook_sink_change_state;
    gst_element_class_add_static_pad_template(element, &trunkline::gst::kEventSinkTemplate);
    gst_element_class_set_static_metadata(element, "Webhook sink", "Sink/Events",
                                          "POSTs the facts of a call, signed, in order, with retries", "Trunkline");
}
