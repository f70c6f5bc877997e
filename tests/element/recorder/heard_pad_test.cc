// The heard pad: only what was played comes out, when it was; what a clear forgot never does.
#include "engine/gst/heard_pad.h"

#include <gtest/gtest.h>

#include "engine/core/clock.h"
#include "tests/support/call_rig.h"

namespace trunkline::test {
namespace {

constexpr int64_t kMs = 1'000'000;

struct HeardPadTest : testing::Test {
    HeardPadTest() {
        gst_object_ref_sink(element);
        gst_element_set_base_time(element, kBase);
        GstCaps* caps = gst_caps_from_string("audio/x-mulaw, rate=8000, channels=1");
        pad.start(&rig.shard, caps, 8'000);
        gst_caps_unref(caps);
        out = pad.request(made);
        EXPECT_EQ(pad.request(made), nullptr) << "one is all there is";
        EXPECT_EQ(gst_pad_link(out, heard.pad()), GST_PAD_LINK_OK);
        probe = gst_pad_add_probe(
            out, GST_PAD_PROBE_TYPE_BUFFER,
            [](GstPad*, GstPadProbeInfo* info, gpointer data) {
                GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
                static_cast<HeardPadTest*>(data)->stamps.push_back(static_cast<int64_t>(GST_BUFFER_PTS(buffer)) / kMs);
                return GST_PAD_PROBE_OK;
            },
            this, nullptr);
    }
    ~HeardPadTest() override {
        gst_pad_remove_probe(out, probe);
        rig.on_shard([&] { pad.stop(); });
        gst_pad_unlink(out, heard.pad());
        pad.release(out);
        gst_object_unref(element);
        gst_object_unref(made);
    }
    void sent(size_t bytes, char what, int64_t at_ms) {
        const std::string audio(bytes, what);
        rig.on_shard([&] {
            pad.sent({reinterpret_cast<const uint8_t*>(audio.data()), audio.size()}, kBase + at_ms * kMs);
        });
    }

    static constexpr int64_t kBase = 1'000'000 * kMs;  // times of the test are given, not taken from a clock
    CallRig rig;
    GstElement* element = gst_bin_new("line");
    gst::HeardPad pad{element};
    // GStreamer keeps the caps of a template for ever.
    static inline GstStaticPadTemplate templ =
        TRUNKLINE_HEARD_TEMPLATE("audio/x-mulaw, rate=(int)8000, channels=(int)1");
    GstPadTemplate* made = GST_PAD_TEMPLATE(gst_object_ref_sink(gst_static_pad_template_get(&templ)));
    GstPad* out = nullptr;
    gulong probe = 0;
    PadRecorder heard;
    std::vector<int64_t> stamps;
};

TEST_F(HeardPadTest, ABurstComesOutAsItIsPlayed) {
    sent(8'000, 'a', 100);
    EXPECT_EQ(heard.audio().size(), 0U) << "nothing of it was played yet";
    sent(800, 'b', 350);
    EXPECT_EQ(heard.audio(), std::string(2'000, 'a'));
    rig.on_shard([&] { pad.eos(kBase + 1'150 * kMs); });
    EXPECT_EQ(heard.audio(), std::string(8'000, 'a') + std::string(400, 'b')) << "and the rest was not heard";
    EXPECT_EQ(stamps, (std::vector<int64_t>{100, 350}));
    EXPECT_EQ(heard.entries().back().what, "eos");
}

TEST_F(HeardPadTest, AClearedRestNeverComesOut) {
    sent(8'000, 'a', 0);
    rig.on_shard([&] { pad.cleared(kBase + 300 * kMs); });
    sent(800, 'b', 500);
    rig.on_shard([&] { pad.eos(kBase + 2'000 * kMs); });
    EXPECT_EQ(heard.audio(), std::string(2'400, 'a') + std::string(800, 'b'));
    EXPECT_EQ(stamps, (std::vector<int64_t>{0, 500})) << "after a clear the line is free at once";
    std::vector<bool> gaps;
    for (const auto& e : heard.entries())
        if (e.what == "buffer") gaps.push_back(e.discont);
    EXPECT_EQ(gaps, (std::vector<bool>{true, true}));
}

TEST_F(HeardPadTest, TheTimerBringsItWithoutFurtherAudio) {
    const int64_t now = monotonic_ns();
    gst_element_set_base_time(element, static_cast<GstClockTime>(now));
    rig.on_shard([&] {
        const std::string audio(1'600, 'a');
        pad.sent({reinterpret_cast<const uint8_t*>(audio.data()), audio.size()}, now);
    });
    EXPECT_TRUE(rig.run([&] { return heard.audio().size() == 1'600U; }));
    EXPECT_GE(monotonic_ns() - now, 200 * kMs);
}

TEST_F(HeardPadTest, NothingIsKeptWhereNobodyListens) {
    gst_pad_unlink(out, heard.pad());
    sent(8'000, 'a', 0);
    EXPECT_EQ(gst_pad_link(out, heard.pad()), GST_PAD_LINK_OK);
    rig.on_shard([&] { pad.eos(kBase + 2'000 * kMs); });
    EXPECT_EQ(heard.audio().size(), 0U);
}

TEST_F(HeardPadTest, AReleaseWhileItPlaysForgetsTheRestAndAnotherPadBeginsAnew) {
    const int64_t now = monotonic_ns();
    gst_element_set_base_time(element, static_cast<GstClockTime>(now));
    const auto play = [&](char what, int64_t at) {
        const std::string audio(8'000, what);
        rig.on_shard([&] { pad.sent({reinterpret_cast<const uint8_t*>(audio.data()), audio.size()}, at); });
    };
    play('a', now);
    EXPECT_TRUE(rig.run([&] { return !heard.audio().empty(); }));
    rig.on_shard([&] {
        gst_pad_remove_probe(out, probe);
        gst_pad_unlink(out, heard.pad());
        pad.release(out);
    });
    const size_t before = heard.audio().size();
    // A timer that still ran would push here, where there is no pad.
    bool later = false;
    rig.on_shard([&] { rig.shard.after(std::chrono::milliseconds(250), [&] { later = true; }); });
    EXPECT_TRUE(rig.run([&] { return later; }));
    EXPECT_EQ(heard.audio().size(), before);

    out = pad.request(made);
    probe = gst_pad_add_probe(
        out, GST_PAD_PROBE_TYPE_BUFFER, [](GstPad*, GstPadProbeInfo*, gpointer) { return GST_PAD_PROBE_OK; }, nullptr,
        nullptr);
    ASSERT_EQ(gst_pad_link(out, heard.pad()), GST_PAD_LINK_OK);
    play('b', monotonic_ns());
    rig.on_shard([&] { pad.eos(monotonic_ns() + 2'000 * kMs); });
    EXPECT_EQ(heard.audio().substr(before), std::string(8'000, 'b'));
    EXPECT_EQ(heard.count("segment"), 2U);
}

}  // namespace
}  // namespace trunkline::test
