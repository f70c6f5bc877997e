// What is speech and what is not: SpeechDetector and Hearing, with real recordings and with noise.
#include <gtest/gtest.h>

#include "elements/bargein/hearing.h"
#include "lab/speech/detector.h"
#include "lab/speech/library.h"
#include "tests/support/voice.h"

namespace trunkline::bargein {
namespace {

using lab::Samples;
constexpr size_t kFrame = SpeechDetector::kFrame;
constexpr int64_t kFrameNs = TelephoneFrames::kFrameNs;

/// A call in which the agent says `agent` and the caller is heard as `caller`, both sent frame by frame as mu-law.
struct Call {
    void play(const Samples& caller, const Samples& agent = {}) {
        for (size_t at = 0; at + kFrame <= caller.size(); at += kFrame) {
            now += kFrameNs;
            if (at + kFrame <= agent.size()) {
                const auto sent = lab::ulaw_encode({agent.data() + at, kFrame});
                hearing.agent_audio(sent, now);
            }
            hearing.caller_audio(lab::ulaw_encode({caller.data() + at, kFrame}), now, [&](const HeardFrame& frame) {
                if (frame.began) {
                    began.push_back(static_cast<int64_t>(at + kFrame));
                    onset_ns = frame.onset_ns;
                }
                ended += frame.ended ? 1 : 0;
                speech_ns += frame.speech_ns;
            });
        }
    }
    Hearing hearing;
    int64_t now = 0, onset_ns = 0, speech_ns = 0;
    std::vector<int64_t> began;  // sample after which
    int ended = 0;
};

Samples line(double seconds) { return test::noise(static_cast<size_t>(seconds * 8000), -65, 0.5); }

struct RealSpeech : testing::Test {
    void SetUp() override {
        auto opened = lab::SpeechLibrary::open();
        ASSERT_TRUE(opened) << opened.error().message;
        library = *opened;
        const auto names = library->names();
        for (size_t i = 0; i < names.size(); i += names.size() / 40) recordings.push_back(*library->recorded(names[i]));
    }
    std::shared_ptr<lab::SpeechLibrary> library;
    std::vector<lab::RecordingPtr> recordings;
};

int64_t loud_from(const Samples& samples) {
    lab::SpeechDetector detector;
    for (size_t at = 0; at + kFrame <= samples.size(); at += kFrame) {
        if (detector.frame({samples.data() + at, kFrame}) == lab::SpeechDetector::Event::kBegan)
            return detector.onset();
    }
    return -1;
}

TEST(Detector, HearsAVowelAfterThreeFramesAndItsEnd) {
    Samples caller = line(2);
    test::mix(caller, test::vowel(4000, -20), 4000, 0);
    Call call;
    call.play(caller);
    ASSERT_EQ(call.began.size(), 1U);
    EXPECT_LE(call.began[0], 4000 + 4 * static_cast<int64_t>(kFrame));
    EXPECT_EQ(call.onset_ns, 4000 / 8 * 1'000'000);
    EXPECT_EQ(call.ended, 1);
    EXPECT_NEAR(static_cast<double>(call.speech_ns), 500e6, 40e6);
}

TEST(Detector, P4NoiseOfAnyColourAndLevelIsNoSpeech) {
    for (const double dbfs : {-45.0, -35.0, -25.0, -18.0}) {
        for (const double memory : {0.0, 0.5, 0.8, 0.95}) {
            Samples caller = line(5);
            test::mix(caller, test::noise(24'000, dbfs, memory), 8000, 0);
            Call call;
            call.play(caller);
            EXPECT_TRUE(call.began.empty()) << dbfs << " dBFS, memory " << memory;
        }
    }
}

TEST(Detector, P4ClicksMainsHumAndSilenceAreNoSpeech) {
    Samples clicks = line(5), hum = line(5), silence(40'000, 0);
    for (size_t at = 4000; at < clicks.size(); at += 1777) clicks[at] = 30'000;
    for (size_t i = 0; i < hum.size(); ++i) hum[i] = static_cast<int16_t>(hum[i] + 800 * std::sin(0.0393 * double(i)));
    for (const Samples* caller : {&clicks, &hum, &silence}) {
        Call call;
        call.play(*caller);
        EXPECT_TRUE(call.began.empty());
    }
}

TEST(Detector, SpeechInLoudNoiseIsHeardAndItsOnsetIsNotTheNoises) {
    Samples caller = line(5);
    test::mix(caller, test::noise(32'000, -32), 4000, 0);
    test::mix(caller, test::vowel(8000, -16), 24'000, 0);
    Call call;
    call.play(caller);
    ASSERT_EQ(call.began.size(), 1U);
    EXPECT_GE(call.onset_ns, (24'000 / 8 - 220) * int64_t{1'000'000});
}

TEST_F(RealSpeech, IsHeardWithin200MsOfItsOnset) {
    size_t late = 0;
    for (const auto& said : recordings) {
        const int64_t onset = loud_from(said->samples);
        if (onset < 0) continue;
        Samples caller = line(1 + said->seconds());
        test::mix(caller, said->samples, 8000, 0);
        Call call;
        call.play(caller);
        ASSERT_FALSE(call.began.empty()) << said->name;
        late += call.began[0] - (8000 + onset) > 1600 ? 1 : 0;
    }
    EXPECT_LE(late, recordings.size() / 20);
}

TEST_F(RealSpeech, P18AnAttenuatedDelayedCopyOfWhatWeSentIsNoSpeech) {
    size_t next = 0;
    for (const double db : {-20.0, -25.0, -30.0, -35.0}) {
        for (const size_t ms : {100U, 200U, 300U, 400U}) {
            Samples agent(4000, 0);
            for (int i = 0; i < 3; ++i) {
                const Samples& more = recordings[next++ % recordings.size()]->samples;
                agent.insert(agent.end(), more.begin(), more.end());
            }
            agent.resize(agent.size() + 4000, 0);
            Samples caller = line(static_cast<double>(agent.size()) / 8000);
            test::mix(caller, agent, ms * 8, db);
            Call call;
            call.play(caller, agent);
            EXPECT_TRUE(call.began.empty()) << db << " dB after " << ms << " ms";
        }
    }
}

TEST_F(RealSpeech, P18AnEchoIsNoSpeechWhenEverythingWasHandedOutAtOnce) {
    // P2: seconds of audio go to the line in one piece; the echo comes when they play.
    Samples agent;
    for (size_t i = 0; agent.size() < 80'000; ++i) {
        const Samples& more = recordings[i % recordings.size()]->samples;
        agent.insert(agent.end(), more.begin(), more.end());
    }
    Samples caller = line(static_cast<double>(agent.size()) / 8000);
    test::mix(caller, agent, 2400, -22);
    Call call;
    call.hearing.agent_audio(lab::ulaw_encode(agent), kFrameNs);
    call.play(caller);
    EXPECT_TRUE(call.began.empty());
}

TEST_F(RealSpeech, P18TheCallerIsHeardOverTheEchoOfTheAgent) {
    Samples agent;
    for (size_t i = 0; agent.size() < 80'000; ++i) {
        const Samples& more = recordings[i % recordings.size()]->samples;
        agent.insert(agent.end(), more.begin(), more.end());
    }
    size_t heard = 0, asked = 0;
    for (const auto& said : recordings) {
        if (loud_from(said->samples) < 0) continue;
        Samples caller = line(8);
        test::mix(caller, agent, 1600, -25);
        test::mix(caller, said->samples, 40'000, 0);
        Call call;
        call.play(caller, agent);
        ++asked;
        heard += !call.began.empty() && call.began[0] >= 40'000 ? 1 : 0;
    }
    EXPECT_GE(heard * 20, asked * 19);
}

TEST(Frames, LinearSamplesOfAnyRateBecomeTelephoneFrames) {
    for (const int rate : {8000, 11'025, 16'000, 24'000, 48'000}) {
        TelephoneFrames frames;
        frames.set_format(false, rate);
        std::vector<uint8_t> second(static_cast<size_t>(rate) * 2);
        for (size_t i = 0; i < second.size(); i += 2) second[i + 1] = 0x10;  // 4096
        size_t count = 0;
        // In pieces that are no whole number of frames.
        for (size_t at = 0; at < second.size(); at += 602) {
            frames.push({second.data() + at, std::min<size_t>(602, second.size() - at)}, [&](auto frame) {
                ++count;
                EXPECT_EQ(frame[80], 4096);
            });
        }
        EXPECT_EQ(count, 50U) << rate;
        EXPECT_EQ(frames.duration_ns(second.size()), 1'000'000'000);
    }
}

TEST(Frames, MulawIsDecodedAsTheCodecSays) {
    TelephoneFrames frames;
    std::vector<uint8_t> codes(160);
    for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<uint8_t>(i + 50);
    frames.push(codes, [&](auto frame) {
        for (size_t i = 0; i < codes.size(); ++i) EXPECT_EQ(frame[i], lab::ulaw_decode(codes[i])) << i;
    });
}

}  // namespace
}  // namespace trunkline::bargein
