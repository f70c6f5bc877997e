#pragma once
// What stands behind `recordsink`: takes the audio of both legs, puts it on one time line and hands what is due to the
// storage thread, twice a second.
//
//   caller ─▶ TwoLegs ◀─ agent        a timer of the shard ──▶ due frames ──▶ Recording (storage thread) ──▶ WAV file
#include <gst/gst.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "elements/recorder/two_legs.h"
#include "engine/events/recording.h"
#include "engine/gst/event_pad.h"
#include "engine/gst/pad_order.h"
#include "engine/loop/shard.h"

namespace trunkline::recorder {

struct RecorderOptions {
    std::string directory = "recordings", location = "{call_id}.wav";
    int rate = 8'000;
    bool mulaw = false;
};

class Recorder {
  public:
    explicit Recorder(GstElement* element);

    RecorderOptions options;

    void set_call(CallContext* call) { call_ = call; }
    GstPad* request(GstPadTemplate* wanted);
    void release(GstPad* pad);
    bool attach();  ///< NULL → READY
    void detach();  ///< READY → NULL

  private:
    struct Input {
        Recorder* recorder = nullptr;
        Leg leg = Leg::kCaller;
        GstPad* pad = nullptr;  // owned by the element
        bool mulaw = false;     // its caps
        bool ended = false;
        GstSegment segment{};
        gst::PadOrder order;
    };

    GstPad* make_pad(Leg leg, const char* name);
    GstFlowReturn chain(Input& input, GstBuffer* buffer);
    gboolean event(Input& input, GstEvent* event);
    void handle(Input& input, GstEvent* event, int64_t came_ns);
    gboolean query(Input& input, GstObject* parent, GstQuery* query);
    GstCaps* wanted_caps() const;
    void take(Input& input, GstBuffer* buffer);
    void begin();
    void write_due(int64_t until_ns);
    void wake();
    void pad_ended(Input& input);
    /// Hands over the last piece and tells what is known by then: the call may end right here, and no fact follows
    /// that.
    void finish();
    void tell_stopped(const RecordingState& state);
    int64_t running_time_ns() const;

    GstElement* element_;
    gst::EventPad events_;
    CallContext* call_ = nullptr;
    std::array<Input, 2> inputs_;
    std::unique_ptr<TwoLegs> legs_;
    std::shared_ptr<Recording> file_;
    std::string path_;
    std::vector<int16_t> samples_;  // of the buffer at hand
    TimerId timer_ = 0;
    bool begun_ = false, told_ = false;
    uint64_t no_room_ = 0;
};

extern GstStaticPadTemplate kCallerTemplate, kAgentTemplate;

}  // namespace trunkline::recorder
