#include "engine/gst/event_pad.h"

#include "engine/core/clock.h"
#include "engine/core/id.h"
#include "engine/events/outbox.h"
#include "engine/gst/call_context.h"
#include "engine/gst/gst_ptr.h"

namespace trunkline::gst {

GstStaticPadTemplate kEventSrcTemplate =
    GST_STATIC_PAD_TEMPLATE("events", GST_PAD_SRC, GST_PAD_REQUEST, GST_STATIC_CAPS(TRUNKLINE_EVENT_CAPS));
GstStaticPadTemplate kEventSinkTemplate =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(TRUNKLINE_EVENT_CAPS));

namespace {

GQuark fact_quark() {
    static const GQuark quark = g_quark_from_static_string("trunkline-fact");
    return quark;
}

void delete_fact(gpointer fact) { delete static_cast<FactPtr*>(fact); }

/// RFC 3339 to milliseconds since 1970; now when it is none.
int64_t unix_ms_of(const std::string& time) {
    GDateTime* parsed = g_date_time_new_from_iso8601(time.c_str(), nullptr);
    if (!parsed) return unix_ms();
    const int64_t ms = g_date_time_to_unix(parsed) * 1000 + g_date_time_get_microsecond(parsed) / 1000;
    g_date_time_unref(parsed);
    return ms;
}

}  // namespace

GstPad* EventPad::request() {
    if (pad_) return nullptr;
    pad_ = gst_pad_new_from_static_template(&kEventSrcTemplate, "events");
    gst_pad_use_fixed_caps(pad_);
    gst_pad_set_active(pad_, TRUE);
    gst_element_add_pad(element_, pad_);
    return pad_;
}

void EventPad::release(GstPad* pad) {
    if (pad != pad_) return;
    pad_ = nullptr;
    gst_pad_set_active(pad, FALSE);
    gst_element_remove_pad(element_, pad);
}

FactPtr EventPad::push(CallContext* call, std::string_view type, uint64_t turn, std::string_view fields) {
    if (!wanted() || ended_) return nullptr;
    if (call && call->outbox && !call->outbox->has_room(fact_weight(type, fields))) return nullptr;
    if (!started_) start();
    FactNumberer* numbers = call ? call->facts : own_numbers_.get();
    if (!numbers) {
        own_numbers_ = std::make_unique<FactNumberer>(new_id("call_"), "", monotonic_ns());
        numbers = own_numbers_.get();
    }
    Chars name(gst_object_get_name(GST_OBJECT(element_)));
    FactPtr fact = numbers->make(type, name.get(), turn, fields);
    gst_pad_push(pad_, fact_buffer_new(fact));
    return fact;
}

void EventPad::start() {
    started_ = true;
    // Not gst_pad_create_stream_id(): it wants an element with one sink pad at most.
    Chars name(gst_object_get_name(GST_OBJECT(element_)));
    GstEvent* stream_start = gst_event_new_stream_start((std::string(name.get()) + "/events").c_str());
    gst_event_set_stream_flags(stream_start, GST_STREAM_FLAG_SPARSE);
    gst_pad_push_event(pad_, stream_start);
    auto caps = Ptr<GstCaps>::adopt(gst_static_pad_template_get_caps(&kEventSrcTemplate));
    gst_pad_push_event(pad_, gst_event_new_caps(caps.get()));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(pad_, gst_event_new_segment(&segment));
}

void EventPad::eos() {
    if (!pad_ || ended_) return;
    if (!started_) start();
    ended_ = true;
    gst_pad_push_event(pad_, gst_event_new_eos());
}

void EventPad::reset() { started_ = ended_ = false; }

GstBuffer* fact_buffer_new(FactPtr fact) {
    auto* holder = new FactPtr(std::move(fact));
    const std::string& body = (*holder)->body;
    // Read-only memory: a reader that wants to write gets a copy.
    GstBuffer* buffer = gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, const_cast<char*>(body.data()),
                                                    body.size(), 0, body.size(), holder, delete_fact);
    gst_mini_object_set_qdata(GST_MINI_OBJECT_CAST(buffer), fact_quark(), new FactPtr(*holder), delete_fact);
    return buffer;
}

FactPtr fact_of_buffer(GstBuffer* buffer) {
    if (auto* fact = static_cast<FactPtr*>(gst_mini_object_get_qdata(GST_MINI_OBJECT_CAST(buffer), fact_quark()))) {
        return *fact;
    }
    MappedBuffer map(buffer);
    std::string_view text(reinterpret_cast<const char*>(map.data()), map.size());
    auto doc = Json::parse(text);
    if (!doc || !(*doc)["call_id"].is_string() || (*doc)["seq"].int_or(0) <= 0) return nullptr;
    auto fact = std::make_shared<Fact>();
    fact->call_id = (*doc)["call_id"].text_or("");
    fact->seq = static_cast<uint64_t>((*doc)["seq"].int_or(0));
    fact->type = (*doc)["type"].text_or("");
    fact->t_ms = (*doc)["t_ms"].int_or(0);
    fact->unix_ms = unix_ms_of((*doc)["time"].text_or(""));
    fact->body = std::string(text);
    return fact;
}

}  // namespace trunkline::gst
