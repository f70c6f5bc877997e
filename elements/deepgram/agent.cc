// Every entry from outside ends in work on the shard: chain() and the events of the pads by ElementShard::post(), the
// states by run(), which waits, because after them nothing of the talk may be left.
#include "elements/deepgram/agent.h"

#include "engine/core/log.h"
#include "engine/gst/control.h"

GST_DEBUG_CATEGORY_STATIC(deepgramagent_debug);
#define GST_CAT_DEFAULT deepgramagent_debug

namespace trunkline::deepgram {

GstStaticPadTemplate kSinkTemplate =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(TRUNKLINE_DEEPGRAM_CAPS));
GstStaticPadTemplate kSrcTemplate =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(TRUNKLINE_DEEPGRAM_CAPS));

namespace {

constexpr GstClockTime kLatency = 20 * GST_MSECOND;

gboolean answer_latency(GstPad* pad, GstObject* parent, GstQuery* query) {
    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return gst_pad_query_default(pad, parent, query);
    gst_query_set_latency(query, TRUE, kLatency, GST_CLOCK_TIME_NONE);
    return TRUE;
}

GQuark agent_quark() {
    static const GQuark quark = g_quark_from_static_string("trunkline-deepgram-agent");
    return quark;
}

}  // namespace

Agent::Agent(GstElement* element) : element_(element), src_(element, &kSrcTemplate), events_(element) {
    GST_DEBUG_CATEGORY_INIT(deepgramagent_debug, "deepgramagent", 0, "Deepgram voice agent");
    sink_ = gst_pad_new_from_static_template(&kSinkTemplate, "sink");
    gst_pad_set_element_private(sink_, this);
    // The private data of the source pad belongs to LiveSourcePad.
    g_object_set_qdata(G_OBJECT(src_.pad()), agent_quark(), this);
    gst_pad_set_chain_function(sink_, [](GstPad* pad, GstObject*, GstBuffer* buffer) {
        return static_cast<Agent*>(gst_pad_get_element_private(pad))->chain(buffer);
    });
    gst_pad_set_event_function(sink_, [](GstPad* pad, GstObject*, GstEvent* event) {
        return static_cast<Agent*>(gst_pad_get_element_private(pad))->sink_event(event);
    });
    gst_pad_set_event_function(src_.pad(), [](GstPad* pad, GstObject*, GstEvent* event) {
        return static_cast<Agent*>(g_object_get_qdata(G_OBJECT(pad), agent_quark()))->src_event(event);
    });
    gst_pad_set_query_function(sink_, answer_latency);
    gst_element_add_pad(element, sink_);
    src_.set_latency(kLatency);
}

Agent::~Agent() = default;

GstPad* Agent::request_events() {
    GstPad* pad = events_.request();
    if (pad) gst_pad_set_query_function(pad, answer_latency);
    return pad;
}

// --- states
// -----------------------------------------------------------------------------------------------------------

bool Agent::open() {
    GST_OBJECT_LOCK(element_);
    used_ = config;
    GST_OBJECT_UNLOCK(element_);
    auto settings = settings_of(used_);
    auto session = session_options_of(used_);
    if (!settings || !session) {
        const Error& error = settings ? session.error() : settings.error();
        GST_ELEMENT_ERROR(element_, RESOURCE, SETTINGS, ("%s", error.message.c_str()), ("%s", error.code.c_str()));
        return false;
    }
    settings_ = std::move(*settings);
    session_options_ = std::move(*session);
    shard_.attach(call_ ? call_->shard : nullptr);
    return true;
}

void Agent::start() {
    flow_ = GST_FLOW_OK;
    shard_.run([this] {
        input_.reset();
        ended_ = false;
        talk_ = std::make_unique<Talk>(shard_.get(), call_, &src_, used_, session_options_, *settings_, hooks());
        talk_->start();
    });
}

void Agent::play(bool playing) {
    playing_ = playing;
    // Never waits for the shard: on the way down it may stand in a sink that has already been paused.
    if (!playing) return;
    with_talk([](Talk& talk) { talk.start_talk(); });
}

void Agent::stop() {
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

void Agent::shut() {
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

GstFlowReturn Agent::chain(GstBuffer* buffer) {
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

void Agent::on_buffer(GstBuffer* buffer) {
    if (!talk_ || !input_) return;
    gst::MappedBuffer map(buffer);
    talk_->caller().frame({map.data(), map.size()}, gst::ingress_of(buffer));
}

gboolean Agent::sink_event(GstEvent* event) {
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

void Agent::take_caps(GstEvent* event) {
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    // The pad has checked them against its template.
    if (const auto input = format_of_caps(caps)) {
        shard_.post([this, keep = gst::Ptr<GstElement>::share(element_), format = *input] { on_input(format); });
    }
}

void Agent::on_input(const AudioFormat& input) {
    if (!talk_ || talk_->over() || input_ == input) return;
    if (input_) {
        end_talk(
            {.failed = true, .code = "format-changed", .message = "the caller's audio format changed in the call"});
        return;
    }
    auto output = choose_output(src_.pad(), input, used_);
    if (!output) {
        end_talk({.failed = true, .code = output.error().code, .message = output.error().message});
        return;
    }
    input_ = input;
    src_.set_caps(caps_of_format(*output).get());
    talk_->configure(*settings_, input, *output);
}

void Agent::on_caller_eos() {
    if (talk_) talk_->finish();
    end_of_stream();
}

// --- the agent's side
// -------------------------------------------------------------------------------------------------

gboolean Agent::src_event(GstEvent* event) {
    auto owned = gst::Ptr<GstEvent>::adopt(event);
    gst::Playback playback;
    if (gst::is_interrupt_event(event)) {
        shard_.post([this, keep = gst::Ptr<GstElement>::share(element_)] { interrupt_now(); });
    } else if (gst::parse_playback_event(event, &playback)) {
        with_talk([playback](Talk& talk) { talk.replies().on_playback(playback); });
    }
    // What else comes up ends here, as in any source.
    return GST_EVENT_TYPE(event) != GST_EVENT_SEEK;
}

void Agent::interrupt_now() {
    if (talk_ && playing_) talk_->replies().interrupt();
}

TalkHooks Agent::hooks() {
    return {.fact = [this](std::string_view type, std::string fields, uint64_t epoch) { fact(type, fields, epoch); },
            .interrupt_soon = [this] { defer([this] { interrupt_now(); }); },
            .resume_soon =
                [this] {
                    defer([this] {
                        if (talk_) talk_->resume();
                    });
                },
            .ended = [this](const SessionEnd& end) { end_talk(end); }};
}

void Agent::fact(std::string_view type, std::string_view fields, uint64_t epoch) {
    // Before PLAYING a sink would block whoever pushes.
    if (playing_) events_.push(call_, type, call_ ? call_->turns->turn_of(epoch) : 0, fields);
}

void Agent::end_talk(const SessionEnd& end) {
    if (std::exchange(ended_, true)) return;
    flow_ = GST_FLOW_EOS;
    if (end.failed) {
        log_error("deepgram", "the talk with the voice agent failed",
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

void Agent::end_of_stream() {
    flow_ = GST_FLOW_EOS;
    if (!playing_) return;
    src_.eos();
    events_.eos();
}

// --- actions
// ----------------------------------------------------------------------------------------------------------

void Agent::with_talk(std::function<void(Talk&)> work) {
    shard_.post([this, keep = gst::Ptr<GstElement>::share(element_), work = std::move(work)] {
        if (talk_ && !talk_->over()) work(*talk_);
    });
}

void Agent::defer(Task task) {
    shard_.get()->defer([keep = gst::Ptr<GstElement>::share(element_), task = std::move(task)] { task(); });
}

void Agent::inject_agent(std::string text, const std::string& behavior) {
    const auto how = parse_inject_behavior(behavior.empty() ? "queue" : behavior);
    if (!how) {
        log_warn("deepgram", "inject-agent: behavior must be default, queue or interrupt", {{"behavior", behavior}});
        return;
    }
    with_talk([text = std::move(text), how = *how](Talk& talk) { talk.inject_agent(text, how); });
}

void Agent::inject_user(std::string text) {
    with_talk([text = std::move(text)](Talk& talk) { talk.inject_user(text); });
}

void Agent::update_prompt(std::string prompt) {
    with_talk([prompt = std::move(prompt)](Talk& talk) { talk.update_prompt(prompt); });
}

void Agent::tool_result(std::string id, std::string content) {
    with_talk([id = std::move(id), content = std::move(content)](Talk& talk) { talk.tool_result(id, content); });
}

void Agent::interrupt() {
    with_talk([this](Talk&) { defer([this] { interrupt_now(); }); });
}

}  // namespace trunkline::deepgram
