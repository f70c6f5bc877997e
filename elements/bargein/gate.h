#pragma once
// What is behind the GObject `bargein`: pads, the streams that pass, and what follows from a decision.
//
// With a call all of it happens on the call's shard.
#include <gst/gst.h>

#include <atomic>
#include <optional>

#include "elements/bargein/agent_talk.h"
#include "elements/bargein/decider.h"
#include "elements/bargein/hearing.h"
#include "engine/gst/call_context.h"
#include "engine/gst/control.h"
#include "engine/gst/event_pad.h"
#include "engine/loop/shard.h"

namespace trunkline::bargein {

extern GstStaticPadTemplate kSinkTemplate;
extern GstStaticPadTemplate kSrcTemplate;
extern GstStaticPadTemplate kMonitorTemplate;

/// The properties; times in ns.
struct GateConfig {
    enum class Listen : int { kBackend, kLocal, kBoth };
    gboolean enabled = TRUE;
    Listen source = Listen::kBackend;
    guint64 min_speech = 0, min_speech_thinking = 0, min_speech_greeting = 0;
    guint64 greeting_guard = 0;
    gboolean is_protected = FALSE;
    gst::LineHold::Mode provisional = gst::LineHold::Mode::kNone;
    double duck_gain = 0.2;
    guint64 resume_after = 1'000'000'000;
    guint64 echo_delay = 700'000'000;
};

class Gate {
  public:
    explicit Gate(GstElement* element);

    GateConfig config;                        ///< under the element's lock
    void config_changed() { dirty_ = true; }  ///< taken over with the next thing that comes

    void set_call(CallContext* call) { call_ = call; }
    GstPad* request(GstPadTemplate* wanted);
    void release(GstPad* pad);
    void reset();

  private:
    /// An accepted decision whose consequences are on their way.
    struct Cut {
        Decision decision;
        int64_t decided_ns = 0;
        int64_t ends_ns = 0;  // all that was given would have been heard by then
        int64_t held_ms = 0;
        bool line_told = false;
        uint64_t epoch = 0;
        int64_t cleared_ns = 0, played_ms = 0, discarded_ms = 0;
    };

    static Gate* self(GstPad* pad) { return static_cast<Gate*>(gst_pad_get_element_private(pad)); }
    static GstIterator* other_side(GstPad* pad, GstObject* parent);
    GstFlowReturn chain(GstBuffer* buffer);
    gboolean query(GstObject* parent, GstQuery* query);
    gboolean agent_event(GstObject* parent, GstEvent* event);
    void flush_passed();
    void monitor_event(GstEvent* event);
    GstFlowReturn hear(GstBuffer* buffer);
    void hear_frame(const HeardFrame& frame);
    void on_playback(const gst::Playback& playback);

    void take_config();
    void set_rules();
    bool listens() const;  // whether the caller's audio is looked at
    Moment moment(int64_t now_ns) const;
    void act(const Decision& decision, int64_t now_ns);
    void accept(const Decision& decision, int64_t now_ns);
    void hold(gst::LineHold::Mode mode, int64_t now_ns);
    int64_t resume(int64_t now_ns);
    void arm_hold_timer();
    void tell_cut();
    void tell_rejected(const Decision& decision, int64_t now_ns, int64_t held_ms);
    template <class Rest>
    void tell(const Decision& decision, uint64_t turn, int64_t decided_ns, int64_t held_ms, Rest rest);

    GstElement* element_;
    std::atomic<bool> dirty_{true};
    GateConfig used_;
    GstPad *sink_, *src_, *monitor_ = nullptr;  // owned by the element
    gst::EventPad events_;
    CallContext* call_ = nullptr;
    Decider decider_;
    Hearing hearing_;
    AgentTalk talk_;
    std::optional<Cut> cut_;
    bool flushing_ = false;
    bool caller_done_ = false;  // he spoke since the agent's last reply, and stopped
    bool agent_protects_ = false;
    int64_t held_since_ns_ = 0;
    TimerId hold_timer_ = 0;
};

}  // namespace trunkline::bargein
