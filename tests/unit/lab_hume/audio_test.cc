// What the lab hears and the WAV files it sends.
#include "lab/hume/audio.h"

#include <chrono>

#include "lab/hume/messages.h"
#include "tests/unit/lab_hume/client.h"

namespace trunkline::lab::hume {
namespace {

using HumeAudio = HumeTest;

std::vector<uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

TEST(HumeDecoder, CarriesASampleThatIsCutInTwo) {
    InputDecoder decoder;
    decoder.declare({8000, 1});
    const std::string pcm = pcm_bytes(Samples(400, 1000));
    size_t heard = 0;
    for (size_t at = 0; at < pcm.size(); at += 7) heard += decoder.decode(bytes_of(pcm.substr(at, 7))).samples.size();
    EXPECT_GT(heard, 300U);
}

TEST(HumeDecoder, ReadsAWavStreamByItsChunksWhateverTheCuts) {
    Faults list;
    list.list_chunk = true;
    const auto pcm = output_pcm(recording("vm-goodbye"), 16000);
    const auto file = wav_file(pcm, 16000, list);
    InputDecoder decoder;
    Samples heard;
    for (size_t at = 0; at < file.size(); at += 13) {
        const auto chunk = decoder.decode(std::span(file).subspan(at, std::min<size_t>(13, file.size() - at)));
        ASSERT_EQ(chunk.error, "");
        heard.insert(heard.end(), chunk.samples.begin(), chunk.samples.end());
    }
    EXPECT_NEAR(static_cast<double>(heard.size()), static_cast<double>(recording("vm-goodbye").size()), 100);
}

TEST(HumeDecoder, RefusesWhatIsNoPcm) {
    InputDecoder raw, webm;
    EXPECT_EQ(raw.decode(bytes_of(std::string(320, '\1'))).error, "E0200");
    EXPECT_EQ(webm.decode(bytes_of("\x1A\x45\xDF\xA3....")).error, "E0200");
    InputDecoder ulaw;
    EXPECT_EQ(ulaw.decode(bytes_of(wav_header(WavFormat::kULaw, 8000, 8, 1, 100))).error, "E0200");
}

TEST(HumeBase64, IsReadStrictly) {
    EXPECT_EQ(decode_base64("AAE=").value_or("?"), std::string("\0\1", 2));
    EXPECT_EQ(decode_base64("").value_or("?"), "");
    for (const char* bad : {"AAE", "A===", "AA E", "A=AA", "%%%%", "AA\n="}) EXPECT_FALSE(decode_base64(bad)) << bad;
}

TEST_F(HumeAudio, HumeLine20_BinaryFramesAreHeardAsAudioInputIs) {
    serve(quick_options());
    client_->declare();
    std::string pcm = pcm_bytes(recording("agent-pass")) + std::string(16000, '\0');
    pcm.resize((pcm.size() + 319) / 320 * 320, '\0');
    for (size_t at = 0; at < pcm.size(); at += 320) client_->send_binary(pcm.substr(at, 320));
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(client_->of("user_message").at(0)["message"]["content"], transcript("agent-pass"));
    EXPECT_TRUE(first(*lab_).violations.empty());
}

TEST_F(HumeAudio, HumeLine20_SoundThatBeginsLikeAMessageIsSound) {
    serve(quick_options());
    client_->declare();
    client_->send_binary("{" + std::string(319, '\0'));
    ASSERT_TRUE(until_session([](const auto& s) { return s.audio_frames_in == 1; }));
    EXPECT_FALSE(first(*lab_).violated("message-as-binary"));
    client_->send_binary(R"({"type":"audio_input","data":"AAAA"})");
    EXPECT_TRUE(flagged("message-as-binary"));
}

TEST_F(HumeAudio, HumeLine20_AWavStreamNeedsNoSettings) {
    serve(quick_options());
    const Samples speech = resample(recording("agent-pass"), 8000, 16000);
    const std::string stream =
        wav_header(WavFormat::kPcm, 16000, 16, 1, 0xFFFFFFFFU) + pcm_bytes(speech) + std::string(32000, '\0');
    for (size_t at = 0; at < stream.size(); at += 1280) client_->send(audio_input(stream.substr(at, 1280)));
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(client_->of("user_message").at(0)["message"]["content"], transcript("agent-pass"));
}

TEST_F(HumeAudio, StereoIsHeardAsItsMean) {
    serve(quick_options());
    client_->send(R"({"type":"session_settings","audio":{"encoding":"linear16","sample_rate":8000,"channels":2}})");
    Samples both;
    for (const int16_t s : recording("agent-pass")) both.insert(both.end(), {s, s});
    both.resize(both.size() + 16000, 0);
    const std::string pcm = pcm_bytes(both);
    for (size_t at = 0; at < pcm.size(); at += 640) client_->send(audio_input(pcm.substr(at, 640)));
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(client_->of("user_message").at(0)["message"]["content"], transcript("agent-pass"));
}

TEST_F(HumeAudio, TranscriptsAreEarned) {
    serve(quick_options());
    client_->declare();
    Samples spoilt = recording("agent-pass");
    spoilt.erase(spoilt.begin() + 6000, spoilt.begin() + 6160);  // one lost frame
    client_->ask(spoilt);
    ASSERT_TRUE(client_->until_type("user_message"));
    EXPECT_EQ(client_->of("user_message").at(0)["message"]["content"], "[unintelligible]");
}

TEST_F(HumeAudio, HumeLine3_ChunksOutsideTwentyToAHundredMillisecondsAreNoted) {
    serve(quick_options());
    client_->declare();
    client_->send(audio_input(std::string(6400, '\0')));
    EXPECT_TRUE(flagged("chunk-size"));
    EXPECT_FALSE(client_->closed());
}

TEST_F(HumeAudio, HumeLine3_AGapIsNoted) {
    auto options = quick_options();
    options.max_gap_ms = 50;
    serve(options);
    client_->declare();
    client_->silence(20);
    ASSERT_TRUE(until_session([](const auto& s) { return s.audio_frames_in == 1; }));
    const auto begun = std::chrono::steady_clock::now();
    client_->until([&] { return std::chrono::steady_clock::now() - begun > std::chrono::milliseconds(100); });
    client_->silence(20);
    EXPECT_TRUE(flagged("audio-gap"));
}

}  // namespace
}  // namespace trunkline::lab::hume
