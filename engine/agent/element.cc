// Every entry from outside ends in work on the shard: chain() and the events of the pads by ElementShard::post(), the
// states by run(), which waits, because after them nothing of the talk may be left.
#include "engine/agent/element.h"

#include "engine/agent/audio_caps.h"
#include "engine/core/log.h"
#include "engine/gst/control.h"

namespace trunkline::agent {
namespace {

constexpr GstClockTime kLatency = 20 * GST_MSECOND;

GQuark element_quark() {
    static const GQuark quark = g_quark_from_static_string("trunkline-agent-element");
    return quark;
}

Element* element_of(GstPad* pad) { return static_cast<Element*>(g_object_get_qdata(G_OBJECT(pad), element_quark())); }

}  // namespace

Element::Element(GstElement* element, const char* component, GstStaticPadTemplate* sink, GstStaticPadTemplate* src)
    : element_(element), component_(component), src_(element, src), events_(element) {
    sink_ = gst_pad_new_from_static_template(sink, "sink");
    // Not the private data: that of the source pad belongs to LiveSourcePad.
    for (GstPad* pad : {sink_, src_.pad()}) {
        g_object_set_qdata(G_OBJECT(pad), element_quark(), this);
        gst_pad_set_query_function(pad, &Element::query);
    }
    gst_pad_set_chain_function(
        sink_, [](GstPad* pad, GstObject*, GstBuffer* buffer) { return element_of(pad)->chain(buffer); });
    gst_pad_set_event_function(
        sink_, [](GstPad* pad, GstObject*, GstEvent* event) { return element_of(pad)->sink_event(event); });
    gst_pad_set_event_function(
        src_.pad(), [](GstPad* pad, GstObject*, GstEvent* event) { return element_of(pad)->src_event(event); });
    gst_element_add_pad(element, sink_);
    src_.set_latency(kLatency);
}

Element::~Element() = default;

gst::Ptr<GstCaps> Element::caps_of_pad(bool) const { return {}; }

gboolean Element::query(GstPad* pad, GstObject* parent, GstQuery* query) {
    if (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) {
        gst_query_set_latency(query, TRUE, kLatency, GST_CLOCK_TIME_NONE);
        return TRUE;
    }
    const Element* self = element_of(pad);  // none on the events pad
    if (self && GST_QUERY_TYPE(query) == GST_QUERY_CAPS && !gst_pad_has_current_caps(pad)) {
        if (const auto caps = self->caps_of_pad(GST_PAD_IS_SINK(pad))) {
            GstCaps* filter = nullptr;
            gst_query_parse_caps(query, &filter);
            const auto answer = filter ? gst::Ptr<GstCaps>::adopt(gst_caps_intersect(caps.get(), filter)) : caps;
            gst_query_set_caps_result(query, answer.get());
            return TRUE;
        }
    }
    return gst_pad_query_default(pad, parent, query);
}

GstPad* Element::request_events() {
    GstPad* pad = events_.request();
    if (pad) gst_pad_set_query_function(pad, &Element::query);
    return pad;
}

// --- states
// -----------------------------------------------------------------------------------------------------------

GstStateChangeReturn Element::change_state(GstElementClass* parent, GstStateChange change) {
    switch (change) {
        case GST_STATE_CHANGE_NULL_TO_READY:
            if (!open()) return GST_STATE_CHANGE_FAILURE;
            break;
        case GST_STATE_CHANGE_READY_TO_PAUSED:
            start();
            break;
        case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
            play(false);
            break;
        case GST_STATE_CHANGE_PAUSED_TO_READY:
            stop();
            break;
        default:
            break;
    }
    const auto result = parent->change_state(element_, change);
    if (change == GST_STATE_CHANGE_READY_TO_NULL) shut();
    if (result == GST_STATE_CHANGE_FAILURE) return result;
    if (change == GST_STATE_CHANGE_PAUSED_TO_PLAYING) play(true);
    const bool live = change == GST_STATE_CHANGE_READY_TO_PAUSED || change == GST_STATE_CHANGE_PLAYING_TO_PAUSED;
    return live ? GST_STATE_CHANGE_NO_PREROLL : result;
}

bool Element::open() {
    if (const auto ready = prepare(); !ready) {
        GST_ELEMENT_ERROR(element_, RESOURCE, SETTINGS, ("%s", ready.error().message.c_str()),
                          ("%s", ready.error().code.c_str()));
        return false;
    }
    shard_.attach(call_ ? call_->shard : nullptr);
    return true;
}

void Element::start() {
    flow_ = GST_FLOW_OK;
    shard_.run([this] {
        input_.reset();
        ended_ = false;
        talk_ = make_talk(shard_.get(), call_, &src_, hooks());
        talk_->start();
    });
}

void Element::play(bool playing) {
    playing_ = playing;
    // Never waits for the shard: on the way down it may stand in a sink that has already been paused.
    if (!playing) return;
    shard_.post([this, keep = gst::Ptr<GstElement>::share(element_)] {
        if (ended_) {
            end_of_stream();  // over before there was a stream to end
        } else if (talk_) {
            talk_->start_talk();
        }
    });
}

void Element::stop() {
    flow_ = GST_FLOW_FLUSHING;
    shard_.run([this] {
        if (talk_) {
            talk_->finish();
            farewell_ = talk_->farewell();
            talk_.reset();
        }
        src_.reset();
        events_.reset();
    });
}

void Element::shut() {
    // The call's shard lives on and lets the connection end in its own time; ours ends now.
    if (!call_) {
        shard_.run([this] {
            if (auto farewell = farewell_.lock()) farewell->abandon();
        });
    }
    shard_.detach();
}

// --- the caller's side
// ------------------------------------------------------------------------------------------------

GstFlowReturn Element::chain(GstBuffer* buffer) {
    auto owned = gst::Ptr<GstBuffer>::adopt(buffer);
    const GstFlowReturn flow = flow_;
    if (flow != GST_FLOW_OK) return flow;
    if (shard_.on_shard()) {
        on_buffer(buffer);
    } else {
        shard_.post([this, keep = gst::Ptr<GstElement>::share(element_), owned] { on_buffer(owned.get()); });
    }
    return GST_FLOW_OK;
}

void Element::on_buffer(GstBuffer* buffer) {
    if (!talk_ || !input_) return;
    gst::MappedBuffer map(buffer);
    talk_->caller().frame({map.data(), map.size()}, gst::ingress_of(buffer));
}

gboolean Element::sink_event(GstEvent* event) {
    auto owned = gst::Ptr<GstEvent>::adopt(event);
    // The caller's stream ends here: nothing of it is passed on, src has a stream of its own.
    switch (GST_EVENT_TYPE(event)) {
        case GST_EVENT_CAPS:
            take_caps(event);
            break;
        case GST_EVENT_GAP: {
            GstClockTime length = 0;
            gst_event_parse_gap(event, nullptr, &length);
            if (!GST_CLOCK_TIME_IS_VALID(length)) break;
            with_talk([this, ms = std::chrono::milliseconds(length / GST_MSECOND)](Talk& talk) {
                if (input_) talk.caller().silence(ms);
            });
            break;
        }
        case GST_EVENT_EOS:
            shard_.post([this, keep = gst::Ptr<GstElement>::share(element_)] { on_caller_eos(); });
            break;
        default:
            break;
    }
    return TRUE;
}

void Element::take_caps(GstEvent* event) {
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    // The pad has checked them against its template.
    if (const auto input = format_of_caps(caps)) {
        shard_.post([this, keep = gst::Ptr<GstElement>::share(element_), format = *input] { on_input(format); });
    }
}

void Element::on_input(const AudioFormat& input) {
    if (!talk_ || talk_->over() || input_ == input) return;
    if (input_) {
        end_talk(
            {.failed = true, .code = "format-changed", .message = "the caller's audio format changed in the call"});
        return;
    }
    auto output = choose_output(src_.pad(), input);
    if (!output) {
        end_talk({.failed = true, .code = output.error().code, .message = output.error().message});
        return;
    }
    input_ = input;
    src_.set_caps(caps_of_format(*output).get());
    talk_->configure(input, *output);
}

void Element::on_caller_eos() {
    if (talk_) talk_->finish();
    end_of_stream();
}

// --- the agent's side
// -------------------------------------------------------------------------------------------------

gboolean Element::src_event(GstEvent* event) {
    auto owned = gst::Ptr<GstEvent>::adopt(event);
    gst::Playback playback;
    if (gst::is_interrupt_event(event)) {
        shard_.post([this, knows = gst::backend_knows(event), keep = gst::Ptr<GstElement>::share(element_)] {
            if (talk_ && playing_ && !knows) talk_->replies().backend_is_unaware();
            interrupt_now();
        });
    } else if (gst::parse_playback_event(event, &playback)) {
        with_talk([playback](Talk& talk) { talk.replies().on_playback(playback); });
    }
    // What else comes up ends here, as in any source.
    return GST_EVENT_TYPE(event) != GST_EVENT_SEEK;
}

void Element::interrupt_now() {
    if (talk_ && playing_) talk_->interrupt();
}

TalkHooks Element::hooks() {
    return {
        .fact = [this](std::string_view type, std::string fields, uint64_t epoch) { return fact(type, fields, epoch); },
        .interrupt_soon = [this] { defer([this] { interrupt_now(); }); },
        .resume_soon =
            [this] {
                defer([this] {
                    if (talk_) talk_->resume();
                });
            },
        .ended = [this](const SessionEnd& end) { end_talk(end); },
        .output_changed = [this](const AudioFormat& format) { src_.set_caps(caps_of_format(format).get()); }};
}

uint64_t Element::fact(std::string_view type, std::string_view fields, uint64_t epoch) {
    // Before PLAYING a sink would block whoever pushes.
    if (!playing_) return 0;
    const FactPtr made = events_.push(call_, type, call_ ? call_->turns->turn_of(epoch) : 0, fields);
    return made ? made->seq : 0;
}

void Element::end_talk(const SessionEnd& end) {
    if (std::exchange(ended_, true)) return;
    flow_ = GST_FLOW_EOS;
    if (end.failed) {
        log_error(component_, "the talk with the voice agent failed",
                  {{"call_id", call_ ? call_->facts->call_id() : ""}, {"code", end.code}, {"why", end.message}});
        fact("error", gst::fields([&](JsonWriter& w) {
                 w.field("code", end.code).field("message", end.message).field("retryable", end.retryable);
                 w.field("fatal", true).field("attempt", end.attempt);
             }));
    }
    if (call_) {
        if (call_->hang_up) {
            call_->hang_up(end.failed ? "backend-error" : "backend-closed", end.failed ? "error" : "agent", end.failed);
        }
    } else if (end.failed) {
        GST_ELEMENT_ERROR(element_, RESOURCE, FAILED, ("%s", end.message.c_str()), ("%s", end.code.c_str()));
    }
    defer([this] {
        if (talk_) talk_->finish();
        end_of_stream();
    });
}

void Element::end_of_stream() {
    flow_ = GST_FLOW_EOS;
    if (!playing_) return;
    src_.eos();
    events_.eos();
}

// --- actions
// ----------------------------------------------------------------------------------------------------------

void Element::with_talk(std::function<void(Talk&)> work) {
    shard_.post([this, keep = gst::Ptr<GstElement>::share(element_), work = std::move(work)] {
        if (talk_ && !talk_->over()) work(*talk_);
    });
}

void Element::defer(Task task) {
    shard_.get()->defer([keep = gst::Ptr<GstElement>::share(element_), task = std::move(task)] { task(); });
}

void Element::tool_result(std::string id, std::string content) {
    with_talk([id = std::move(id), content = std::move(content)](Talk& talk) { talk.tool_result(id, content); });
}

void Element::protect(bool on) {
    // Not before PLAYING, and not before there are caps: the event begins the stream.
    with_talk([this, on](Talk& talk) {
        if (playing_ && input_) talk.protect(on);
    });
}

void Element::interrupt() {
    with_talk([this](Talk&) { defer([this] { interrupt_now(); }); });
}

}  // namespace trunkline::agent
