// P19: a sine in pieces of 1 … 999 bytes through the converters that the planner puts in gives what the whole gives at
// once, byte by byte. Pieces are stamped as gst::LiveSourcePad stamps them.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/graph/convert.h"
#include "engine/gst/gst_ptr.h"
#include "lab/speech/pcm.h"
#include "tests/support/element_rig.h"

namespace trunkline::test {
namespace {

using CapsPtr = gst::Ptr<GstCaps>;

constexpr const char* kMulaw = "audio/x-mulaw, rate=8000, channels=1";
std::string linear(int rate) {
    return "audio/x-raw, format=S16LE, layout=interleaved, channels=1, rate=" + std::to_string(rate);
}

std::string sine(int rate, bool mulaw) {
    std::string bytes;
    for (int i = 0; i < rate / 4; ++i) {
        const auto x = static_cast<int16_t>(std::lround(9'000 * std::sin(2 * M_PI * 440 * i / rate)));
        if (mulaw) {
            bytes += static_cast<char>(lab::ulaw_encode(x));
        } else {
            bytes += {static_cast<char>(x & 0xFF), static_cast<char>(x >> 8 & 0xFF)};
        }
    }
    return bytes;
}

/// source pad ─▶ the converters from one caps to the other ─▶ recording pad
struct Chain {
    Chain(const std::string& from, const std::string& to) : out(to.c_str()) {
        const auto a = CapsPtr::adopt(gst_caps_from_string(from.c_str())),
                   b = CapsPtr::adopt(gst_caps_from_string(to.c_str()));
        auto plan = graph::plan_conversion(a.get(), b.get());
        EXPECT_TRUE(plan);
        for (const graph::ConversionStep& step : plan->steps) add(step);
        source = gst_pad_new("source", GST_PAD_SRC);
        gst_pad_set_active(source, TRUE);
        link(source, elements.front(), "sink");
        for (size_t i = 0; i + 1 < elements.size(); ++i) EXPECT_TRUE(gst_element_link(elements[i], elements[i + 1]));
        GstPad* last = gst_element_get_static_pad(elements.back(), "src");
        EXPECT_EQ(gst_pad_link(last, out.pad()), GST_PAD_LINK_OK);
        gst_object_unref(last);
        for (GstElement* element : elements) gst_element_set_state(element, GST_STATE_PLAYING);
        gst_pad_push_event(source, gst_event_new_stream_start("sine"));
        gst_pad_push_event(source, gst_event_new_caps(a.get()));
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        gst_pad_push_event(source, gst_event_new_segment(&segment));
    }
    ~Chain() {
        gst_pad_set_active(source, FALSE);
        gst_object_unref(source);
        for (GstElement* element : elements) {
            gst_element_set_state(element, GST_STATE_NULL);
            gst_object_unref(element);
        }
    }
    void add(const graph::ConversionStep& step) {
        elements.push_back(GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make(step.factory, nullptr))));
    }
    static void link(GstPad* from, GstElement* to, const char* name) {
        GstPad* sink = gst_element_get_static_pad(to, name);
        EXPECT_EQ(gst_pad_link(from, sink), GST_PAD_LINK_OK);
        gst_object_unref(sink);
    }
    /// All of `bytes` in pieces of `size` bytes, cut to whole samples; what came out.
    std::string run(const std::string& bytes, size_t size, int rate, size_t width) {
        size = std::max(width, size / width * width);
        GstClockTime pts = 0;
        for (size_t at = 0; at < bytes.size(); at += size) {
            const std::string piece = bytes.substr(at, size);
            GstBuffer* buffer = gst_buffer_new_memdup(piece.data(), piece.size());
            GST_BUFFER_PTS(buffer) = pts;
            GST_BUFFER_DURATION(buffer) =
                gst_util_uint64_scale(piece.size() / width, GST_SECOND, static_cast<guint64>(rate));
            if (at == 0) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
            pts += GST_BUFFER_DURATION(buffer);
            EXPECT_EQ(gst_pad_push(source, buffer), GST_FLOW_OK);
        }
        gst_pad_push_event(source, gst_event_new_eos());
        return out.audio();
    }

    std::vector<GstElement*> elements;
    GstPad* source = nullptr;
    PadRecorder out;
};

void expect_pieces_equal_whole(const std::string& from, int rate, const std::string& to, size_t least) {
    const bool mulaw = from == kMulaw;
    const size_t width = mulaw ? 1 : 2;
    const std::string bytes = sine(rate, mulaw);
    const std::string whole = Chain(from, to).run(bytes, bytes.size(), rate, width);
    ASSERT_GE(whole.size(), least);
    for (size_t size = 1; size <= 999; ++size)
        ASSERT_EQ(Chain(from, to).run(bytes, size, rate, width), whole) << "pieces of " << size << " bytes";
}

TEST(Chain, P19CallerToABackendAt16kHz) { expect_pieces_equal_whole(kMulaw, 8'000, linear(16'000), 7'900); }
TEST(Chain, P19CallerToABackendAt48kHz) { expect_pieces_equal_whole(kMulaw, 8'000, linear(48'000), 23'900); }
TEST(Chain, P19BackendAt24kHzToTheCaller) { expect_pieces_equal_whole(linear(24'000), 24'000, kMulaw, 1'990); }
TEST(Chain, P19BackendAt48kHzToTheCaller) { expect_pieces_equal_whole(linear(48'000), 48'000, kMulaw, 1'990); }
TEST(Chain, P19BackendAt48kHzToALineAt16kHz) {
    expect_pieces_equal_whole(linear(48'000), 48'000, linear(16'000), 7'900);
}

}  // namespace
}  // namespace trunkline::test
