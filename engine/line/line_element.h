#pragma once
// What the sources and sinks of carriers have in common: finding the call's session, and the property `rate`.
#include <gst/gst.h>

#include "engine/gst/gst_ptr.h"
#include "engine/line/carrier_kind.h"

namespace trunkline {
struct CallContext;
}

namespace trunkline::line {

class LineSession;

/// The session of the call, when it is one of this carrier's and speaks `rate`; else nullptr, and the element has
/// posted an error that says why.
LineSession* find_session(GstElement* element, CallContext* call, const CarrierKind& carrier, int rate);

/// The template's caps at one rate.
gst::Ptr<GstCaps> caps_at(GstStaticPadTemplate* pad_template, int rate);
/// Answers a caps query with caps_at(): the template may name more rates. False when it is another query.
bool answer_caps(GstQuery* query, GstStaticPadTemplate* pad_template, int rate);

inline constexpr guint kPropRate = 1;
void install_rate(GObjectClass* klass, const CarrierKind& carrier);
void set_rate(int* rate, GObject* object, guint id, const GValue* value, GParamSpec* spec);
void get_rate(int rate, GObject* object, guint id, GValue* value, GParamSpec* spec);

}  // namespace trunkline::line
