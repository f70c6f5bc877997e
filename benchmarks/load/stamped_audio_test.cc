// Stamped audio is found again however it is chunked, and every kind of damage is counted as what it is.
#include "benchmarks/load/stamped_audio.h"

#include <gtest/gtest.h>

#include <array>

namespace trunkline::load {
namespace {

constexpr size_t kFrameBytes = kMulaw.frame_bytes();

std::vector<uint8_t> frames(uint32_t count) {
    std::vector<uint8_t> out;
    for (uint32_t i = 0; i < count; ++i) {
        out.resize(out.size() + kFrameBytes);
        write_stamped(std::span(out).last(kFrameBytes), Direction::kUp, {7, i, 1000 + i, 2000 + i});
    }
    return out;
}

std::vector<uint32_t> read_in_chunks(StampReader& reader, const std::vector<uint8_t>& bytes, size_t chunk) {
    std::vector<uint32_t> numbers;
    for (size_t at = 0; at < bytes.size(); at += chunk) {
        const auto part = std::span(bytes).subspan(at, std::min(chunk, bytes.size() - at));
        for (const HeardFrame& found : reader.read(part, 1)) numbers.push_back(found.stamp.frame);
    }
    return numbers;
}

uint64_t foreign(const StampReader& reader) {
    return reader.counts().corrupted + reader.counts().silence_bytes + reader.counts().stray_bytes;
}

TEST(ByteReader, ReturnsCallNumberAndTimesOfAFrame) {
    std::array<uint8_t, kFrameBytes> frame;
    write_stamped(frame, Direction::kDown, {41, 9, 123456789012, 123456789999});
    ByteReader reader(Direction::kDown, kMulaw);
    const auto found = reader.read(frame, 123456799999);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].heard_ns, 123456799999);
    EXPECT_EQ(found[0].stamp.call, 41U);
    EXPECT_EQ(found[0].stamp.frame, 9U);
    EXPECT_EQ(found[0].stamp.intended_ns, 123456789012);
    EXPECT_EQ(found[0].stamp.sent_ns, 123456789999);
}

class AnyChunk : public testing::TestWithParam<size_t> {};

TEST_P(AnyChunk, FramesSurviveRechunking) {
    ByteReader reader(Direction::kUp, kMulaw);
    EXPECT_EQ(read_in_chunks(reader, frames(6), GetParam()), (std::vector<uint32_t>{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(foreign(reader), 0U);
}

TEST_P(AnyChunk, SilenceBetweenFramesIsPaddingAndNothingElse) {
    std::vector<uint8_t> bytes = frames(2);
    bytes.insert(bytes.begin() + kFrameBytes, 333, 0xFF);
    bytes.insert(bytes.end(), 50, 0x7F);
    ByteReader reader(Direction::kUp, kMulaw);
    EXPECT_EQ(read_in_chunks(reader, bytes, GetParam()), (std::vector<uint32_t>{0, 1}));
    EXPECT_EQ(reader.counts().silence_bytes, 383U);
    EXPECT_EQ(reader.counts().stray_bytes + reader.counts().corrupted, 0U);
}

TEST_P(AnyChunk, AFlippedBitSpoilsOneFrameOnly) {
    std::vector<uint8_t> bytes = frames(3);
    bytes[kFrameBytes + 100] ^= 0x10;
    ByteReader reader(Direction::kUp, kMulaw);
    EXPECT_EQ(read_in_chunks(reader, bytes, GetParam()), (std::vector<uint32_t>{0, 2}));
    EXPECT_EQ(reader.counts().corrupted, 1U);
}

TEST_P(AnyChunk, AMissingByteSpoilsOneFrameOnly) {
    std::vector<uint8_t> bytes = frames(3);
    bytes.erase(bytes.begin() + kFrameBytes + 80);
    ByteReader reader(Direction::kUp, kMulaw);
    EXPECT_EQ(read_in_chunks(reader, bytes, GetParam()), (std::vector<uint32_t>{0, 2}));
    EXPECT_EQ(reader.counts().corrupted, 1U);
    EXPECT_EQ(reader.counts().stray_bytes, kFrameBytes - 1);
}

INSTANTIATE_TEST_SUITE_P(Sizes, AnyChunk, testing::Values(1, 7, 159, 160, 161, 480, 10000));

TEST(ByteReader, AFrameOfTheOtherDirectionIsDamage) {
    std::array<uint8_t, kFrameBytes> frame;
    write_stamped(frame, Direction::kDown, {1, 0, 5, 5});
    ByteReader reader(Direction::kUp, kMulaw);
    EXPECT_TRUE(reader.read(frame, 0).empty());
    EXPECT_EQ(reader.counts().corrupted, 1U);
}

TEST(ByteReader, FramesOfLinear16AreLongerAndTheirSilenceIsZero) {
    std::vector<uint8_t> bytes(2 * 640 + 100);
    write_stamped(std::span(bytes).first(640), Direction::kUp, {3, 0, 1, 2});
    write_stamped(std::span(bytes).last(640), Direction::kUp, {3, 1, 1, 2});
    ByteReader reader(Direction::kUp, linear16(16000));
    EXPECT_EQ(read_in_chunks(reader, bytes, 250), (std::vector<uint32_t>{0, 1}));
    EXPECT_EQ(reader.counts().silence_bytes, 100U);
    EXPECT_EQ(reader.counts().stray_bytes + reader.counts().corrupted, 0U);
}

TEST(FrameTally, CountsMissingDoubledAndLateFramesApart) {
    FrameTally tally;
    for (const uint32_t frame : {2U, 3U, 3U, 6U, 5U}) tally.note(frame);
    EXPECT_EQ(tally.first(), 2U);
    EXPECT_EQ(tally.received(), 4U);
    EXPECT_EQ(tally.duplicated(), 1U);
    EXPECT_EQ(tally.reordered(), 1U);
    EXPECT_EQ(tally.missing(2, 8), 2U);  // 4 and 7
}

}  // namespace
}  // namespace trunkline::load

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
