#pragma once
// bargein between an agent (feeder), the line (recorder) and a caller (feeder).
#include <gtest/gtest.h>

#include "elements/bargein/bargein.h"
#include "engine/core/clock.h"
#include "engine/gst/control.h"
#include "tests/support/call_rig.h"
#include "tests/support/voice.h"

namespace trunkline::test {

constexpr const char* kMulaw = "audio/x-mulaw, rate=8000, channels=1";

struct BargeInTest : testing::Test {
    BargeInTest() {
        EXPECT_EQ(gst_pad_link(agent.pad(), gate.pad("sink")), GST_PAD_LINK_OK);
        EXPECT_EQ(gst_pad_link(gate.pad("src"), line.pad()), GST_PAD_LINK_OK);
    }
    void with_events() { ASSERT_EQ(gst_pad_link(gate.pad("events"), events.pad()), GST_PAD_LINK_OK); }
    void with_monitor() { ASSERT_EQ(gst_pad_link(caller.pad(), gate.pad("monitor")), GST_PAD_LINK_OK); }
    void play() {
        ASSERT_TRUE(gate.set_state(GST_STATE_PLAYING));
        rig.on_shard([&] { agent.start(); });
    }
    bool user_speech(int64_t onset = monotonic_ns()) {
        bool taken = false;
        rig.on_shard([&] { taken = gst::query_user_speech(agent.pad(), onset); });
        return taken;
    }
    /// The caller says a vowel for so many frames.
    void speak(int frames, double dbfs = -18) { hear(vowel(static_cast<size_t>(frames) * 160, dbfs, 125)); }
    void be_quiet(int frames) { hear(lab::Samples(static_cast<size_t>(frames) * 160, 0)); }
    void hear(const lab::Samples& samples) {
        const std::string bytes = mulaw(samples);
        rig.on_shard([&] {
            for (size_t at = 0; at < bytes.size(); at += 160) {
                EXPECT_EQ(caller.push(bytes.substr(at, 160)), GST_FLOW_OK);
            }
        });
    }
    /// The agent says reply `epoch`, all of it handed out at once.
    void say(uint64_t epoch, int seconds, double dbfs = -18) {
        rig.turns.reply_audio(monotonic_ns());
        const std::string bytes = mulaw(vowel(static_cast<size_t>(seconds) * 8000, dbfs, 125));
        rig.on_shard([&] {
            agent.event(gst::reply_event_new(epoch, false));
            agent.push(bytes);
            agent.event(gst::reply_event_new(epoch, true));
        });
    }
    void report(gst::Playback::State state, uint64_t epoch, int64_t at_ns = monotonic_ns()) {
        gst::Playback p;
        p.state = state;
        p.epoch = epoch;
        p.at_ns = at_ns;
        rig.on_shard([&] { gst_pad_push_event(line.pad(), gst::playback_event_new(p)); });
    }
    void set(const char* name, const char* value) { gst_util_set_object_arg(G_OBJECT(gate.get()), name, value); }
    /// As from the carrier's sink.
    void cleared(int64_t played_ms, int64_t discarded_ms, uint64_t epoch = 0) {
        gst::Playback p;
        p.state = gst::Playback::State::kCleared;
        p.epoch = epoch;
        p.at_ns = monotonic_ns();
        p.played_ms = played_ms;
        p.discarded_ms = discarded_ms;
        rig.on_shard([&] { gst_pad_push_event(line.pad(), gst::playback_event_new(p)); });
    }

    CallRig rig;
    ElementUnderTest gate{&rig, TRUNKLINE_TYPE_BARGE_IN, "gate"};
    PadFeeder agent{kMulaw}, caller{kMulaw};
    PadRecorder line, events;
    UpstreamRecorder up{agent.pad()};
};

}  // namespace trunkline::test
