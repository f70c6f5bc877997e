// Every accepted format in and out.
#include "lab/deepgram/audio.h"

#include <gtest/gtest.h>

#include <cstring>

#include "lab/speech/wav.h"
#include "tests/unit/lab_deepgram/client.h"

namespace trunkline::lab::deepgram {
namespace {

double worst_difference(const Samples& a, const Samples& b) {
    int worst = 0;
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
    return worst;
}

TEST(DeepgramAudio, Line38MulawIsOneByteAMillisecondTimesEight) {
    const Samples voice = recording("agent-pass");
    const auto bytes = encode_output({"mulaw", 8000, "none"}, voice);
    EXPECT_EQ(bytes, ulaw_encode(voice));
}

TEST(DeepgramAudio, Line38Linear16HasTheNegotiatedRate) {
    const Samples voice = recording("agent-pass");
    for (const int rate : {8000, 16000, 24000, 48000}) {
        const auto bytes = encode_output({"linear16", rate, "none"}, voice);
        EXPECT_EQ(bytes.size(), voice.size() * static_cast<size_t>(rate) / 8000 * 2);
    }
}

TEST(DeepgramAudio, Line38WavContainerBeginsWithAHeader) {
    const Samples voice = recording("agent-pass");
    const auto bytes = encode_output({"linear16", 16000, "wav"}, voice);
    const auto wav = parse_wav(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    ASSERT_TRUE(wav) << wav.error().message;
    EXPECT_EQ(wav->rate, 16000);
    EXPECT_EQ(wav->samples.size(), voice.size() * 2);
}

TEST(DeepgramAudio, InputFormatsAreHeardAlike) {
    const Samples voice = recording("agent-pass");
    for (const AudioFormat& format : {AudioFormat{"linear16", 8000, "none"}, AudioFormat{"linear16", 16000, "none"},
                                      AudioFormat{"linear16", 48000, "none"}, AudioFormat{"linear16", 44100, "none"}}) {
        InputDecoder decoder(format);
        const Samples heard = decoder.decode(encode_output(format, voice));
        ASSERT_GT(heard.size(), voice.size() * 98 / 100);
        // The recording's own noise above 3.7 kHz does not pass.
        EXPECT_LT(worst_difference(heard, voice), format.sample_rate == 8000 ? 1 : 1500) << format.sample_rate;
    }
}

TEST(DeepgramAudio, FloatsAreHeard) {
    const float values[] = {0.5F, -1.0F, 2.0F};
    uint8_t bytes[sizeof values];
    std::memcpy(bytes, values, sizeof values);
    EXPECT_EQ(InputDecoder({"linear32", 8000, "none"}).decode(bytes), (Samples{16384, -32767, 32767}));
}

TEST(DeepgramAudio, SampleCutByAFrameBoundaryIsJoined) {
    InputDecoder decoder({"linear16", 8000, "none"});
    const uint8_t first_part[] = {0x01, 0x02, 0x03}, second[] = {0x04};
    EXPECT_EQ(decoder.decode(first_part), (Samples{0x0201}));
    EXPECT_EQ(decoder.decode(second), (Samples{0x0403}));
}

}  // namespace
}  // namespace trunkline::lab::deepgram
