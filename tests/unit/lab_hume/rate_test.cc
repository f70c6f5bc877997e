// Every rate of linear16 that a client may declare, and callers who come louder than they spoke.
#include <cmath>

#include "tests/unit/lab_hume/client.h"

namespace trunkline::lab::hume {
namespace {

class HumeRates : public HumeTest, public ::testing::WithParamInterface<int> {
  protected:
    void ask_at(int rate, const Samples& speech_8k) {
        client_->send(R"({"type":"session_settings","audio":{"encoding":"linear16","sample_rate":)" +
                      std::to_string(rate) + R"(,"channels":1}})");
        Samples samples = resample(speech_8k, kTelephoneRate, rate);
        samples.resize(samples.size() + static_cast<size_t>(rate), 0);
        std::string pcm = pcm_bytes(samples);
        const size_t chunk = static_cast<size_t>((rate + 49) / 50) * 2;  // 20 ms
        pcm.resize((pcm.size() + chunk - 1) / chunk * chunk, '\0');
        for (size_t at = 0; at < pcm.size(); at += chunk) client_->send(audio_input(pcm.substr(at, chunk)));
    }
};

TEST_P(HumeRates, HumeLine18_WhatWasDeclaredIsHeardAndTheTranscriptIsEarned) {
    serve(quick_options());
    ask_at(GetParam(), recording("agent-pass"));
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(client_->of("user_message").at(0)["message"]["content"], transcript("agent-pass"));
    EXPECT_EQ(client_->of("assistant_message").at(0)["message"]["content"], transcript("vm-goodbye"));
    EXPECT_TRUE(first(*lab_).violations.empty());
    EXPECT_NEAR(first(*lab_).heard.at(0).hearing.matches.at(0).gain_db, 0, 0.2);
}

TEST_P(HumeRates, HumeLine18_ALostFrameIsHeardAtAnyRate) {
    serve(quick_options());
    Samples spoilt = recording("agent-pass");
    spoilt.erase(spoilt.begin() + 6000, spoilt.begin() + 6160);
    ask_at(GetParam(), spoilt);
    ASSERT_TRUE(client_->until_type("user_message"));
    EXPECT_EQ(client_->of("user_message").at(0)["message"]["content"], "[unintelligible]");
}

TEST_P(HumeRates, HumeLine18_AWrongDeclarationMakesSpeechUnintelligible) {
    serve(quick_options());
    const int wrong = GetParam() == 8000 ? 16000 : 8000;
    client_->send(R"({"type":"session_settings","audio":{"encoding":"linear16","sample_rate":)" +
                  std::to_string(wrong) + R"(,"channels":1}})");
    Samples samples = resample(recording("agent-pass"), kTelephoneRate, GetParam());
    samples.resize(samples.size() + static_cast<size_t>(wrong) * 2, 0);
    const std::string pcm = pcm_bytes(samples);
    for (size_t at = 0; at < pcm.size(); at += 320) client_->send(audio_input(pcm.substr(at, 320)));
    ASSERT_TRUE(client_->until_type("user_message"));
    EXPECT_EQ(client_->of("user_message").at(0)["message"]["content"], "[unintelligible]");
}

INSTANTIATE_TEST_SUITE_P(Declared, HumeRates, ::testing::Values(8000, 16000, 22050, 24000, 44100, 48000),
                         [](const auto& one) { return std::to_string(one.param); });

/// 2.8 times louder, and pressed together where it would clip.
Samples amplified(const Samples& in) {
    Samples out;
    for (const int16_t s : in) {
        constexpr double kKnee = 20000, kRoom = 32767 - kKnee;
        const double loud = std::abs(s * 2.8);
        const double kept = loud <= kKnee ? loud : kKnee + kRoom * std::tanh((loud - kKnee) / kRoom);
        out.push_back(static_cast<int16_t>(std::lround(std::copysign(kept, s))));
    }
    return out;
}

using HumeGain = HumeTest;
using HumeBand = HumeTest;

// A long recording, full of what no converter keeps.
TEST_F(HumeBand, NothingTellsTheLabThatEightKilohertzWereConvertedTwiceUnlessItIsTold) {
    const Samples twice = resample(resample(recording("vm-options"), 8000, 16000), 16000, 8000);
    for (const bool told : {false, true}) {
        auto options = quick_options();
        options.narrow_band = told;
        serve(options);
        client_->declare();
        client_->ask(twice);
        ASSERT_TRUE(client_->until_type("user_message"));
        EXPECT_EQ(client_->of("user_message").at(0)["message"]["content"] == transcript("vm-options"), told);
    }
}

TEST_F(HumeBand, HumeLine18_AnotherDeclaredRateIsEnough) {
    serve(quick_options());
    client_->send(R"({"type":"session_settings","audio":{"encoding":"linear16","sample_rate":44100,"channels":1}})");
    Samples samples = resample(recording("vm-options"), 8000, 44100);
    samples.resize(samples.size() + 44100, 0);
    std::string pcm = pcm_bytes(samples);
    for (size_t at = 0; at < pcm.size(); at += 1764) client_->send(audio_input(pcm.substr(at, 1764)));
    ASSERT_TRUE(client_->until_type("user_message"));
    EXPECT_EQ(client_->of("user_message").at(0)["message"]["content"], transcript("vm-options"));
}

TEST_F(HumeGain, ALouderCallerIsUnintelligibleUnlessItWasToldSo) {
    serve(quick_options());
    client_->declare();
    client_->ask(amplified(recording("agent-pass")));
    ASSERT_TRUE(client_->until_type("user_message"));
    EXPECT_EQ(client_->of("user_message").at(0)["message"]["content"], "[unintelligible]");

    auto options = quick_options();
    options.caller_gain = 2.8;
    options.gain_tolerance_db = 4;
    serve(options);
    client_->declare();
    client_->ask(amplified(recording("agent-pass")));
    ASSERT_TRUE(client_->until_type("user_message"));
    EXPECT_EQ(client_->of("user_message").at(0)["message"]["content"], transcript("agent-pass"));
    EXPECT_NEAR(first(*lab_).heard.at(0).hearing.matches.at(0).gain_db, 0, 4);
}

TEST_F(HumeGain, ToldOfAGainTheUnamplifiedCallerIsTooQuiet) {
    auto options = quick_options();
    options.caller_gain = 2.8;
    options.gain_tolerance_db = 4;
    serve(options);
    client_->declare();
    client_->ask(recording("agent-pass"));
    ASSERT_TRUE(client_->until_type("user_message"));
    EXPECT_EQ(client_->of("user_message").at(0)["message"]["content"], "[unintelligible]");
}

}  // namespace
}  // namespace trunkline::lab::hume
