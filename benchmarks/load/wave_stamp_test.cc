// Frames that are known by their waveform: through codecs, another rate, gain, any chunking; and what is not there is
// missed.
#include "benchmarks/load/wave_stamp.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace trunkline::load {
namespace {

using Samples = std::vector<int16_t>;

constexpr int64_t kMs = 1'000'000;

/// A call's frames as they are sent, and when: frame n at n * 20 ms.
struct Sender {
    Leg leg;
    SentTimes sent{8};
    std::string audio;

    Sender(const AudioFormat& in, const AudioFormat& out) : leg{Direction::kUp, in, out, true} {}
    void frames(uint32_t from, uint32_t to) {
        for (uint32_t i = from; i < to; ++i) leg.write(audio, {5, i, i * kFrameNs, i * kFrameNs + 7}, sent);
    }
};

std::span<const uint8_t> bytes_of(const std::string& audio) {
    return {reinterpret_cast<const uint8_t*>(audio.data()), audio.size()};
}
std::span<const uint8_t> bytes_of(const Samples& audio) {
    return {reinterpret_cast<const uint8_t*>(audio.data()), audio.size() * 2};
}
Samples samples_of(const std::string& audio) {
    Samples out(audio.size() / 2);
    std::copy(audio.begin(), audio.end(), reinterpret_cast<char*>(out.data()));
    return out;
}

/// Windowed-sinc conversion, the textbook's, cut off a little below the lower Nyquist rate; delays nothing.
Samples resampled(const Samples& in, uint32_t from, uint32_t to) {
    const double cutoff = 0.92 * std::min(from, to) / from, half = 24 / cutoff;
    Samples out(in.size() * to / from);
    for (size_t i = 0; i < out.size(); ++i) {
        const double centre = static_cast<double>(i) * from / to;
        double sum = 0;
        for (auto j = static_cast<int64_t>(std::ceil(centre - half)); j <= static_cast<int64_t>(centre + half); ++j) {
            if (j < 0 || j >= static_cast<int64_t>(in.size())) continue;
            const double x = static_cast<double>(j) - centre, angle = std::numbers::pi * x * cutoff;
            const double sinc = x == 0 ? 1 : std::sin(angle) / angle;
            sum += in[static_cast<size_t>(j)] * cutoff * sinc * (0.5 + 0.5 * std::cos(std::numbers::pi * x / half));
        }
        out[i] = static_cast<int16_t>(std::lround(std::clamp(sum, -32768.0, 32767.0)));
    }
    return out;
}

uint8_t to_mulaw(int16_t sample) {
    const int sign = sample < 0 ? 0x80 : 0, magnitude = std::min(std::abs(int{sample}), 32'635) + 0x84;
    int exponent = 7;
    while (exponent > 0 && (magnitude & (0x80 << exponent)) == 0) --exponent;
    return static_cast<uint8_t>(~(sign | exponent << 4 | (magnitude >> (exponent + 3) & 0x0F)));
}

std::vector<HeardFrame> read(StampReader& reader, std::span<const uint8_t> bytes, size_t chunk, int64_t chunk_ns = 0) {
    std::vector<HeardFrame> out;
    for (size_t at = 0; at < bytes.size(); at += chunk) {
        const auto found = reader.read(bytes.subspan(at, std::min(chunk, bytes.size() - at)),
                                       static_cast<int64_t>(at / chunk) * chunk_ns);
        out.insert(out.end(), found.begin(), found.end());
    }
    return out;
}

void expect_frames(const std::vector<HeardFrame>& found, uint32_t from, uint32_t to) {
    ASSERT_EQ(found.size(), to - from);
    for (uint32_t i = from; i < to; ++i) {
        const Stamp& stamp = found[i - from].stamp;
        EXPECT_EQ(stamp.frame, i);
        EXPECT_EQ(stamp.call, 5U);
        EXPECT_EQ(stamp.intended_ns, i * kFrameNs);
        EXPECT_EQ(stamp.sent_ns, i * kFrameNs + 7);
    }
}

uint64_t damage(const StampReader& reader) { return reader.counts().corrupted + reader.counts().stray_bytes; }

class AnyFormat : public testing::TestWithParam<AudioFormat> {};

TEST_P(AnyFormat, FramesAreFoundInAnyChunking) {
    Sender sender(GetParam(), GetParam());
    sender.frames(0, 20);
    for (const size_t samples : {1U, 33U, 160U, 161U, 5000U}) {
        const auto reader = sender.leg.reader(sender.sent);
        expect_frames(read(*reader, bytes_of(sender.audio), samples * GetParam().sample_bytes()), 0, 20);
        EXPECT_EQ(damage(*reader) + reader->counts().silence_bytes, 0U) << samples;
    }
}

INSTANTIATE_TEST_SUITE_P(Formats, AnyFormat,
                         testing::Values(kMulaw, linear16(8000), linear16(16000), linear16(24000), linear16(48000)),
                         [](const auto& given) {
                             std::string name = given.param.name();
                             std::replace(name.begin(), name.end(), '/', '_');
                             return name;
                         });

struct Rates {
    uint32_t in, out;
};
class AnyRates : public testing::TestWithParam<Rates> {};

TEST_P(AnyRates, FramesSurviveAResamplerAndGainAtTheirPlace) {
    const auto [in, out] = GetParam();
    Sender sender(linear16(in), linear16(out));
    sender.frames(0, 50);
    Samples audio = resampled(samples_of(sender.audio), in, out);
    for (int16_t& sample : audio) sample = static_cast<int16_t>(std::clamp(sample * 2.8, -32768.0, 32767.0));
    const int shift = static_cast<int>(out) / 500;  // 2 ms, what a causal filter would delay it
    audio.insert(audio.begin(), static_cast<size_t>(shift), 0);
    const auto reader = sender.leg.reader(sender.sent);
    const auto found = read(*reader, bytes_of(audio), sender.leg.out.frame_bytes(), kFrameNs);
    expect_frames(found, 0, 50);
    for (const HeardFrame& frame : found)
        EXPECT_NEAR(static_cast<double>(frame.heard_ns - frame.stamp.intended_ns), 2 * kMs, 0.2 * kMs);
    EXPECT_EQ(damage(*reader), 0U);
}

TEST(WaveStamp, FramesSurviveMulawBehindAResampler) {
    Sender sender(linear16(48000), kMulaw);
    sender.frames(0, 50);
    std::vector<uint8_t> audio;
    for (const int16_t sample : resampled(samples_of(sender.audio), 48000, 8000)) audio.push_back(to_mulaw(sample));
    audio.insert(audio.end(), 160, 0xFF);
    const auto reader = sender.leg.reader(sender.sent);
    expect_frames(read(*reader, audio, 160), 0, 50);
    EXPECT_EQ(damage(*reader), 0U);
}

INSTANTIATE_TEST_SUITE_P(Pairs, AnyRates,
                         testing::Values(Rates{8000, 16000}, Rates{8000, 48000}, Rates{48000, 8000},
                                         Rates{48000, 16000}, Rates{48000, 24000}, Rates{16000, 8000}),
                         [](const auto& given) {
                             return std::to_string(given.param.in) + "_" + std::to_string(given.param.out);
                         });

struct Sixteen : testing::Test {
    Sender sender{linear16(16000), linear16(16000)};
    std::unique_ptr<StampReader> reader = sender.leg.reader(sender.sent);
    static constexpr size_t kFrame = 320;

    std::vector<uint32_t> numbers(const Samples& audio) {
        std::vector<uint32_t> out;
        for (const HeardFrame& frame : read(*reader, bytes_of(audio), 640)) out.push_back(frame.stamp.frame);
        return out;
    }
};
using WaveDamage = Sixteen;

TEST_F(WaveDamage, SilenceBetweenFramesIsPaddingAndNothingElse) {
    sender.frames(0, 4);
    Samples audio = samples_of(sender.audio);
    audio.insert(audio.begin() + 2 * kFrame, 1000, 0);
    EXPECT_EQ(numbers(audio), (std::vector<uint32_t>{0, 1, 2, 3}));
    EXPECT_NEAR(static_cast<double>(reader->counts().silence_bytes), 2000, 80);
    EXPECT_EQ(damage(*reader), 0U);
}

TEST_F(WaveDamage, MissingSamplesSpoilOneFrameAndAreSeen) {
    sender.frames(0, 5);
    Samples audio = samples_of(sender.audio);
    audio.erase(audio.begin() + 2 * kFrame + 100, audio.begin() + 2 * kFrame + 150);
    EXPECT_EQ(numbers(audio), (std::vector<uint32_t>{0, 1, 3, 4}));
    EXPECT_EQ(reader->counts().corrupted, 1U);
    EXPECT_GT(reader->counts().stray_bytes, 300U);
}

TEST_F(WaveDamage, SamplesMissingBetweenTwoFramesAreSeen) {
    sender.frames(0, 4);
    Samples audio = samples_of(sender.audio);
    audio.erase(audio.begin() + 2 * kFrame - 4, audio.begin() + 2 * kFrame + 4);
    EXPECT_EQ(numbers(audio), (std::vector<uint32_t>{0, 1, 2, 3}));
    EXPECT_EQ(reader->counts().corrupted, 1U);
}

TEST_F(WaveDamage, ALostFrameIsNoDamageAndADoubledOneComesTwice) {
    sender.frames(0, 6);
    Samples audio = samples_of(sender.audio);
    const Samples third(audio.begin() + 3 * kFrame, audio.begin() + 4 * kFrame);
    audio.erase(audio.begin() + kFrame, audio.begin() + 2 * kFrame);
    audio.insert(audio.end(), third.begin(), third.end());
    EXPECT_EQ(numbers(audio), (std::vector<uint32_t>{0, 2, 3, 4, 5, 3}));
    EXPECT_EQ(damage(*reader), 0U);
}

TEST_F(WaveDamage, AFrameOfTheOtherDirectionOrThatNobodySentIsDamage) {
    sender.frames(0, 2);
    const Samples audio = samples_of(sender.audio);
    WaveReader down(Direction::kDown, sender.leg.out, sender.sent);
    EXPECT_TRUE(read(down, bytes_of(audio), 640).empty());
    EXPECT_GE(down.counts().corrupted, 1U);
    const SentTimes nothing(8);
    WaveReader deaf(Direction::kUp, sender.leg.out, nothing);
    EXPECT_TRUE(read(deaf, bytes_of(audio), 640).empty());
}

TEST_F(WaveDamage, NumbersBeginAgainAndTheLastOneSentIsMeant) {
    sender.frames(kWavePeriod - 3, kWavePeriod + 4);
    const Samples audio = samples_of(sender.audio);
    EXPECT_EQ(numbers(audio), (std::vector<uint32_t>{kWavePeriod - 3, kWavePeriod - 2, kWavePeriod - 1, kWavePeriod,
                                                     kWavePeriod + 1, kWavePeriod + 2, kWavePeriod + 3}));
}

TEST_F(WaveDamage, NoiseIsNoFrame) {
    Samples audio(16000 * 20);
    uint32_t state = 1;
    for (int16_t& sample : audio) sample = static_cast<int16_t>((state = state * 1664525U + 1013904223U) >> 16);
    sender.frames(0, 3);
    EXPECT_TRUE(numbers(audio).empty());
    EXPECT_GT(reader->counts().corrupted, 900U);
}

}  // namespace
}  // namespace trunkline::load

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
