// What the lab refuses, and how.
#include "tests/unit/lab_hume/client.h"

namespace trunkline::lab::hume {
namespace {

class HumeErrors : public HumeTest {
  protected:
    void expect(const std::string& message, const std::string& code, const std::string& part, bool declared = false) {
        serve(quick_options());
        if (declared) client_->declare();
        client_->send(message);
        ASSERT_TRUE(client_->until_closed()) << message;
        EXPECT_EQ(client_->error_code(), code) << message;
        EXPECT_NE(client_->member("error", "message").find(part), std::string::npos)
            << client_->member("error", "message");
        EXPECT_FALSE(client_->member("error", "slug").empty());
        EXPECT_EQ(client_->close_code(), 1008);
        EXPECT_TRUE(first(*lab_).violated(code));
    }
};

TEST_F(HumeErrors, HumeLine18_TextThatIsNoJson) { expect("{", "E0100", "not JSON"); }
TEST_F(HumeErrors, HumeLine18_UnknownMessage) { expect(R"({"type":"Settings"})", "E0101", "Settings"); }
TEST_F(HumeErrors, HumeLine18_MissingType) { expect(R"({"data":""})", "E0101", "type"); }
TEST_F(HumeErrors, HumeLine18_MissingField) { expect(R"({"type":"user_input"})", "E0101", "`text`"); }
TEST_F(HumeErrors, HumeLine18_UnknownField) {
    expect(R"({"type":"user_input","text":"x","volume":1})", "E0101", "`volume`");
}
TEST_F(HumeErrors, HumeLine18_WrongKind) { expect(R"({"type":"audio_input","data":7})", "E0101", "`data`"); }
TEST_F(HumeErrors, HumeLine18_FormatThatIsNotServed) {
    expect(R"({"type":"session_settings","audio":{"encoding":"linear16","sample_rate":4000,"channels":1}})", "E0102",
           "sample_rate");
}
TEST_F(HumeErrors, HumeLine18_MulawIsNotTaken) {
    expect(R"({"type":"session_settings","audio":{"encoding":"mulaw","sample_rate":8000,"channels":1}})", "E0101",
           "linear16");
}
TEST_F(HumeErrors, HumeLine18_RawPcmWithoutSettings) {
    expect(audio_input(std::string(320, '\0')), "E0200", "declared");
}
TEST_F(HumeErrors, HumeLine18_BadBase64) { expect(R"({"type":"audio_input","data":"%%%"})", "E0201", "base64", true); }
TEST_F(HumeErrors, HumeLine18_NoAudio) { expect(R"({"type":"audio_input","data":""})", "E0202", "no audio", true); }
TEST_F(HumeErrors, HumeLine18_TooMuchAudioAtOnce) {
    expect(audio_input(std::string(16000 * 3, '\0')), "E0203", "3000", true);
}
TEST_F(HumeErrors, HumeLine18_AWholeFile) {
    const std::string pcm(16000 * 3, '\0');
    expect(audio_input(wav_header(WavFormat::kPcm, 8000, 16, 1, static_cast<uint32_t>(pcm.size())) + pcm), "E0723",
           "whole file");
}

TEST_F(HumeErrors, HumeLine18_LenientRecordsAndGoesOn) {
    auto options = quick_options();
    options.strict = false;
    serve(options);
    client_->send("{");
    client_->send(R"({"type":"audio_input","data":"%%%"})");
    client_->send(R"({"type":"user_input","text":"hello","volume":1})");
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(client_->count("error"), 0U);
    for (const char* code : {"E0100", "E0101", "E0201"}) EXPECT_TRUE(first(*lab_).violated(code)) << code;
}

TEST_F(HumeErrors, CloseCodeAfterAnErrorIsAnOption) {
    auto options = quick_options();
    options.error_close_code = 4400;
    serve(options);
    client_->send("{");
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->close_code(), 4400);
}

TEST_F(HumeErrors, AnErrorMayLeaveTheSocketOpen) {
    auto options = quick_options();
    options.faults.error_without_close = true;
    serve(options);
    client_->send("{");
    ASSERT_TRUE(client_->until_type("error"));
    client_->close();
    ASSERT_TRUE(until_session([](const auto& s) { return !s.open(); }));
    EXPECT_TRUE(first(*lab_).closed_by_client);
    EXPECT_EQ(first(*lab_).close_code, 1000);
}

TEST_F(HumeErrors, ABrainMayAnswerWithAnError) {
    auto options = quick_options();
    options.brain.fallback.error = "E0300";
    serve(options);
    client_->send(R"({"type":"user_input","text":"hello"})");
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->error_code(), "E0300");
}

}  // namespace
}  // namespace trunkline::lab::hume
