#pragma once
// The `events` pad of an element: facts as buffers, one JSON object each (caps application/x-call-event, format=json).
// A request pad: where nobody asked for it, a fact is not even written.
#include <gst/gst.h>

#include <memory>
#include <string_view>

#include "engine/core/json.h"
#include "engine/events/fact.h"

namespace trunkline {
struct CallContext;
}

namespace trunkline::gst {

/// Pad templates every element uses; caps are shared by `dbsink`, `webhooksink` and whatever takes facts.
#define TRUNKLINE_EVENT_CAPS "application/x-call-event, format=(string)json"
extern GstStaticPadTemplate kEventSrcTemplate;   ///< "events", src, on request
extern GstStaticPadTemplate kEventSinkTemplate;  ///< "sink", sink, always

class EventPad {
  public:
    explicit EventPad(GstElement* element) : element_(element) {}

    /// For GstElementClass::request_new_pad and release_pad. One pad at a time; nullptr for a second.
    GstPad* request();
    void release(GstPad* pad);
    bool is(const GstPad* pad) const { return pad == pad_; }

    /// True when somebody listens; callers may skip the work of making a fact.
    bool wanted() const { return pad_ && gst_pad_is_linked(pad_); }
    /// Makes the fact (numbered by the call, or by this pad when there is no call) and pushes it. `fields` is the
    /// inside of a JSON object, "" for none. `turn` 0 = null. Shard thread only. Returns the fact; nullptr when nobody
    /// listens, or when the outbox has no room for a fact of this weight.
    FactPtr push(CallContext* call, std::string_view type, uint64_t turn, std::string_view fields);
    void eos();
    void reset();

  private:
    void start();

    GstElement* element_;
    GstPad* pad_ = nullptr;
    std::unique_ptr<FactNumberer> own_numbers_;  // without a call
    bool started_ = false;
    bool ended_ = false;
};

/// A buffer that carries `fact`: its memory is the fact's body, not a copy.
GstBuffer* fact_buffer_new(FactPtr fact);
/// The fact in `buffer`; parsed from its JSON when the buffer was copied on the way. nullptr when it is none.
FactPtr fact_of_buffer(GstBuffer* buffer);

/// The fields of a fact, without the braces: `fields([&](JsonWriter& w) { w.field("digit", d); })`.
template <class Fill>
std::string fields(Fill fill) {
    JsonWriter writer;
    writer.begin_object();
    fill(writer);
    writer.end();
    std::string text = writer.take();
    return text.substr(1, text.size() - 2);
}

}  // namespace trunkline::gst
