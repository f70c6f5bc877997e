#include "engine/gst/fact_sink.h"

#include "engine/core/log.h"
#include "engine/gst/call_context.h"
#include "engine/gst/event_pad.h"
#include "engine/gst/gst_ptr.h"

namespace trunkline::gst {

FactSink::FactSink(GstElement* element, std::function<void(const FactPtr&)> take)
    : element_(element), take_(std::move(take)) {
    GST_OBJECT_FLAG_SET(element, GST_ELEMENT_FLAG_SINK);
    GstPad* pad = gst_pad_new_from_static_template(&kEventSinkTemplate, "sink");
    gst_pad_set_element_private(pad, this);
    gst_pad_set_chain_function(pad, &FactSink::chain);
    gst_pad_set_event_function(pad, &FactSink::event);
    gst_element_add_pad(element, pad);
}

void FactSink::set_context(GstContext* context) {
    if (auto* call = call_context_get(context)) call_ = call;
}

GstFlowReturn FactSink::chain(GstPad* pad, GstObject*, GstBuffer* buffer) {
    auto* self = static_cast<FactSink*>(gst_pad_get_element_private(pad));
    auto owned = Ptr<GstBuffer>::adopt(buffer);
    if (const FactPtr fact = fact_of_buffer(buffer)) {
        self->take_(fact);
    } else if (++self->malformed_ == 1) {
        log_warn("facts", "a buffer on a facts pad is not a fact and was ignored");
    }
    return GST_FLOW_OK;
}

gboolean FactSink::event(GstPad* pad, GstObject* parent, GstEvent* event) {
    auto* self = static_cast<FactSink*>(gst_pad_get_element_private(pad));
    if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
        gst_element_post_message(self->element_, gst_message_new_eos(GST_OBJECT(self->element_)));
    }
    return gst_pad_event_default(pad, parent, event);
}

}  // namespace trunkline::gst
