#include "engine/gst/call_context.h"

namespace trunkline {

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
