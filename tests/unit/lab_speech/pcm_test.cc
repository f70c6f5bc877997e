// G.711, levels, resampling and WAV files of the lab.
#include "lab/speech/pcm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <numbers>

#include "lab/speech/wav.h"

namespace trunkline::lab {
namespace {

Samples sine(double hz, int rate, size_t n, double amplitude = 10000) {
    Samples out(n);
    for (size_t i = 0; i < n; ++i) {
        out[i] = static_cast<int16_t>(
            std::lround(amplitude * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate)));
    }
    return out;
}

TEST(LabPcm, ULawHasTheValuesOfTheStandard) {
    EXPECT_EQ(ulaw_decode(0xFF), 0);
    EXPECT_EQ(ulaw_decode(0x7F), 0);
    EXPECT_EQ(ulaw_decode(0x00), -32124);
    EXPECT_EQ(ulaw_decode(0x80), 32124);
    EXPECT_EQ(ulaw_decode(0xFE), 8);
    EXPECT_EQ(ulaw_encode(0), 0xFF);
    EXPECT_EQ(ulaw_encode(32767), 0x80);
    EXPECT_EQ(ulaw_encode(-32768), 0x00);
}

TEST(LabPcm, ALawHasTheValuesOfTheStandard) {
    EXPECT_EQ(alaw_decode(0xD5), 8);
    EXPECT_EQ(alaw_decode(0x55), -8);
    EXPECT_EQ(alaw_decode(0xAA), 32256);
    EXPECT_EQ(alaw_decode(0x2A), -32256);
    EXPECT_EQ(alaw_encode(0), 0xD5);
}

TEST(LabPcm, EveryCodeSurvivesDecodingAndEncoding) {
    for (int code = 0; code < 256; ++code) {
        const auto byte = static_cast<uint8_t>(code);
        if (byte != 0x7F) {
            EXPECT_EQ(ulaw_encode(ulaw_decode(byte)), byte);
        }
        EXPECT_EQ(alaw_encode(alaw_decode(byte)), byte);
    }
}

TEST(LabPcm, LevelOfFullScaleSquareIsZeroDecibels) {
    EXPECT_NEAR(level_dbfs(Samples(100, -32768)), 0.0, 0.01);
    EXPECT_EQ(level_dbfs(Samples(100, 0)), -120.0);
}

TEST(LabPcm, ResamplingKeepsLevelAndPhaseInTheSpeechBand) {
    for (const double hz : {300.0, 1000.0, 3000.0}) {
        const Samples out = resample(sine(hz, 22050, 22050), 22050, 8000);
        ASSERT_EQ(out.size(), 8000U);
        const Samples wanted = sine(hz, 8000, 8000);
        double worst = 0;
        for (size_t i = 200; i < 7800; ++i) worst = std::max(worst, std::abs(static_cast<double>(out[i]) - wanted[i]));
        EXPECT_LT(worst, 40) << hz << " Hz";
    }
}

TEST(LabPcm, ResamplingDownRemovesWhatWouldAlias) {
    const Samples out = resample(sine(5000, 22050, 22050), 22050, 8000);
    EXPECT_LT(level_dbfs(std::span(out).subspan(200, 7600)), -75.0);
}

TEST(LabPcm, ResamplingInPiecesEqualsResamplingAtOnce) {
    const Samples in = sine(700, 16000, 16000);
    const Samples whole = resample(in, 16000, 8000);
    Samples pieces;
    StreamResampler stream(16000, 8000);
    for (size_t at = 0; at < in.size(); at += 321) {
        stream.push(std::span(in).subspan(at, std::min<size_t>(321, in.size() - at)), pieces);
    }
    ASSERT_GT(pieces.size(), 7900U);
    EXPECT_TRUE(std::equal(pieces.begin(), pieces.end(), whole.begin()));
}

TEST(LabWav, HeaderAndSamplesComeBack) {
    const Samples samples = {1, -2, 32767, -32768};
    std::string bytes = wav_header(WavFormat::kPcm, 16000, 16, 1, 8);
    EXPECT_EQ(bytes.size(), 44U);
    for (const int16_t s : samples) {
        bytes.push_back(static_cast<char>(s & 0xFF));
        bytes.push_back(static_cast<char>((s >> 8) & 0xFF));
    }
    const auto wav = parse_wav(bytes);
    ASSERT_TRUE(wav) << wav.error().message;
    EXPECT_EQ(wav->rate, 16000);
    EXPECT_EQ(wav->samples, samples);
}

TEST(LabWav, OtherChunksAreSkipped) {
    const std::string plain = wav_header(WavFormat::kULaw, 8000, 8, 1, 2) + "\xFF\x80";
    const std::string list = std::string("LIST\x03\x00\x00\x00", 8) + "abc" + std::string(1, '\0');
    const auto wav = parse_wav(plain.substr(0, 12) + list + plain.substr(12));
    ASSERT_TRUE(wav) << wav.error().message;
    EXPECT_EQ(wav->samples, (Samples{0, 32124}));
}

TEST(LabWav, GarbageIsRefusedWithACode) {
    const auto wav = parse_wav("RIFFxxxxAVI fmt ");
    ASSERT_FALSE(wav);
    EXPECT_EQ(wav.error().code, "bad-wav");
}

}  // namespace
}  // namespace trunkline::lab
