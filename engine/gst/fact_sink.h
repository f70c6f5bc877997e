#pragma once
// The shell of an element that takes facts (`dbsink`, `webhooksink`): one sink pad for application/x-call-event, EOS on
// the bus, the call from its context.
#include <gst/gst.h>

#include <functional>

#include "engine/events/fact.h"

namespace trunkline {
struct CallContext;
}

namespace trunkline::gst {

class FactSink {
  public:
    /// Adds the sink pad to `element`. `take` gets every fact, on whatever thread pushes it.
    FactSink(GstElement* element, std::function<void(const FactPtr&)> take);

    /// For GstElementClass::set_context.
    void set_context(GstContext* context);
    CallContext* call() const { return call_; }
    uint64_t malformed() const { return malformed_; }

  private:
    static GstFlowReturn chain(GstPad* pad, GstObject* parent, GstBuffer* buffer);
    static gboolean event(GstPad* pad, GstObject* parent, GstEvent* event);

    GstElement* element_;
    std::function<void(const FactPtr&)> take_;
    CallContext* call_ = nullptr;
    uint64_t malformed_ = 0;
};

}  // namespace trunkline::gst
