#pragma once
// A call around an element under test: a driven shard, numbered facts, a turn clock, an outbox that remembers.
// Everything happens on the test's thread, inside run() and on_shard().
#include <gst/gst.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/core/json.h"
#include "engine/gst/call_context.h"
#include "engine/gst/control.h"
#include "engine/loop/shard.h"
#include "tests/support/element_rig.h"
#include "tests/support/recording_outbox.h"

namespace trunkline::test {

class CallRig {
  public:
    CallRig();
    CallRig(const CallRig&) = delete;
    CallRig& operator=(const CallRig&) = delete;

    /// Does `work` as code of the shard.
    void on_shard(const std::function<void()>& work);
    /// Runs the shard until `done`; false after thirty seconds.
    bool run(const std::function<bool()>& done);
    /// Runs a few loop turns: what was deferred has happened.
    void turn();

    Shard shard{0};
    RecordingOutbox outbox;
    FactNumberer facts;
    TurnClock turns;
    CallContext call;
};

/// An element with the call as its context and a bus of its own; NULL and gone at the end.
class ElementUnderTest {
  public:
    ElementUnderTest(CallRig* rig, GType type, const char* name, bool with_call = true);
    ~ElementUnderTest();
    GstElement* get() const { return element_; }
    bool set_state(GstState state);
    GstPad* pad(const char* name) const;  ///< borrowed; a request pad is requested once
    /// The first error on the bus, "" when there is none: message, then the debug text.
    std::string error() const;
    size_t messages(GstMessageType type) const;

  private:
    CallRig* rig_;
    GstElement* element_;
    GstBus* bus_;
};

/// Remembers the upstream events that reach `pad`.
class UpstreamRecorder {
  public:
    explicit UpstreamRecorder(GstPad* pad);
    ~UpstreamRecorder();
    std::vector<gst::Playback> playback;
    int interrupts = 0;

  private:
    GstPad* pad_;
    gulong probe_;
};

/// The facts that came to an events recorder, of one type or all ("").
std::vector<Json> facts_in(const PadRecorder& recorder, std::string_view type = {});

/// gst_init() before, gst_deinit() behind the tests, so that the leaks tracer can tell what is left.
int run_element_tests(int argc, char** argv);

}  // namespace trunkline::test
