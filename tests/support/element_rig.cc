// Plain pads without an element around them; GStreamer allows that.
#include "tests/support/element_rig.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace trunkline::test {
namespace {

std::string text_of(const GstStructure* structure) {
    if (!structure) return {};
    gchar* text = gst_structure_to_string(structure);
    std::string result = text;
    g_free(text);
    return result;
}

}  // namespace

PadRecorder::PadRecorder(const char* caps) {
    GstCaps* wanted = caps ? gst_caps_from_string(caps) : gst_caps_new_any();
    GstPadTemplate* pad_template = gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, wanted);
    gst_caps_unref(wanted);
    pad_ = gst_pad_new_from_template(pad_template, "sink");
    gst_object_ref_sink(pad_);
    gst_object_unref(pad_template);
    gst_pad_set_element_private(pad_, this);
    gst_pad_set_chain_function(pad_, [](GstPad* pad, GstObject*, GstBuffer* buffer) {
        GstMapInfo map;
        gst_buffer_map(buffer, &map, GST_MAP_READ);
        Entry entry;
        entry.what = "buffer";
        entry.bytes.assign(reinterpret_cast<const char*>(map.data), map.size);
        entry.discont = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT);
        gst_buffer_unmap(buffer, &map);
        gst_buffer_unref(buffer);
        static_cast<PadRecorder*>(gst_pad_get_element_private(pad))->add(std::move(entry));
        return GST_FLOW_OK;
    });
    gst_pad_set_event_function(pad_, [](GstPad* pad, GstObject*, GstEvent* event) -> gboolean {
        const GstStructure* structure = gst_event_get_structure(event);
        const bool custom = GST_EVENT_TYPE(event) == GST_EVENT_CUSTOM_DOWNSTREAM ||
                            GST_EVENT_TYPE(event) == GST_EVENT_CUSTOM_DOWNSTREAM_OOB;
        const char* name = custom && structure ? gst_structure_get_name(structure) : GST_EVENT_TYPE_NAME(event);
        Entry entry;
        entry.what = name;
        entry.text = text_of(structure);
        static_cast<PadRecorder*>(gst_pad_get_element_private(pad))->add(std::move(entry));
        gst_event_unref(event);
        return TRUE;
    });
    gst_pad_set_query_function(pad_, [](GstPad* pad, GstObject* parent, GstQuery* query) -> gboolean {
        auto* self = static_cast<PadRecorder*>(gst_pad_get_element_private(pad));
        if (GST_QUERY_TYPE(query) == GST_QUERY_CUSTOM) return self->on_query && self->on_query(query);
        return gst_pad_query_default(pad, parent, query);
    });
    gst_pad_set_active(pad_, TRUE);
}

PadRecorder::~PadRecorder() {
    if (GstPad* peer = gst_pad_get_peer(pad_)) {
        gst_pad_unlink(peer, pad_);
        gst_object_unref(peer);
    }
    gst_pad_set_active(pad_, FALSE);
    gst_object_unref(pad_);
}

void PadRecorder::add(Entry entry) {
    std::lock_guard lock(mutex_);
    entries_.push_back(std::move(entry));
    changed_.notify_all();
}

std::vector<PadRecorder::Entry> PadRecorder::entries() const {
    std::lock_guard lock(mutex_);
    return entries_;
}

size_t PadRecorder::count(std::string_view what) const {
    const auto all = entries();
    return static_cast<size_t>(std::count_if(all.begin(), all.end(), [&](const Entry& e) { return e.what == what; }));
}

std::vector<std::string> PadRecorder::buffers() const {
    std::vector<std::string> found;
    for (const Entry& entry : entries()) {
        if (entry.what == "buffer") found.push_back(entry.bytes);
    }
    return found;
}

std::string PadRecorder::audio() const {
    std::string all;
    for (const std::string& bytes : buffers()) all += bytes;
    return all;
}

bool PadRecorder::wait(const std::function<bool(const std::vector<Entry>&)>& done) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return done(entries_); });
}

bool PadRecorder::wait_for(std::string_view what, size_t count) const {
    return wait([&](const std::vector<Entry>& all) {
        return static_cast<size_t>(
                   std::count_if(all.begin(), all.end(), [&](const Entry& e) { return e.what == what; })) >= count;
    });
}

bool PadRecorder::wait_audio(size_t bytes) const {
    return wait([&](const std::vector<Entry>& all) {
        size_t sum = 0;
        for (const Entry& entry : all) sum += entry.bytes.size();
        return sum >= bytes;
    });
}

PadFeeder::PadFeeder(const char* caps) : caps_(gst_caps_from_string(caps)) {
    pad_ = gst_pad_new("src", GST_PAD_SRC);
    gst_object_ref_sink(pad_);
    gst_pad_set_active(pad_, TRUE);
}

PadFeeder::~PadFeeder() {
    if (GstPad* peer = gst_pad_get_peer(pad_)) {
        gst_pad_unlink(pad_, peer);
        gst_object_unref(peer);
    }
    gst_pad_set_active(pad_, FALSE);
    gst_object_unref(pad_);
    gst_caps_unref(caps_);
}

void PadFeeder::start() {
    if (!started_) restart();
}

void PadFeeder::restart() {
    started_ = true;
    gst_pad_push_event(pad_, gst_event_new_stream_start("feeder"));
    gst_pad_push_event(pad_, gst_event_new_caps(caps_));
    segment();
}

void PadFeeder::segment() {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(pad_, gst_event_new_segment(&segment));
}

void PadFeeder::flush() {
    gst_pad_push_event(pad_, gst_event_new_flush_start());
    gst_pad_push_event(pad_, gst_event_new_flush_stop(FALSE));
    segment();
}

GstFlowReturn PadFeeder::push(const std::string& bytes, int64_t ingress_ns) {
    start();
    GstBuffer* buffer = bytes.empty() ? gst_buffer_new() : gst_buffer_new_memdup(bytes.data(), bytes.size());
    if (ingress_ns != 0) {
        GstCaps* reference = gst_caps_new_empty_simple("timestamp/x-call-ingress");
        gst_buffer_add_reference_timestamp_meta(buffer, reference, static_cast<GstClockTime>(ingress_ns),
                                                GST_CLOCK_TIME_NONE);
        gst_caps_unref(reference);
    }
    return gst_pad_push(pad_, buffer);
}

}  // namespace trunkline::test
