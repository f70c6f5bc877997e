// gain as a GStreamer element.
#include "elements/gain/gain.h"

#include <gst/check/gstharness.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace trunkline::gain {
namespace {

std::vector<int16_t> through(GstHarness* harness, int16_t value) {
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 640, nullptr);
    const std::vector<int16_t> samples(320, value);
    gst_buffer_fill(buffer, 0, samples.data(), 640);
    buffer = gst_harness_push_and_pull(harness, buffer);
    std::vector<int16_t> out(gst_buffer_get_size(buffer) / 2);
    gst_buffer_extract(buffer, 0, out.data(), out.size() * 2);
    gst_buffer_unref(buffer);
    return out;
}

TEST(Gain, MultipliesAndLimitsInPlaceWithoutDelay) {
    gst_element_register(nullptr, "gain", GST_RANK_NONE, TRUNKLINE_TYPE_GAIN);
    GstHarness* harness = gst_harness_new_parse("gain gain=2.5 ceiling=0.5");
    gst_harness_set_src_caps_str(harness, "audio/x-raw, format=S16LE, layout=interleaved, rate=16000, channels=1");
    EXPECT_EQ(through(harness, 1000), std::vector<int16_t>(320, 2500));
    for (const int16_t sample : through(harness, 30'000)) EXPECT_LE(sample, 16'384);
    EXPECT_EQ(gst_harness_query_latency(harness), 0U);
    gst_harness_teardown(harness);
}

TEST(Gain, EveryRateOfATelephonePasses) {
    for (const int rate : {8000, 16'000, 24'000, 48'000}) {
        GstHarness* harness = gst_harness_new_parse("gain gain=2");
        const std::string caps =
            "audio/x-raw, format=S16LE, layout=interleaved, channels=1, rate=" + std::to_string(rate);
        gst_harness_set_src_caps_str(harness, caps.c_str());
        EXPECT_EQ(through(harness, -7), std::vector<int16_t>(320, -14));
        gst_harness_teardown(harness);
    }
}

}  // namespace
}  // namespace trunkline::gain

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    gst_init(&argc, &argv);
    return RUN_ALL_TESTS();
}
