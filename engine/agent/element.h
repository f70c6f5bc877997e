#pragma once
// What is behind the GObject of a voice agent: pads, states, caps and the actions every agent has. The talk itself is
// in talk.h, what a backend adds is in its own folder.
//
// Threads: pads and states may be touched by any thread; all work is done on the shard (the call's, or one of our own).
#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/agent/audio_format.h"
#include "engine/agent/talk.h"
#include "engine/core/result.h"
#include "engine/gst/element_shard.h"
#include "engine/gst/event_pad.h"
#include "engine/gst/live_source_pad.h"

namespace trunkline::agent {

class Element {
  public:
    /// `component` names the backend in the log.
    Element(GstElement* element, const char* component, GstStaticPadTemplate* sink, GstStaticPadTemplate* src);
    virtual ~Element();

    void set_call(CallContext* call) { call_ = call; }
    GstPad* request_events();
    void release(GstPad* pad) { events_.release(pad); }
    /// For GstElementClass::change_state: the steps below around the parent's own.
    GstStateChangeReturn change_state(GstElementClass* parent, GstStateChange change);

    bool open();   ///< NULL to READY: checks the settings; false after posting an error
    void start();  ///< READY to PAUSED: dials
    void play(bool playing);
    void stop();  ///< PAUSED to READY: closes the session
    void shut();  ///< READY to NULL

    void tool_result(std::string id, std::string content);
    /// What the agent says from here on may not be interrupted; until false.
    void protect(bool on);
    void interrupt();

  protected:
    /// Takes the properties over; the element's lock is free.
    virtual Status prepare() = 0;
    virtual std::unique_ptr<Talk> make_talk(Shard* shard, CallContext* call, gst::LiveSourcePad* src,
                                            TalkHooks hooks) = 0;
    /// What the agent will answer in. The sentence of an error ends the call.
    virtual Result<AudioFormat> choose_output(GstPad* src_pad, const AudioFormat& input) = 0;
    /// What a pad says it takes or gives before anything runs; nullptr: its template.
    virtual gst::Ptr<GstCaps> caps_of_pad(bool sink) const;

    /// Runs `work` on the shard while there is a talk that goes on.
    void with_talk(std::function<void(Talk&)> work);
    GstElement* element() const { return element_; }

  private:
    static gboolean query(GstPad* pad, GstObject* parent, GstQuery* query);
    GstFlowReturn chain(GstBuffer* buffer);
    gboolean sink_event(GstEvent* event);
    gboolean src_event(GstEvent* event);
    void take_caps(GstEvent* event);
    void on_buffer(GstBuffer* buffer);
    void on_input(const AudioFormat& input);
    void on_caller_eos();

    void defer(Task task);
    void interrupt_now();
    uint64_t fact(std::string_view type, std::string_view fields, uint64_t epoch = 0);
    void end_talk(const SessionEnd& end);
    void end_of_stream();
    TalkHooks hooks();

    GstElement* element_;
    const char* component_;
    GstPad* sink_;  // owned by the element
    gst::LiveSourcePad src_;
    gst::EventPad events_;
    gst::ElementShard shard_;
    CallContext* call_ = nullptr;
    std::atomic<bool> playing_{false};
    std::atomic<GstFlowReturn> flow_{GST_FLOW_FLUSHING};

    // Shard only.
    std::unique_ptr<Talk> talk_;
    std::optional<AudioFormat> input_;
    std::weak_ptr<Farewell> farewell_;
    bool ended_ = false;
};

}  // namespace trunkline::agent
