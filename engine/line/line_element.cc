#include "engine/line/line_element.h"

#include <cstring>
#include <string>

#include "engine/gst/call_context.h"
#include "engine/line/line_session.h"

namespace trunkline::line {

LineSession* find_session(GstElement* element, CallContext* call, const CarrierKind& carrier, int rate) {
    const bool is_source = GST_OBJECT_FLAG_IS_SET(element, GST_ELEMENT_FLAG_SOURCE);
    const std::string factory = std::string(carrier.carrier) + (is_source ? "src" : "sink");
    auto* session = call ? dynamic_cast<LineSession*>(call->media) : nullptr;
    if (!session || std::strcmp(session->carrier(), carrier.carrier) != 0) {
        GST_ELEMENT_ERROR(element, RESOURCE, NOT_FOUND,
                          ("%s runs only inside a %s call", factory.c_str(), carrier.title),
                          ("no \"%s\" context with a %s session was set before READY; start the graph with "
                           "`trunkline serve`, or use another element in gst-launch",
                           kCallContextType, carrier.title));
        return nullptr;
    }
    if (session->format().rate != rate) {
        GST_ELEMENT_ERROR(element, STREAM, FORMAT,
                          ("the call speaks %d Hz, but %s has rate=%d", session->format().rate, factory.c_str(), rate),
                          ("the graph was planned for the rate of the settings: set both to the rate that the "
                           "answer document asks for"));
        return nullptr;
    }
    return session;
}

gst::Ptr<GstCaps> caps_at(GstStaticPadTemplate* pad_template, int rate) {
    auto any = gst::Ptr<GstCaps>::adopt(gst_static_pad_template_get_caps(pad_template));
    auto one = gst::Ptr<GstCaps>::adopt(gst_caps_copy(any.get()));
    gst_caps_set_simple(one.get(), "rate", G_TYPE_INT, rate, nullptr);
    return gst::Ptr<GstCaps>::adopt(gst_caps_intersect(any.get(), one.get()));
}

bool answer_caps(GstQuery* query, GstStaticPadTemplate* pad_template, int rate) {
    if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS) return false;
    GstCaps* filter = nullptr;
    gst_query_parse_caps(query, &filter);
    gst::Ptr<GstCaps> caps = caps_at(pad_template, rate);
    if (filter) {
        caps = gst::Ptr<GstCaps>::adopt(gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST));
    }
    gst_query_set_caps_result(query, caps.get());
    return true;
}

void install_rate(GObjectClass* klass, const CarrierKind& carrier) {
    g_object_class_install_property(
        klass, kPropRate,
        g_param_spec_int(
            "rate", "Rate",
            "Samples per second of the call's audio: 8000, 16000 or 24000, as the answer document asked "
            "the carrier for; another rate refuses to start (Hz)",
            8000, 24000, carrier.rate,
            static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)));
}

void set_rate(int* rate, GObject* object, guint id, const GValue* value, GParamSpec* spec) {
    if (id == kPropRate) {
        *rate = g_value_get_int(value);
    } else {
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

void get_rate(int rate, GObject* object, guint id, GValue* value, GParamSpec* spec) {
    if (id == kPropRate) {
        g_value_set_int(value, rate);
    } else {
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

}  // namespace trunkline::line
