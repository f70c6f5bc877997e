#include "elements/recorder/recorder.h"

#include <algorithm>
#include <utility>

#include "elements/recorder/mulaw.h"
#include "elements/recorder/recording_path.h"
#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/events/outbox.h"
#include "engine/gst/call_context.h"
#include "engine/gst/gst_ptr.h"

#define RECORD_CAPS                                            \
    "audio/x-mulaw, rate=(int)[8000,48000], channels=(int)1; " \
    "audio/x-raw, format=(string)S16LE, layout=(string)interleaved, rate=(int)[8000,48000], channels=(int)1"

namespace trunkline::recorder {

GstStaticPadTemplate kCallerTemplate =
    GST_STATIC_PAD_TEMPLATE("caller", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS(RECORD_CAPS));
GstStaticPadTemplate kAgentTemplate =
    GST_STATIC_PAD_TEMPLATE("agent", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS(RECORD_CAPS));

namespace {

constexpr auto kEvery = std::chrono::milliseconds(500);
// So long after its time a frame is waited for: what was heard comes a tenth of a second at a time.
constexpr int64_t kPatienceNs = 300'000'000;
constexpr int64_t kMostAheadSeconds = 300;  // a reply that is tapped before it is paced may be that long

}  // namespace

Recorder::Recorder(GstElement* element) : element_(element), events_(element) {
    for (const Leg leg : {Leg::kCaller, Leg::kAgent}) {
        inputs_[static_cast<size_t>(leg)].recorder = this;
        inputs_[static_cast<size_t>(leg)].leg = leg;
    }
}

GstPad* Recorder::request(GstPadTemplate* wanted) {
    const std::string_view name = GST_PAD_TEMPLATE_NAME_TEMPLATE(wanted);
    if (name == "events") return events_.request();
    return make_pad(name == "caller" ? Leg::kCaller : Leg::kAgent, name == "caller" ? "caller" : "agent");
}

GstPad* Recorder::make_pad(Leg leg, const char* name) {
    Input& input = inputs_[static_cast<size_t>(leg)];
    if (input.pad) return nullptr;
    input.pad = gst_pad_new_from_static_template(leg == Leg::kCaller ? &kCallerTemplate : &kAgentTemplate, name);
    input.ended = false;
    gst_segment_init(&input.segment, GST_FORMAT_TIME);
    gst_pad_set_element_private(input.pad, &input);
    gst_pad_set_chain_function(input.pad, [](GstPad* pad, GstObject*, GstBuffer* buffer) {
        auto* in = static_cast<Input*>(gst_pad_get_element_private(pad));
        return in->recorder->chain(*in, buffer);
    });
    gst_pad_set_event_function(input.pad, [](GstPad* pad, GstObject*, GstEvent* event) {
        auto* in = static_cast<Input*>(gst_pad_get_element_private(pad));
        return in->recorder->event(*in, event);
    });
    gst_pad_set_query_function(input.pad, [](GstPad* pad, GstObject* parent, GstQuery* query) {
        auto* in = static_cast<Input*>(gst_pad_get_element_private(pad));
        return in->recorder->query(*in, parent, query);
    });
    gst_pad_set_active(input.pad, TRUE);
    gst_element_add_pad(element_, input.pad);
    return input.pad;
}

void Recorder::release(GstPad* pad) {
    if (events_.is(pad)) return events_.release(pad);
    for (Input& input : inputs_) {
        if (input.pad != pad) continue;
        input.pad = nullptr;
        gst_pad_set_active(pad, FALSE);
        gst_element_remove_pad(element_, pad);
    }
}

bool Recorder::attach() {
    if (!call_ || !call_->outbox || !call_->outbox->recordings()) {
        GST_ELEMENT_ERROR(element_, RESOURCE, NOT_FOUND, ("recordsink runs only inside a call"),
                          ("no \"%s\" context with a store for recordings was set before READY; start the graph with "
                           "`trunkline serve`, or use wavenc and filesink in gst-launch",
                           kCallContextType));
        return false;
    }
    const gst::Chars name(gst_element_get_name(element_));
    auto path =
        recording_path(options.location, {call_->facts->call_id(), name.get(), rfc3339(unix_ms()).substr(0, 10)});
    if (!path || options.directory.empty()) {
        GST_ELEMENT_ERROR(element_, RESOURCE, SETTINGS, ("recordsink does not know where to record"),
                          ("%s", path ? "`directory` is empty" : path.error().message.c_str()));
        return false;
    }
    path_ = std::move(*path);
    return true;
}

void Recorder::detach() {
    told_ = true;  // pads pass nothing any more: a fact would use up a number and be lost
    finish();
    path_.clear();  // what is still posted comes too late
    events_.reset();
    begun_ = told_ = false;
    for (Input& input : inputs_) input.ended = false;
}

GstCaps* Recorder::wanted_caps() const {
    GstCaps* caps =
        gst_caps_new_simple("audio/x-mulaw", "rate", G_TYPE_INT, options.rate, "channels", G_TYPE_INT, 1, nullptr);
    gst_caps_append(
        caps, gst_caps_new_simple("audio/x-raw", "format", G_TYPE_STRING, "S16LE", "layout", G_TYPE_STRING,
                                  "interleaved", "rate", G_TYPE_INT, options.rate, "channels", G_TYPE_INT, 1, nullptr));
    return caps;
}

gboolean Recorder::query(Input& input, GstObject* parent, GstQuery* query) {
    if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS) return gst_pad_query_default(input.pad, parent, query);
    GstCaps* filter = nullptr;
    gst_query_parse_caps(query, &filter);
    auto caps = gst::Ptr<GstCaps>::adopt(wanted_caps());
    if (filter) caps = gst::Ptr<GstCaps>::adopt(gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST));
    gst_query_set_caps_result(query, caps.get());
    return TRUE;
}

GstFlowReturn Recorder::chain(Input& input, GstBuffer* buffer) {
    auto owned = gst::Ptr<GstBuffer>::adopt(buffer);
    if (!call_) return GST_FLOW_FLUSHING;
    if (input.order.is_next(call_->shard)) {
        take(input, buffer);
    } else {
        input.order.post(call_->shard, element_, [this, &input, owned] {
            if (!path_.empty()) take(input, owned.get());
        });
    }
    return GST_FLOW_OK;
}

void Recorder::take(Input& input, GstBuffer* buffer) {
    if (!begun_) begin();
    if (!file_ || GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP)) return;
    const gst::MappedBuffer map(buffer);
    samples_.clear();
    if (input.mulaw) {
        for (size_t i = 0; i < map.size(); ++i) samples_.push_back(kMulawToLinear[map.data()[i]]);
    } else {
        for (size_t i = 0; i + 2 <= map.size(); i += 2)
            samples_.push_back(static_cast<int16_t>(static_cast<uint16_t>(map.data()[i] | map.data()[i + 1] << 8)));
    }
    const GstClockTime pts = GST_BUFFER_PTS(buffer);
    const GstClockTime running = GST_CLOCK_TIME_IS_VALID(pts)
                                     ? gst_segment_to_running_time(&input.segment, GST_FORMAT_TIME, pts)
                                     : GST_CLOCK_TIME_NONE;
    const int64_t at = GST_CLOCK_TIME_IS_VALID(running) ? static_cast<int64_t>(running) : running_time_ns();
    const size_t lost = legs_->put(input.leg, at, GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT), samples_);
    if (lost > 0 && std::exchange(no_room_, no_room_ + lost) == 0) {
        log_warn("recordsink", "audio came too late or too far ahead of its time and is silence in the recording",
                 {{"call_id", call_->facts->call_id()}, {"samples", lost}});
    }
}

void Recorder::begin() {
    begun_ = true;
    RecordingSpec spec{options.directory, path_, call_->facts->call_id(), options.rate, 2, options.mulaw};
    file_ = call_->outbox->recordings()->open(spec);
    legs_ = std::make_unique<TwoLegs>(options.rate, kMostAheadSeconds * options.rate);
    events_.push(call_, "recording.started", 0, gst::fields([&](JsonWriter& w) {
                     w.field("location", options.directory + "/" + path_).field("format", "wav");
                     w.field("encoding", options.mulaw ? "mulaw" : "linear16").field("rate", options.rate);
                     w.field("channels", 2);
                 }));
    wake();
}

void Recorder::wake() {
    timer_ = call_->shard->after(kEvery, [this] {
        timer_ = 0;
        write_due(running_time_ns() - kPatienceNs);
        const RecordingState state = file_->state();
        if (state.failed) {  // storage has said why
            tell_stopped(state);
            file_.reset();
            legs_.reset();
        } else {
            wake();
        }
    });
}

void Recorder::write_due(int64_t until_ns) {
    const int64_t at = legs_->taken();
    // What is refused is counted and logged by storage; it will be silence.
    if (std::string due = legs_->take(until_ns, options.mulaw); !due.empty()) file_->write(at, std::move(due));
}

void Recorder::finish() {
    if (call_) call_->shard->cancel(std::exchange(timer_, 0));
    if (!file_) return;
    const int64_t now = running_time_ns();
    write_due(now);  // what lies ahead was never heard
    file_->finish(legs_->taken());
    tell_stopped(file_->state());
    file_.reset();
    legs_.reset();
}

void Recorder::tell_stopped(const RecordingState& state) {
    if (std::exchange(told_, true)) return;
    const auto ms = [this](int64_t frames) { return frames * 1'000 / options.rate; };
    events_.push(call_, "recording.stopped", 0, gst::fields([&](JsonWriter& w) {
                     w.field("location", options.directory + "/" + path_);
                     w.field("duration_ms", ms(state.failed ? state.frames : legs_->taken()));
                     w.field("lost_ms", ms(state.lost_frames));
                     if (!state.problem.empty()) w.field("error", state.problem);
                 }));
}

void Recorder::pad_ended(Input& input) {
    input.ended = true;
    if (std::any_of(inputs_.begin(), inputs_.end(), [](const Input& i) { return i.pad && !i.ended; })) return;
    finish();
    events_.eos();
    gst_element_post_message(element_, gst_message_new_eos(GST_OBJECT(element_)));
}

gboolean Recorder::event(Input& input, GstEvent* event) {
    // The stream ends here: the pad of the facts is none of its. Whether caps suit, a query asked before.
    auto owned = gst::Ptr<GstEvent>::adopt(event);
    const int64_t came_ns = running_time_ns();
    Shard* shard = call_ ? call_->shard : nullptr;
    if (input.order.is_next(shard)) {
        handle(input, event, came_ns);
    } else {
        input.order.post(shard, element_, [this, &input, owned, came_ns] {
            if (!path_.empty()) handle(input, owned.get(), came_ns);
        });
    }
    return TRUE;
}

void Recorder::handle(Input& input, GstEvent* event, int64_t came_ns) {
    switch (GST_EVENT_TYPE(event)) {
        case GST_EVENT_CAPS: {
            GstCaps* caps = nullptr;
            gst_event_parse_caps(event, &caps);
            input.mulaw = gst_structure_has_name(gst_caps_get_structure(caps, 0), "audio/x-mulaw") != FALSE;
            break;
        }
        case GST_EVENT_SEGMENT:
            gst_event_copy_segment(event, &input.segment);
            break;
        case GST_EVENT_FLUSH_START:  // an interruption, where the pad is linked before the line: the rest is not heard
            if (legs_) legs_->cut(input.leg, came_ns);
            break;
        case GST_EVENT_EOS:
            pad_ended(input);
            break;
        default:
            break;
    }
}

int64_t Recorder::running_time_ns() const {
    const auto clock = gst::Ptr<GstClock>::adopt(gst_element_get_clock(element_));
    const GstClockTime now = clock ? gst_clock_get_time(clock.get()) : static_cast<GstClockTime>(monotonic_ns());
    const GstClockTime base = gst_element_get_base_time(element_);
    return now > base ? static_cast<int64_t>(now - base) : 0;
}

}  // namespace trunkline::recorder
