#include "engine/gst/call_context.h"

namespace trunkline {

void CallContext::join_call_facts(std::function<void(const FactPtr&)> sink) {
    for (const FactPtr& fact : call_facts) sink(fact);
    call_fact_sinks.push_back(std::move(sink));
}

GstContext* call_context_new(CallContext* call) {
    GstContext* context = gst_context_new(kCallContextType, TRUE);
    gst_structure_set(gst_context_writable_structure(context), "call", G_TYPE_POINTER, call, nullptr);
    return context;
}

CallContext* call_context_get(GstContext* context) {
    if (!context || !gst_context_has_context_type(context, kCallContextType)) return nullptr;
    gpointer call = nullptr;
    gst_structure_get(gst_context_get_structure(context), "call", G_TYPE_POINTER, &call, nullptr);
    return static_cast<CallContext*>(call);
}

}  // namespace trunkline
