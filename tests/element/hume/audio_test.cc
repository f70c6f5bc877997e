// humeevi: from audio_output to the line, without a click and in order.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "tests/support/hume_rig.h"

namespace trunkline::test {
namespace {

std::string sine(size_t samples, int rate = 48'000, double hz = 440) {
    std::string pcm;
    for (size_t i = 0; i < samples; ++i) {
        const double value = 12'000 * std::sin(2 * M_PI * hz * static_cast<double>(i) / rate);
        const auto sample = static_cast<uint16_t>(static_cast<int16_t>(std::lround(value)));
        put_u16(pcm, sample);
    }
    return pcm;
}

TEST(HumeAudio, HumeLine5_ASineInTenFilesHasNoDiscontinuity) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    const std::string pcm = sine(48'000);
    for (int i = 0; i < 10; ++i) {
        const size_t from = static_cast<size_t>(i) * pcm.size() / 10;
        rig.server.text(audio_output("a", i, wav_of(pcm.substr(from, pcm.size() / 10), {.list = i % 3 == 1})));
    }
    ASSERT_TRUE(rig.line.wait_audio(pcm.size()));
    EXPECT_EQ(rig.line.audio(), pcm) << "bit for bit: no header, no gap, no repeat";
    size_t buffers = 0, disconts = 0;
    for (const auto& entry : rig.line.entries()) {
        buffers += entry.what == "buffer";
        disconts += entry.what == "buffer" && entry.discont && buffers > 1;
    }
    EXPECT_EQ(buffers, 10U);
    EXPECT_EQ(disconts, 0U);
    EXPECT_EQ(rig.line.count("trunkline/reply"), 1U) << "one reply, not one per file";
}

TEST(HumeAudio, HumePitfall1_HeadersAreNeverHeard) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    for (int i = 0; i < 20; ++i) {
        rig.server.text(audio_output(
            "a", i,
            wav_of(std::string(1 + 97 * static_cast<size_t>(i), 'x'), {.list = i % 2 == 0, .extensible = i % 3 == 0})));
    }
    rig.server.text(kAssistantEnd);
    ASSERT_TRUE(rig.line.wait_for("trunkline/reply", 2));
    const std::string heard = rig.line.audio();
    EXPECT_EQ(heard, std::string(heard.size(), 'x'));
    EXPECT_EQ(heard.size(), 20U + 97 * 190) << "odd bytes are joined with the next file";
}

TEST(HumeAudio, HumePitfall4_ManyFilesAreOneStreamWithOneClock) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(assistant_message("a", "One."));
    for (int i = 0; i < 5; ++i) rig.server.text(audio_output("a", i, wav_of(pcm48('a'))));
    rig.server.text(assistant_message("b", "Two."));
    for (int i = 0; i < 5; ++i) rig.server.text(audio_output("b", i, wav_of(pcm48('b'))));
    rig.server.text(kAssistantEnd);
    ASSERT_TRUE(rig.line.wait_for("trunkline/reply", 2));
    std::string wanted;
    for (const char c : {'a', 'b'}) {
        for (int i = 0; i < 5; ++i) wanted += pcm48(c);
    }
    EXPECT_EQ(rig.line.audio(), wanted);
    EXPECT_EQ(rig.line.count("segment"), 2U) << "at the beginning, and where the reply ends";
    EXPECT_EQ(rig.facts("agent.started").size(), 1U) << "a turn is one reply, of however many segments";
}

TEST(HumeAudio, HumeLine6_AnEarlyPieceIsHeldAndNotDropped) {
    HumeRig rig({.properties = {{"reorder-timeout", "5000000000"}}});
    ASSERT_TRUE(rig.talk());
    rig.server.text(audio_output("a", 0, wav_of(pcm48('0'))));
    rig.server.text(audio_output("a", 2, wav_of(pcm48('2'))));
    rig.server.text(kAssistantEnd);
    ASSERT_TRUE(rig.settle());
    EXPECT_EQ(rig.line.audio(), pcm48('0'));
    EXPECT_EQ(rig.line.count("trunkline/reply"), 1U) << "the end waits for what is missing";
    rig.server.text(audio_output("a", 1, wav_of(pcm48('1'))));
    ASSERT_TRUE(rig.line.wait_for("trunkline/reply", 2));
    EXPECT_EQ(rig.line.audio(), pcm48('0') + pcm48('1') + pcm48('2'));
}

TEST(HumeAudio, HumeLine6_WhatIsMissingIsLeftOutAfterTheTimeout) {
    HumeRig rig({.properties = {{"reorder-timeout", "10000000"}}});
    ASSERT_TRUE(rig.talk());
    rig.server.text(audio_output("a", 1, wav_of(pcm48('1'))));
    rig.server.text(kAssistantEnd);
    ASSERT_TRUE(rig.line.wait_for("trunkline/reply", 2));
    EXPECT_EQ(rig.line.audio(), pcm48('1'));
}

TEST(HumeAudio, HumeLine7_OpenDataSizesAreTheRest) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(audio_output("a", 0, wav_of(pcm48('0'), {.data_size = 0})));
    rig.server.text(audio_output("a", 1, wav_of(pcm48('1'), {.data_size = 0xFFFFFFFF})));
    ASSERT_TRUE(rig.line.wait_audio(3840));
    EXPECT_EQ(rig.line.audio(), pcm48('0') + pcm48('1'));
}

TEST(HumeAudio, HumeLine5_TheHeadersRateIsTheCapsRate) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(audio_output("a", 0, wav_of(pcm48('0'))));
    rig.server.text(audio_output("a", 1, wav_of(pcm48('1'), {.rate = 24'000})));
    rig.server.text(kAssistantEnd);
    ASSERT_TRUE(rig.line.wait_for("trunkline/reply", 2));
    std::vector<std::string> caps;
    for (const auto& entry : rig.line.entries()) {
        if (entry.what == "caps") caps.push_back(entry.text);
    }
    ASSERT_EQ(caps.size(), 2U);
    EXPECT_NE(caps[0].find("48000"), std::string::npos);
    EXPECT_NE(caps[1].find("24000"), std::string::npos);
    rig.playback(gst::Playback::State::kFinished, 1, 60);
    ASSERT_TRUE(rig.wait_fact("agent.stopped"));
    EXPECT_EQ(rig.facts("agent.stopped").at(0)["generated_ms"].int_or(0), 60) << "20 ms at 48 kHz and 40 ms at 24 kHz";
}

TEST(HumeAudio, OfManyChannelsTheFirstIsHeard) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    std::string pcm;
    for (int i = 0; i < 480; ++i) pcm += "LLRR";
    rig.server.text(audio_output("a", 0, wav_of(pcm, {.channels = 2})));
    ASSERT_TRUE(rig.line.wait_audio(960));
    EXPECT_EQ(rig.line.audio(), std::string(960, 'L'));
}

TEST(HumeAudio, APieceThatIsNoWavIsLeftOutAndTheNextIsHeard) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(audio_output("a", 0, "no header"));
    rig.server.text(audio_output("a", 1, wav_of(pcm48('1'))));
    ASSERT_TRUE(rig.line.wait_audio(1920));
    EXPECT_EQ(rig.line.audio(), pcm48('1'));
}

}  // namespace
}  // namespace trunkline::test
