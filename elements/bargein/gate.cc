#include "elements/bargein/gate.h"

#include <algorithm>
#include <utility>

#include "engine/core/clock.h"
#include "engine/gst/gst_ptr.h"

namespace trunkline::bargein {

#define BARGEIN_CAPS                                                                              \
    "audio/x-mulaw, rate=(int)[8000,48000], channels=(int)1; audio/x-raw, format=(string)S16LE, " \
    "layout=(string)interleaved, rate=(int)[8000,48000], channels=(int)1"
GstStaticPadTemplate kSinkTemplate =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(BARGEIN_CAPS));
GstStaticPadTemplate kSrcTemplate =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(BARGEIN_CAPS));
GstStaticPadTemplate kMonitorTemplate =
    GST_STATIC_PAD_TEMPLATE("monitor", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS(BARGEIN_CAPS));

namespace {

constexpr int64_t kNsPerMs = 1'000'000;

struct Format {
    bool mulaw = true;
    gint rate = 8000;
};
Format format_of(GstEvent* caps_event) {
    GstCaps* caps = nullptr;
    gst_event_parse_caps(caps_event, &caps);
    const GstStructure* structure = gst_caps_get_structure(caps, 0);
    Format format;
    format.mulaw = gst_structure_has_name(structure, "audio/x-mulaw") != 0;
    gst_structure_get_int(structure, "rate", &format.rate);
    return format;
}

}  // namespace

// --- pads
// -------------------------------------------------------------------------------------------------------------

Gate::Gate(GstElement* element) : element_(element), events_(element) {
    sink_ = gst_pad_new_from_static_template(&kSinkTemplate, "sink");
    src_ = gst_pad_new_from_static_template(&kSrcTemplate, "src");
    for (GstPad* pad : {sink_, src_}) {
        gst_pad_set_element_private(pad, this);
        GST_PAD_SET_PROXY_CAPS(pad);
        gst_pad_set_iterate_internal_links_function(pad, &Gate::other_side);
        gst_element_add_pad(element, pad);
    }
    gst_pad_set_chain_function(sink_,
                               [](GstPad* pad, GstObject*, GstBuffer* buffer) { return self(pad)->chain(buffer); });
    gst_pad_set_query_function(sink_, [](GstPad* pad, GstObject* parent, GstQuery* query) -> gboolean {
        return self(pad)->query(parent, query);
    });
    gst_pad_set_event_function(sink_, [](GstPad* pad, GstObject* parent, GstEvent* event) -> gboolean {
        return self(pad)->agent_event(parent, event);
    });
    gst_pad_set_event_function(src_, [](GstPad* pad, GstObject* parent, GstEvent* event) -> gboolean {
        gst::Playback playback;
        if (gst::parse_playback_event(event, &playback)) self(pad)->on_playback(playback);
        return gst_pad_event_default(pad, parent, event);
    });
}

/// sink and src belong together; monitor and events are streams of their own, whose caps and events are not audio's.
GstIterator* Gate::other_side(GstPad* pad, GstObject*) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, GST_TYPE_PAD);
    g_value_set_object(&value, pad == self(pad)->sink_ ? self(pad)->src_ : self(pad)->sink_);
    GstIterator* iterator = gst_iterator_new_single(GST_TYPE_PAD, &value);
    g_value_unset(&value);
    return iterator;
}

GstPad* Gate::request(GstPadTemplate* wanted) {
    if (g_strcmp0(GST_PAD_TEMPLATE_NAME_TEMPLATE(wanted), "events") == 0) return events_.request();
    if (monitor_) return nullptr;
    monitor_ = gst_pad_new_from_static_template(&kMonitorTemplate, "monitor");
    gst_pad_set_element_private(monitor_, this);
    gst_pad_set_chain_function(monitor_,
                               [](GstPad* pad, GstObject*, GstBuffer* buffer) { return self(pad)->hear(buffer); });
    gst_pad_set_event_function(monitor_, [](GstPad* pad, GstObject*, GstEvent* event) -> gboolean {
        self(pad)->monitor_event(event);
        gst_event_unref(event);  // the caller's stream ends here
        return TRUE;
    });
    gst_pad_set_active(monitor_, TRUE);
    gst_element_add_pad(element_, monitor_);
    config_changed();
    return monitor_;
}

void Gate::release(GstPad* pad) {
    if (events_.is(pad)) {
        events_.release(pad);
    } else if (pad == monitor_) {
        monitor_ = nullptr;
        gst_pad_set_active(pad, FALSE);
        gst_element_remove_pad(element_, pad);
        config_changed();
    }
}

void Gate::reset() {
    if (call_ && hold_timer_ != 0) call_->shard->cancel(std::exchange(hold_timer_, 0));
    events_.reset();
    hearing_.reset();
    talk_ = {};
    cut_.reset();
    decider_ = {};
    flushing_ = caller_done_ = agent_protects_ = false;
    held_since_ns_ = 0;
    config_changed();
}

/// Properties are set by any thread; what they mean is for the one that streams.
void Gate::take_config() {
    if (!dirty_.load(std::memory_order_relaxed) || !dirty_.exchange(false)) return;
    GST_OBJECT_LOCK(element_);
    used_ = config;
    GST_OBJECT_UNLOCK(element_);
    set_rules();
    hearing_.set_echo_delay_ns(static_cast<int64_t>(used_.echo_delay));
    talk_.protect(used_.is_protected != 0 || agent_protects_);
}

void Gate::set_rules() {
    using Listen = GateConfig::Listen;
    const auto ns = [](guint64 time) { return static_cast<int64_t>(time); };
    Rules rules;
    rules.enabled = used_.enabled != 0;
    // Without ears neither the detector nor a length can be asked.
    rules.backend = used_.source != Listen::kLocal || !monitor_;
    rules.local = used_.source != Listen::kBackend && monitor_;
    rules.provisional = used_.provisional != gst::LineHold::Mode::kNone;
    rules.resume_after_ns = ns(used_.resume_after);
    if (monitor_) {
        rules.min_speech_ns = ns(used_.min_speech);
        rules.min_thinking_ns = ns(used_.min_speech_thinking);
        rules.min_greeting_ns = ns(used_.min_speech_greeting);
    }
    decider_.set_rules(rules);
}

// --- the agent's side
// -------------------------------------------------------------------------------------------------

bool Gate::listens() const {
    const Rules& rules = decider_.rules();
    return monitor_ &&
           (rules.local || rules.min_speech_ns > 0 || rules.min_thinking_ns > 0 || rules.min_greeting_ns > 0);
}

GstFlowReturn Gate::chain(GstBuffer* buffer) {
    take_config();
    const int64_t now = monotonic_ns();
    talk_.audio(hearing_.agent_duration_ns(gst_buffer_get_size(buffer)), now);
    if (listens()) {
        gst::MappedBuffer map(buffer);
        hearing_.agent_audio({map.data(), map.size()}, now);
    }
    caller_done_ = false;
    return gst_pad_push(src_, buffer);
}

gboolean Gate::query(GstObject* parent, GstQuery* query) {
    const int64_t onset = gst::user_speech_onset(query);
    if (onset == 0) return gst_pad_query_default(sink_, parent, query);
    take_config();
    const int64_t now = monotonic_ns();
    act(decider_.backend_signal(moment(now), onset), now);
    return TRUE;  // whatever the verdict: it was ours to give
}

gboolean Gate::agent_event(GstObject* parent, GstEvent* event) {
    gst::ReplyMark mark;
    std::string words;
    bool on = false;
    const GstEventType type = GST_EVENT_TYPE(event);
    if (type == GST_EVENT_EOS) {
        tell_cut();
        events_.eos();
    } else if (type == GST_EVENT_CAPS) {
        const Format format = format_of(event);
        hearing_.set_agent_format(format.mulaw, format.rate);
    } else if (type == GST_EVENT_FLUSH_START) {
        flushing_ = true;
        const int64_t now = monotonic_ns();
        talk_.cancel(now);
        hearing_.echo().cleared(now);
    } else if (gst::parse_reply_event(event, &mark)) {
        if (mark.end) {
            talk_.reply_end();
        } else {
            tell_cut();  // nobody told what became of the last one
            take_config();
            const int64_t now = monotonic_ns();
            if (!decider_.waiting()) resume(now);  // an agent that did not flush
            talk_.reply_start(mark.epoch, now);
        }
    } else if (gst::parse_reply_text_event(event, &words) || gst::parse_protect_event(event, &on)) {
        if (gst::parse_protect_event(event, &on)) {
            take_config();
            agent_protects_ = on;
            talk_.protect(on || used_.is_protected != 0);
        } else {
            talk_.text(std::move(words));
        }
        gst_event_unref(event);  // meant for us
        return TRUE;
    }
    const gboolean done = gst_pad_event_default(sink_, parent, event);
    if (type == GST_EVENT_FLUSH_STOP) flush_passed();
    return done;
}

/// The sink has cleared the carrier and told so by now, when it runs in this thread.
void Gate::flush_passed() {
    flushing_ = false;
    held_since_ns_ = 0;  // the flush let the line go
    if (cut_ && cut_->line_told) tell_cut();
}

void Gate::on_playback(const gst::Playback& playback) {
    if (playback.state == gst::Playback::State::kCleared && cut_) {
        if (!std::exchange(cut_->line_told, true)) {  // the one at the caller's ear comes first
            cut_->epoch = playback.epoch;
            cut_->cleared_ns = playback.at_ns;
            cut_->played_ms = playback.played_ms;
        }
        cut_->discarded_ms += playback.discarded_ms;
        if (!flushing_) tell_cut();
    }
    talk_.on_playback(playback);
}

// --- the caller's side
// ------------------------------------------------------------------------------------------------

void Gate::monitor_event(GstEvent* event) {
    if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return;
    const Format format = format_of(event);
    hearing_.set_caller_format(format.mulaw, format.rate);
}

GstFlowReturn Gate::hear(GstBuffer* buffer) {
    auto owned = gst::Ptr<GstBuffer>::adopt(buffer);
    take_config();
    if (!listens()) return GST_FLOW_OK;
    gst::MappedBuffer map(buffer);
    hearing_.caller_audio({map.data(), map.size()}, monotonic_ns(),
                          [this](const HeardFrame& frame) { hear_frame(frame); });
    return GST_FLOW_OK;
}

void Gate::hear_frame(const HeardFrame& frame) {
    act(decider_.frame(moment(frame.now_ns), frame), frame.now_ns);
    if (frame.ended) caller_done_ = true;
}

Moment Gate::moment(int64_t now_ns) const {
    Moment moment{.now_ns = now_ns};
    if (talk_.at_ear(now_ns)) {
        moment.phase = talk_.greeting() ? Phase::kGreeting : Phase::kSpeaking;
        moment.is_protected = talk_.is_protected();
        moment.guarded = talk_.greeting() && now_ns - talk_.started_ns() < static_cast<int64_t>(used_.greeting_guard);
    } else if (caller_done_) {
        moment.phase = Phase::kThinking;
    }
    return moment;
}

// --- what follows
// -----------------------------------------------------------------------------------------------------

void Gate::act(const Decision& decision, int64_t now_ns) {
    using Kind = Decision::Kind;
    switch (decision.kind) {
        case Kind::kNone:
            break;
        case Kind::kHold:
            hold(used_.provisional, now_ns);
            break;
        case Kind::kAccept:
            accept(decision, now_ns);
            break;
        case Kind::kReject:
            tell_rejected(decision, now_ns, resume(now_ns));
            break;
        case Kind::kDrop:
            resume(now_ns);
            break;
    }
}

void Gate::accept(const Decision& decision, int64_t now_ns) {
    tell_cut();
    Cut cut;
    cut.decision = decision;
    cut.decided_ns = now_ns;
    cut.ends_ns = talk_.ends_ns();
    if (held_since_ns_ != 0) cut.held_ms = (now_ns - held_since_ns_) / kNsPerMs;
    cut_ = cut;
    talk_.cancel(now_ns);  // one decision for what is said now
    const bool backend_knows = decision.source == Source::kBackend;
    const auto interrupt = [this, now_ns, backend_knows, keep = gst::Ptr<GstElement>::share(element_)] {
        gst_pad_push_event(sink_, gst::interrupt_event_new(now_ns, backend_knows));
    };
    // Not from inside the agent's own call: it must be done with its message before its reply is taken away.
    if (Shard* shard = call_ ? call_->shard : Shard::current(); shard && shard->on_shard()) {
        shard->defer(interrupt);
    } else {
        interrupt();
    }
}

void Gate::hold(gst::LineHold::Mode mode, int64_t now_ns) {
    held_since_ns_ = now_ns;
    gst_pad_push_event(src_, gst::line_hold_event_new({mode, used_.duck_gain}));
    arm_hold_timer();
}

/// The caller's frames may stop coming, and an agent may not flush: the line is not held for ever.
void Gate::arm_hold_timer() {
    if (!call_ || hold_timer_ != 0 || !call_->shard->on_shard()) return;
    const auto time = std::chrono::milliseconds(used_.resume_after / GST_MSECOND + 100);
    hold_timer_ = call_->shard->after(time, [this] {
        hold_timer_ = 0;
        if (held_since_ns_ == 0) return;
        const int64_t now = monotonic_ns();
        if (decider_.waiting()) {
            act(decider_.tick(moment(now)), now);
            if (decider_.waiting()) arm_hold_timer();
        } else {
            resume(now);
        }
    });
}

/// The line plays on. Returns how long it was held, in ms.
int64_t Gate::resume(int64_t now_ns) {
    const int64_t since = std::exchange(held_since_ns_, 0);
    if (since == 0) return 0;
    gst_pad_push_event(src_, gst::line_hold_event_new({}));
    if (used_.provisional == gst::LineHold::Mode::kPause) {
        hearing_.echo().delayed(now_ns, now_ns - since);
        talk_.delayed(now_ns - since);
    }
    return (now_ns - since) / kNsPerMs;
}

}  // namespace trunkline::bargein
