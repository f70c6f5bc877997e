#pragma once
// Fixtures of the carriers' elements: a line element in a call whose carrier is the test, with the agent or the
// listeners next to it.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/element/line/carrier_rig.h"

namespace trunkline::test {

/// A carrier's sink: what the agent says goes in, what the caller hears is at the rig.
template <class Rig>
struct LineSinkTest : testing::Test {
    using State = gst::Playback::State;

    LineSinkTest(GType type, const char* caps) : line(&rig, type, "line"), agent(caps), up(agent.pad()) {
        EXPECT_EQ(gst_pad_link(agent.pad(), line.pad("sink")), GST_PAD_LINK_OK);
    }
    void say(const std::string& bytes) {
        rig.on_shard([&] { EXPECT_EQ(agent.push(bytes), GST_FLOW_OK); });
    }
    void reply(uint64_t epoch, bool end) {
        rig.on_shard([&] { agent.event(gst::reply_event_new(epoch, end)); });
    }
    /// As the agent does on an interruption.
    void flush() {
        rig.on_shard([&] { agent.flush(); });
    }
    void hold(gst::LineHold::Mode mode, double gain = 1) {
        rig.on_shard([&] { agent.event(gst::line_hold_event_new({mode, gain})); });
    }
    /// How often the agent was told so of its replies.
    size_t told(State state) const {
        return static_cast<size_t>(
            std::count_if(up.playback.begin(), up.playback.end(), [&](const auto& p) { return p.state == state; }));
    }
    const gst::Playback& last() const { return up.playback.back(); }

    Rig rig;
    ElementUnderTest line;
    PadFeeder agent;
    UpstreamRecorder up;
};

/// A carrier's source: what the caller says comes from the rig, what the pipeline gets is written down.
template <class Rig>
struct LineSrcTest : testing::Test {
    explicit LineSrcTest(GType type) : source(&rig, type, "caller") {
        EXPECT_EQ(gst_pad_link(source.pad("src"), heard.pad()), GST_PAD_LINK_OK);
        EXPECT_EQ(gst_pad_link(source.pad("events"), events.pad()), GST_PAD_LINK_OK);
    }
    bool run_until_heard(size_t bytes) {
        return rig.run([&] { return heard.audio().size() >= bytes; });
    }
    void eos() {
        rig.on_shard([&] { gst_element_send_event(source.get(), gst_event_new_eos()); });
    }

    Rig rig;
    ElementUnderTest source;
    PadRecorder heard, events;
};

}  // namespace trunkline::test
