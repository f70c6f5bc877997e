// Recorded prompts by name, generated lines by text.
#include "lab/speech/library.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace trunkline::lab {
namespace {

std::shared_ptr<SpeechLibrary> open_library() {
    SpeechOptions options;
    options.cache_dir = (std::filesystem::temp_directory_path() / "trunkline-lab-test-speech").string();
    auto library = SpeechLibrary::open(options);
    return library ? *library : nullptr;
}

TEST(SpeechLibrary, RecordedPromptHasItsHumanTranscript) {
    const auto library = open_library();
    ASSERT_TRUE(library);
    const auto r = library->recorded("agent-pass");
    ASSERT_TRUE(r) << r.error().message;
    EXPECT_EQ((*r)->text, "Please enter your password followed by the pound key.");
    EXPECT_NEAR((*r)->seconds(), 3.285, 0.01);
}

TEST(SpeechLibrary, UnknownNameIsRefusedAndTheNearestIsNamed) {
    const auto library = open_library();
    ASSERT_TRUE(library);
    const auto r = library->recorded("agent-pas");
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, "unknown-recording");
    EXPECT_NE(r.error().message.find("agent-pass"), std::string::npos);
}

TEST(SpeechLibrary, NamesLeaveOutTones) {
    const auto library = open_library();
    ASSERT_TRUE(library);
    const auto names = library->names();
    EXPECT_GT(names.size(), 500U);
    EXPECT_EQ(std::count(names.begin(), names.end(), "beep"), 0);
}

TEST(SpeechLibrary, LineOfTextIsSpokenOnceAndShared) {
    const auto library = open_library();
    ASSERT_TRUE(library);
    const auto first = library->line("Your table is booked for seven.");
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_GT((*first)->seconds(), 1.0);
    EXPECT_GT(level_dbfs((*first)->samples), -35.0);
    const auto second = library->speech("Your table is booked for seven.");
    ASSERT_TRUE(second);
    EXPECT_EQ(first->get(), second->get());
}

TEST(SpeechLibrary, EmptyLineIsRefused) {
    const auto library = open_library();
    ASSERT_TRUE(library);
    const auto r = library->line("  ");
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, "bad-text");
}

TEST(SpeechLibrary, MissingRecordingsNameThePackageToInstall) {
    SpeechOptions options;
    options.sounds_dir = "/nowhere";
    const auto library = SpeechLibrary::open(options);
    ASSERT_FALSE(library);
    EXPECT_NE(library.error().message.find("asterisk-core-sounds-en-wav"), std::string::npos);
}

}  // namespace
}  // namespace trunkline::lab
