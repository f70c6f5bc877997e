// recordsink between two feeders and a real file: where each leg stands in it, and what is told of it.
#include "elements/recorder/recordsink.h"

#include <gst/check/gstharness.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "engine/core/clock.h"
#include "engine/storage/recording_writer.h"
#include "lab/speech/pcm.h"
#include "lab/speech/wav.h"
#include "tests/support/call_rig.h"
#include "tests/support/temp_folder.h"

namespace trunkline::test {
namespace {

constexpr const char* kMulaw = "audio/x-mulaw, rate=8000, channels=1";
constexpr int64_t kSecondNs = 1'000'000'000;

struct RecordSinkTest : testing::Test {
    RecordSinkTest() {
        rig.outbox.store = &writer;
        g_object_set(sink.get(), "directory", directory.c_str(), nullptr);
        // The call began ten seconds ago, so that what the test pushes was heard already.
        gst_element_set_base_time(sink.get(), static_cast<GstClockTime>(monotonic_ns() - 10 * kSecondNs));
    }

    void play() {
        ASSERT_EQ(gst_pad_link(caller.pad(), sink.pad("caller")), GST_PAD_LINK_OK);
        ASSERT_EQ(gst_pad_link(agent.pad(), sink.pad("agent")), GST_PAD_LINK_OK);
        ASSERT_EQ(gst_pad_link(sink.pad("events"), events.pad()), GST_PAD_LINK_OK);
        ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING)) << sink.error();
    }
    void push(PadFeeder& feeder, int64_t at_ms, const std::string& bytes, bool discont = false) {
        rig.on_shard([&] {
            feeder.start();
            GstBuffer* buffer = gst_buffer_new_memdup(bytes.data(), bytes.size());
            GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(at_ms) * GST_MSECOND;
            if (discont) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
            EXPECT_EQ(gst_pad_push(feeder.pad(), buffer), GST_FLOW_OK);
        });
    }
    void end() {
        rig.on_shard([&] {
            caller.event(gst_event_new_eos());
            agent.event(gst_event_new_eos());
        });
        writer.write_waiting();
    }
    lab::Wav wav(const std::string& name = "call_test.wav") const {
        auto read = lab::read_wav(directory + "/" + name);
        EXPECT_TRUE(read) << read.error().message;
        return read ? *read : lab::Wav{};
    }

    TempFolder folder;
    const std::string directory = folder.path();
    RecordingWriter writer{1U << 22};
    CallRig rig;
    ElementUnderTest sink{&rig, TRUNKLINE_TYPE_RECORD_SINK, "rec"};
    PadFeeder caller{kMulaw}, agent{kMulaw};
    PadRecorder events;
};

TEST_F(RecordSinkTest, BothLegsStandWhereTheyWereHeard) {
    play();
    for (int i = 0; i < 50; ++i) push(caller, i * 20, std::string(160, '\x10'));
    push(agent, 500, std::string(800, '\x90'), true);
    end();
    const lab::Wav read = wav();
    ASSERT_EQ(read.channels, 2);
    ASSERT_EQ(read.rate, 8'000);
    ASSERT_GE(read.samples.size() / 2, 80'000U) << "to the end of the call";
    const int16_t loud = lab::ulaw_decode(uint8_t{0x10});
    for (size_t i = 0; i < 8'000; ++i) ASSERT_EQ(read.samples[2 * i], loud) << i;
    EXPECT_EQ(read.samples[2 * 8'000], 0);
    EXPECT_EQ(read.samples[2 * 3'999 + 1], 0);
    for (size_t i = 4'000; i < 4'800; ++i) ASSERT_EQ(read.samples[2 * i + 1], -loud) << i;
    EXPECT_EQ(read.samples[2 * 4'800 + 1], 0);
}

TEST_F(RecordSinkTest, SaysWhereTheRecordingIs) {
    play();
    push(caller, 0, std::string(160, '\x10'));
    const auto started = facts_in(events, "recording.started");
    ASSERT_EQ(started.size(), 1U);
    EXPECT_EQ(started[0]["location"].text_or(""), directory + "/call_test.wav");
    EXPECT_EQ(started[0]["encoding"].text_or(""), "linear16");
    EXPECT_EQ(started[0]["rate"].int_or(0), 8'000);
    end();
    const auto stopped = facts_in(events, "recording.stopped");
    ASSERT_EQ(stopped.size(), 1U);
    EXPECT_GE(stopped[0]["duration_ms"].int_or(0), 10'000);
    EXPECT_EQ(stopped[0]["lost_ms"].int_or(-1), 0);
    EXPECT_FALSE(stopped[0]["error"].text().has_value());
    EXPECT_EQ(events.entries().back().what, "eos");
    EXPECT_EQ(sink.messages(GST_MESSAGE_EOS), 1U);
}

/// The last sample of the agent's leg that is not silent.
size_t last_of_agent(const lab::Wav& wav) {
    size_t last = 0;
    for (size_t i = 0; i < wav.samples.size() / 2; ++i)
        if (wav.samples[2 * i + 1] != 0) last = i;
    return last;
}

TEST_F(RecordSinkTest, AFlushTakesAwayWhatWasNotHeard) {
    play();
    push(agent, 9'900, std::string(80'000, '\x10'), true);  // ten seconds in one burst, begun a moment ago
    int64_t flushed_ms = 0;
    rig.on_shard([&] {
        flushed_ms = (monotonic_ns() - static_cast<int64_t>(gst_element_get_base_time(sink.get()))) / 1'000'000;
        agent.event(gst_event_new_flush_start());
        agent.event(gst_event_new_flush_stop(FALSE));
    });
    EXPECT_TRUE(rig.run([&, until = monotonic_ns() + kSecondNs / 10] { return monotonic_ns() > until; }));
    end();
    const lab::Wav read = wav();
    const size_t last = last_of_agent(read);
    EXPECT_GT(last, 9'900U * 8);
    EXPECT_NEAR(static_cast<double>(last) / 8, static_cast<double>(flushed_ms), 50) << "to where the flush was";
    EXPECT_GT(read.samples.size() / 2, last + 80 * 8);
}

/// A queue hands on from a thread of its own: caps, segment and the end must not overtake the audio, nor race it.
TEST_F(RecordSinkTest, LegsBehindQueuesAreWholeAndTheirEndComesLast) {
    PadRecorder facts;
    ASSERT_EQ(gst_pad_link(sink.pad("events"), facts.pad()), GST_PAD_LINK_OK);
    ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING)) << sink.error();
    std::vector<GstElement*> queues;
    for (const auto& [feeder, leg] : {std::pair{&caller, "caller"}, std::pair{&agent, "agent"}}) {
        GstElement* queue = gst_element_factory_make("queue", nullptr);
        ASSERT_NE(queue, nullptr);
        queues.push_back(GST_ELEMENT(gst_object_ref_sink(queue)));
        GstPad* in = gst_element_get_static_pad(queue, "sink");
        GstPad* out = gst_element_get_static_pad(queue, "src");
        EXPECT_EQ(gst_pad_link(feeder->pad(), in), GST_PAD_LINK_OK);
        EXPECT_EQ(gst_pad_link(out, sink.pad(leg)), GST_PAD_LINK_OK);
        gst_object_unref(in);
        gst_object_unref(out);
        gst_element_set_state(queue, GST_STATE_PLAYING);
    }
    for (int i = 0; i < 100; ++i) {
        push(caller, i * 20, std::string(160, '\x10'));
        push(agent, i * 20, std::string(160, '\x90'));
    }
    rig.on_shard([&] {
        caller.event(gst_event_new_eos());
        agent.event(gst_event_new_eos());
    });
    EXPECT_TRUE(rig.run([&] { return sink.messages(GST_MESSAGE_EOS) > 0; }));
    for (GstElement* queue : queues) {
        gst_element_set_state(queue, GST_STATE_NULL);
        gst_object_unref(queue);
    }
    writer.write_waiting();
    EXPECT_EQ(facts_in(facts, "recording.stopped").size(), 1U);
    const lab::Wav read = wav();
    const int16_t loud = lab::ulaw_decode(uint8_t{0x10});
    ASSERT_GE(read.samples.size(), 2U * 16'000);
    for (size_t i = 0; i < 16'000; ++i) {
        ASSERT_EQ(read.samples[2 * i], loud) << i;
        ASSERT_EQ(read.samples[2 * i + 1], -loud) << i;
    }
}

/// A flush passes a queue on the thread of who sends it, the audio before it is still on its way to the shard.
TEST_F(RecordSinkTest, AFlushDoesNotOvertakeAudioOfAnotherThread) {
    play();
    push(caller, 0, std::string(160, '\x10'));
    std::thread([&] {
        agent.start();
        GstBuffer* buffer = gst_buffer_new_memdup(std::string(80'000, '\x10').data(), 80'000);
        GST_BUFFER_PTS(buffer) = GstClockTime{9'900} * GST_MSECOND;
        EXPECT_EQ(gst_pad_push(agent.pad(), buffer), GST_FLOW_OK);
    }).join();
    rig.on_shard([&] {
        agent.event(gst_event_new_flush_start());
        agent.event(gst_event_new_flush_stop(FALSE));
    });
    EXPECT_TRUE(rig.run([&, until = monotonic_ns() + kSecondNs / 2] { return monotonic_ns() > until; }));
    end();
    const lab::Wav read = wav();
    const size_t last = last_of_agent(read);
    EXPECT_GT(read.samples.size() / 2, last + 300 * 8) << "what lay ahead at the flush was recorded";
}

/// What a thread handed over just before the end of the call is not a recording of its own.
TEST_F(RecordSinkTest, AudioThatIsPostedBehindTheEndOpensNoFile) {
    play();
    std::thread([&] { EXPECT_EQ(agent.push(std::string(160, '\x10')), GST_FLOW_OK); }).join();
    EXPECT_TRUE(sink.set_state(GST_STATE_NULL));
    bool later = false;
    rig.on_shard([&] { rig.shard.after(std::chrono::milliseconds(700), [&] { later = true; }); });
    EXPECT_TRUE(rig.run([&] { return later; }));
    writer.write_waiting();
    EXPECT_EQ(writer.stats().files, 0U);
}

TEST_F(RecordSinkTest, WhatLiesAheadAtTheEndWasNotHeard) {
    play();
    push(agent, 9'000, std::string(800'000, '\x10'), true);
    end();
    EXPECT_LT(wav().samples.size() / 2, 20U * 8'000);
}

TEST_F(RecordSinkTest, WritesMulawAtHalfTheSize) {
    g_object_set(sink.get(), "format", 1, "location", "{node}/{call_id}", nullptr);
    play();
    push(caller, 0, std::string(160, '\x10'));
    end();
    EXPECT_EQ(wav("rec/call_test.wav").samples[0], lab::ulaw_decode(uint8_t{0x10}));
    const auto size = std::filesystem::file_size(directory + "/rec/call_test.wav");
    EXPECT_LT(size, 2U * 8'000 * 15);
}

TEST_F(RecordSinkTest, ItsPadsTakeTheRateOfTheFileOnly) {
    g_object_set(sink.get(), "rate", 16'000, nullptr);
    GstCaps* caps = gst_pad_query_caps(sink.pad("caller"), nullptr);
    GstCaps* wrong = gst_caps_from_string(kMulaw);
    GstCaps* right = gst_caps_from_string("audio/x-raw, format=S16LE, layout=interleaved, rate=16000, channels=1");
    EXPECT_FALSE(gst_caps_can_intersect(caps, wrong));
    EXPECT_TRUE(gst_caps_can_intersect(caps, right));
    for (GstCaps* c : {caps, wrong, right}) gst_caps_unref(c);
}

TEST_F(RecordSinkTest, AFileThatCannotBeMadeEndsTheRecordingAndNotTheCall) {
    g_object_set(sink.get(), "directory", "/proc/no/such/place", nullptr);
    play();
    push(caller, 0, std::string(160, '\x10'));
    EXPECT_TRUE(rig.run([&] {
        writer.write_waiting();
        return !facts_in(events, "recording.stopped").empty();
    }));
    const auto stopped = facts_in(events, "recording.stopped");
    ASSERT_EQ(stopped.size(), 1U);
    EXPECT_NE(stopped[0]["error"].text_or("").find("/proc/no/such/place"), std::string::npos);
    push(caller, 20, std::string(160, '\x10'));
    end();
    EXPECT_EQ(sink.error(), "") << "no error of the pipeline";
    EXPECT_EQ(facts_in(events, "recording.stopped").size(), 1U);
}

/// docs/recording.md: the fact tells what is known when the last piece is handed over; the rest is in log and metrics.
TEST_F(RecordSinkTest, TheFactAtTheEndDoesNotWaitForTheDisk) {
    g_object_set(sink.get(), "directory", "/proc/no/such/place", nullptr);
    play();
    push(caller, 0, std::string(160, '\x10'));
    end();  // storage has looked at nothing before
    const auto stopped = facts_in(events, "recording.stopped");
    ASSERT_EQ(stopped.size(), 1U);
    EXPECT_GE(stopped[0]["duration_ms"].int_or(0), 10'000) << "what was handed over";
    EXPECT_FALSE(stopped[0]["error"].text().has_value());
    EXPECT_EQ(writer.stats().failed, 1U);
}

/// A call that is torn down without an end of stream: its pads pass nothing any more, a fact would only be a gap.
TEST_F(RecordSinkTest, AnEndWithoutEosLeavesAFileAndNoGapInTheNumbers) {
    play();
    push(caller, 0, std::string(160, '\x10'));
    ASSERT_TRUE(sink.set_state(GST_STATE_NULL));
    writer.write_waiting();
    EXPECT_EQ(rig.facts.make("call.ended", "call", 0, "")->seq, facts_in(events).size() + 1);
    EXPECT_GE(wav().samples.size() / 2, 80'000U);
}

TEST_F(RecordSinkTest, AnUnknownNameInThePathAndAMissingCallAreSaidAtTheStart) {
    g_object_set(sink.get(), "location", "{caller}.wav", nullptr);
    EXPECT_FALSE(sink.set_state(GST_STATE_READY));
    EXPECT_NE(sink.error().find("{caller}"), std::string::npos);
    ElementUnderTest alone(&rig, TRUNKLINE_TYPE_RECORD_SINK, "alone", false);
    EXPECT_FALSE(alone.set_state(GST_STATE_READY));
    EXPECT_NE(alone.error().find("runs only inside a call"), std::string::npos);
}

TEST_F(RecordSinkTest, OneLegAloneInAHarness) {
    rig.on_shard([&] {
        GstHarness* harness = gst_harness_new_with_element(sink.get(), "caller", nullptr);
        gst_element_set_base_time(sink.get(), static_cast<GstClockTime>(monotonic_ns() - 10 * kSecondNs));
        gst_element_set_clock(sink.get(), nullptr);
        gst_harness_set_src_caps_str(harness, kMulaw);
        for (int i = 0; i < 20; ++i) {
            GstBuffer* buffer = gst_buffer_new_memdup(std::string(160, '\x10').data(), 160);
            GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(i) * 20 * GST_MSECOND;
            EXPECT_EQ(gst_harness_push(harness, buffer), GST_FLOW_OK);
        }
        EXPECT_TRUE(gst_harness_push_event(harness, gst_event_new_eos()));
        gst_harness_teardown(harness);
    });
    writer.write_waiting();
    const lab::Wav read = wav();
    ASSERT_GE(read.samples.size(), 2U * 3'200);
    EXPECT_NE(read.samples[2 * 3'199], 0);
    EXPECT_EQ(read.samples[1], 0) << "no agent: silence";
}

}  // namespace
}  // namespace trunkline::test
