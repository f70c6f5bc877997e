// Loudness of encoded audio.
#include "engine/line/gain.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace trunkline::line {
namespace {

TEST(Gain, EveryMulawCodeComesBackFromItsSample) {
    for (int code = 0; code < 256; ++code) {
        const int sample = mulaw_decode(static_cast<uint8_t>(code));
        // 0x7f is the second zero; it comes back as the first.
        const int same = code == 0x7F ? 0xFF : code;
        EXPECT_EQ(mulaw_encode(sample), same) << code;
    }
}

TEST(Gain, MulawOfAnySampleIsItsNearestStep) {
    for (int sample = -32'768; sample <= 32'767; ++sample) {
        const int back = mulaw_decode(mulaw_encode(sample));
        const int step = std::max(8, std::abs(sample) / 16);
        ASSERT_LE(std::abs(std::min(std::max(sample, -32'635), 32'635) - back), step) << sample;
    }
}

TEST(Gain, SilenceStaysSilence) {
    std::vector<uint8_t> mulaw(160, 0xFF), l16(320, 0);
    apply_gain(Encoding::kMulaw, mulaw, 1, 0.25);
    apply_gain(Encoding::kL16, l16, 0, 1);
    EXPECT_EQ(mulaw, std::vector<uint8_t>(160, 0xFF));
    EXPECT_EQ(l16, std::vector<uint8_t>(320, 0));
}

TEST(Gain, Line27SamplesAreLittleEndian) {
    std::vector<uint8_t> audio{0x00, 0x10, 0x00, 0xF0};  // 4096, -4096
    apply_gain(Encoding::kL16, audio, 0.5, 0.5);
    EXPECT_EQ(audio, (std::vector<uint8_t>{0x00, 0x08, 0x00, 0xF8}));
}

TEST(Gain, ARampEndsWhereItShall) {
    std::vector<uint8_t> audio;
    for (int i = 0; i < 160; ++i) {
        audio.push_back(0x00);
        audio.push_back(0x40);  // 16384
    }
    audio.push_back(0x7F);  // half a sample
    apply_gain(Encoding::kL16, audio, 1, 0);
    int last = 16'385;
    for (size_t i = 0; i < 160; ++i) {
        const int sample = static_cast<int16_t>(audio[2 * i] | audio[2 * i + 1] << 8);
        EXPECT_LT(sample, last) << i;
        EXPECT_NEAR(sample, 16'384 - 16'384 * static_cast<int>(i + 1) / 160, 2);
        last = sample;
    }
    EXPECT_EQ(last, 0);
    EXPECT_EQ(audio.back(), 0x7F);
}

TEST(Gain, TooLoudIsClippedNotWrapped) {
    std::vector<uint8_t> audio{0xFF, 0x7F, 0x00, 0x80};
    apply_gain(Encoding::kL16, audio, 3, 3);
    EXPECT_EQ(audio, (std::vector<uint8_t>{0xFF, 0x7F, 0x00, 0x80}));
}

}  // namespace
}  // namespace trunkline::line
