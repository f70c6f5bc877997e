// WAV files in every shape, and pieces in every order.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>

#include "elements/hume/index_order.h"
#include "elements/hume/wav.h"
#include "tests/support/wav_files.h"

namespace trunkline::hume {
namespace {

using test::wav_of;
using test::WavShape;

std::span<const uint8_t> bytes(const std::string& text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string samples(const std::string& file) {
    const auto wav = read_wav(bytes(file));
    EXPECT_TRUE(wav) << (wav ? "" : wav.error().message);
    return wav ? std::string(wav->samples.begin(), wav->samples.end()) : "";
}

std::string error_of(const std::string& file) {
    const auto wav = read_wav(bytes(file));
    return wav ? "" : wav.error().code;
}

TEST(HumeWav, TheUsualFileIsRead) {
    const std::string file = wav_of("abcd");
    EXPECT_EQ(file.size(), 48U);
    const auto wav = read_wav(bytes(file));
    ASSERT_TRUE(wav);
    EXPECT_EQ(wav->rate, 48'000);
    EXPECT_EQ(wav->channels, 1);
    EXPECT_EQ(samples(file), "abcd");
}

TEST(HumeWav, HumePitfall2_OtherChunksAndAnotherFmtDoNotShiftTheSamples) {
    EXPECT_EQ(samples(wav_of("abcd", {.list = true})), "abcd");
    EXPECT_EQ(samples(wav_of("abcd", {.extensible = true})), "abcd");
    EXPECT_EQ(samples(wav_of("abcd", {.list = true, .extensible = true})), "abcd");
    EXPECT_EQ(samples(wav_of("abcd", {.trailer = "LISTxyzw"})), "abcd") << "what follows is no audio";
}

TEST(HumeWav, HumeLine7_AnOpenDataSizeMeansTheRest) {
    EXPECT_EQ(samples(wav_of("abcd", {.data_size = 0})), "abcd");
    EXPECT_EQ(samples(wav_of("abcd", {.data_size = 0xFFFFFFFF})), "abcd");
    EXPECT_EQ(samples(wav_of("abcd", {.data_size = 5})), "abcd");
    EXPECT_EQ(samples(wav_of("abcd", {.data_size = 2})), "ab");
}

TEST(HumeWav, HumeLine7_AnEmptyFileIsEmptyAndItsTrailerNoAudio) {
    EXPECT_EQ(samples(wav_of("")), "");
    EXPECT_EQ(samples(wav_of("", {.trailer = std::string("LIST\x02\x00\x00\x00yz", 10)})), "");
}

TEST(HumeWav, HumeLine7_OddBytesAreGivenOn) { EXPECT_EQ(samples(wav_of("abc")), "abc"); }

TEST(HumeWav, EveryRateAndTheFirstOfManyChannels) {
    for (const int rate : {8000, 16'000, 22'050, 24'000, 44'100, 48'000, 96'000}) {
        EXPECT_EQ(read_wav(bytes(wav_of("abcd", {.rate = rate})))->rate, rate);
    }
    const std::string stereo = wav_of("aaBBccDDee", {.channels = 2});
    const auto mono = first_channel(read_wav(bytes(stereo)).value());
    EXPECT_EQ(std::string(mono.begin(), mono.end()), "aacc");
}

TEST(HumeWav, WhatIsNoneSaysWhy) {
    EXPECT_EQ(error_of(""), "not-wav");
    EXPECT_EQ(error_of("RIFF1234WAVX"), "not-wav");
    EXPECT_EQ(error_of(std::string(100, 'x')), "not-wav");
    EXPECT_EQ(error_of("RIFF1234WAVE"), "bad-wav");
    EXPECT_EQ(error_of(std::string("RIFF1234WAVEdata\x04\x00\x00\x00"
                                   "abcd",
                                   24)),
              "bad-wav");
    std::string eight_bit = wav_of("abcd");
    eight_bit[34] = 8;
    EXPECT_EQ(error_of(eight_bit), "wav-format");
    std::string floats = wav_of("abcd");
    floats[20] = 3;
    EXPECT_EQ(error_of(floats), "wav-format");
    EXPECT_EQ(error_of(wav_of("abcd", {.rate = 1})), "wav-format");
    EXPECT_EQ(error_of(wav_of("abcd", {.channels = 0})), "wav-format");
}

TEST(HumeWav, EveryCutFileIsAnErrorOrAShorterOne) {
    const std::string whole = wav_of("abcdefgh", {.list = true});
    for (size_t length = 0; length < whole.size(); ++length) {
        const auto wav = read_wav(bytes(whole).first(length));
        EXPECT_LE(wav ? wav->samples.size() : 0, 8U);
    }
}

// --- order
class Order : public testing::Test {
  protected:
    void take(const std::string& id, int64_t index) {
        const std::string piece = id + std::to_string(index) + " ";
        order.take(id, index, bytes(piece));
    }
    std::string heard;
    IndexOrder order{[this](std::span<const uint8_t> piece) { heard.append(piece.begin(), piece.end()); }};
};

TEST_F(Order, HumePitfall3_PiecesArePlayedByTheirIndex) {
    take("a", 0);
    take("a", 2);
    EXPECT_EQ(heard, "a0 ") << "held, not dropped";
    EXPECT_TRUE(order.waiting());
    take("a", 1);
    EXPECT_EQ(heard, "a0 a1 a2 ");
    EXPECT_FALSE(order.waiting());
    EXPECT_EQ(order.reordered(), 1U);
}

TEST_F(Order, HumeLine6_WhatNeverComesIsSkipped) {
    take("a", 1);
    take("a", 4);
    order.skip();
    EXPECT_EQ(heard, "a1 ");
    order.skip();
    EXPECT_EQ(heard, "a1 a4 ");
    EXPECT_EQ(order.skipped(), 3U);
    take("a", 2);
    EXPECT_EQ(heard, "a1 a4 ") << "too late";
    order.skip();
}

TEST_F(Order, HumeLine6_TheHoldIsBounded) {
    for (int i = 1; i <= 65; ++i) take("a", i);
    EXPECT_TRUE(heard.starts_with("a1 a2 ")) << "the hole is given up";
    EXPECT_FALSE(order.waiting());
    std::string large(3U << 20, 'x');
    order.take("b", 1, bytes(large));
    order.take("b", 2, bytes(large));
    EXPECT_GT(heard.size(), 6U << 20);
}

TEST_F(Order, PiecesThatComeTwiceAreHeardOnce) {
    take("a", 0);
    take("a", 0);
    take("a", 2);
    take("a", 2);
    take("a", 1);
    EXPECT_EQ(heard, "a0 a1 a2 ");
    EXPECT_EQ(order.late(), 2U);
}

TEST_F(Order, TheNextSegmentWaitsOnlyForAHole) {
    take("a", 0);
    take("b", 0);
    EXPECT_EQ(heard, "a0 b0 ");
    take("b", 2);
    take("c", 0);
    take("c", 1);
    EXPECT_EQ(heard, "a0 b0 ");
    take("b", 1);
    EXPECT_EQ(heard, "a0 b0 b1 b2 c0 c1 ");
    take("a", 1);
    EXPECT_EQ(order.late(), 1U) << "its turn is over";
}

TEST_F(Order, HumePitfall28_DroppedSegmentsAreNotHeardAgain) {
    take("a", 0);
    order.announce("b");
    order.drop_known();
    take("a", 1);
    take("b", 0);
    EXPECT_EQ(heard, "a0 ");
    take("c", 0);
    EXPECT_EQ(heard, "a0 c0 ");
    EXPECT_EQ(order.late(), 2U);
}

TEST_F(Order, HumePitfall28_WhatPlaysIsNotForgottenForManyThatWereOnlyAnnounced) {
    for (size_t i = 0; i < 2 * IndexOrder::kMaxDropped; ++i) order.announce("said " + std::to_string(i));
    take("a", 0);
    order.drop_known();
    take("a", 1);
    EXPECT_EQ(heard, "a0 ");
    EXPECT_EQ(order.late(), 1U);
}

TEST_F(Order, HumePitfall28_HeldPiecesGoWithTheirSegment) {
    take("a", 0);
    take("a", 2);
    order.drop_known();
    EXPECT_FALSE(order.waiting());
    order.skip();
    take("b", 0);
    EXPECT_EQ(heard, "a0 b0 ");
}

TEST_F(Order, WithoutIndexOrIdTheOrderOfArrivalCounts) {
    take("a", -1);
    take("a", -1);
    for (int i = 0; i < 3; ++i) take("", 0);
    EXPECT_EQ(heard, "a-1 a-1 0 0 0 ");
}

TEST_F(Order, AnIndexBeyondAllSenseIsLeftOut) {
    take("a", 0);
    order.take("a", INT64_MAX, bytes("x"));
    EXPECT_FALSE(order.waiting());
    take("a", 1);
    EXPECT_EQ(heard, "a0 a1 ");
}

TEST_F(Order, AnyShuffleOfOneSegmentWithinBoundsComesOutInOrder) {
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        const std::string id = "s" + std::to_string(round) + ".";
        std::vector<int> indexes(20);
        for (int i = 0; i < 20; ++i) indexes[static_cast<size_t>(i)] = i;
        std::shuffle(indexes.begin(), indexes.end(), random);
        heard.clear();
        std::string wanted;
        for (int i = 0; i < 20; ++i) wanted += id + std::to_string(i) + " ";
        for (const int i : indexes) take(id, i);
        EXPECT_EQ(heard, wanted);
    }
}

TEST_F(Order, ManyOpenSegmentsAreBounded) {
    for (int i = 0; i < 100; ++i) take("s" + std::to_string(i), 1);
    while (order.waiting()) order.skip();
    EXPECT_EQ(order.late() + static_cast<uint64_t>(std::count(heard.begin(), heard.end(), ' ')), 100U);
}

}  // namespace
}  // namespace trunkline::hume
