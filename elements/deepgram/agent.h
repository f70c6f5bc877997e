#pragma once
// What is behind the GObject `deepgramagent`: pads, states, caps and the actions. The talk itself is in talk.h.
//
// Threads: pads and states may be touched by any thread; all work is done on the shard (the call's, or one of our own).
#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "elements/deepgram/agent_config.h"
#include "elements/deepgram/audio_formats.h"
#include "elements/deepgram/talk.h"
#include "engine/gst/element_shard.h"
#include "engine/gst/event_pad.h"
#include "engine/gst/live_source_pad.h"

namespace trunkline::deepgram {

extern GstStaticPadTemplate kSinkTemplate;
extern GstStaticPadTemplate kSrcTemplate;

class Agent {
  public:
    explicit Agent(GstElement* element);
    ~Agent();

    AgentConfig config;  ///< written by the GObject under its lock, taken over by open()

    void set_call(CallContext* call) { call_ = call; }
    GstPad* request_events();
    void release(GstPad* pad) { events_.release(pad); }

    bool open();   ///< NULL to READY: checks the settings; false after posting an error
    void start();  ///< READY to PAUSED: dials
    void play(bool playing);
    void stop();  ///< PAUSED to READY: closes the session
    void shut();  ///< READY to NULL

    void inject_agent(std::string text, const std::string& behavior);
    void inject_user(std::string text);
    void update_prompt(std::string prompt);
    void tool_result(std::string id, std::string content);
    void interrupt();

  private:
    GstFlowReturn chain(GstBuffer* buffer);
    gboolean sink_event(GstEvent* event);
    gboolean src_event(GstEvent* event);
    void take_caps(GstEvent* event);
    void on_buffer(GstBuffer* buffer);
    void on_input(const AudioFormat& input);
    void on_caller_eos();

    void with_talk(std::function<void(Talk&)> work);
    void defer(Task task);
    void interrupt_now();
    void fact(std::string_view type, std::string_view fields, uint64_t epoch = 0);
    void end_talk(const SessionEnd& end);
    void end_of_stream();
    TalkHooks hooks();

    GstElement* element_;
    GstPad* sink_;  // owned by the element
    gst::LiveSourcePad src_;
    gst::EventPad events_;
    gst::ElementShard shard_;
    CallContext* call_ = nullptr;
    std::atomic<bool> playing_{false};
    std::atomic<GstFlowReturn> flow_{GST_FLOW_FLUSHING};

    // Set by open(), for the shard from then on.
    AgentConfig used_;
    std::optional<Settings> settings_;
    SessionOptions session_options_;

    // Shard only.
    std::unique_ptr<Talk> talk_;
    std::optional<AudioFormat> input_;
    std::weak_ptr<Farewell> farewell_;
    bool ended_ = false;
};

}  // namespace trunkline::deepgram
