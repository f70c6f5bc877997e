// What the properties become: the key, the address, the settings file.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "elements/deepgram/agent_config.h"

namespace trunkline::deepgram {
namespace {

class DeepgramConfig : public testing::Test {
  protected:
    void SetUp() override { unsetenv("DEEPGRAM_API_KEY"); }
    AgentConfig config;
};

TEST_F(DeepgramConfig, TheKeyComesFromThePropertyElseFromTheEnvironment) {
    setenv("DEEPGRAM_API_KEY", "from-env\n", 1);
    EXPECT_EQ(session_options_of(config)->api_key, "from-env");
    config.api_key = "own";
    EXPECT_EQ(session_options_of(config)->api_key, "own");
}

TEST_F(DeepgramConfig, WithoutAKeyTheRealServiceIsNotDialled) {
    auto options = session_options_of(config);
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().code, "no-api-key");
    EXPECT_NE(options.error().message.find("DEEPGRAM_API_KEY"), std::string::npos);
    config.url = "ws://127.0.0.1:1/x";
    EXPECT_TRUE(session_options_of(config));
}

TEST_F(DeepgramConfig, AKeyThatWouldBreakTheHeaderIsRefusedWithoutBeingShown) {
    config.api_key = "sec\r\nret";
    auto options = session_options_of(config);
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().code, "bad-api-key");
    EXPECT_EQ(options.error().message.find("sec"), std::string::npos);
}

TEST_F(DeepgramConfig, OnlyWebSocketAddressesAreTaken) {
    config.url = "https://agent.deepgram.com";
    EXPECT_EQ(session_options_of(config).error().code, "bad-url");
}

TEST_F(DeepgramConfig, SettingsMayBeAFileOrTheJsonItself) {
    const std::string path = testing::TempDir() + "deepgram_settings.json";
    std::ofstream(path) << R"({"agent":{"greeting":"from file"}})";
    config.settings = path;
    const AudioFormat format;
    EXPECT_NE(settings_of(config)->message(format, format).find("from file"), std::string::npos);
    EXPECT_EQ(config_name(config), path);
    config.settings = R"({"agent":{"greeting":"inline"}})";
    EXPECT_NE(settings_of(config)->message(format, format).find("inline"), std::string::npos);
    EXPECT_EQ(config_name(config), "");
}

TEST_F(DeepgramConfig, AMissingSettingsFileIsNamed) {
    config.settings = "/nonexistent/agent.json";
    auto settings = settings_of(config);
    ASSERT_FALSE(settings);
    EXPECT_EQ(settings.error().code, "no-settings-file");
    EXPECT_NE(settings.error().message.find("/nonexistent/agent.json"), std::string::npos);
}

TEST_F(DeepgramConfig, AnEmptySettingsFileIsAnErrorAndNotNoFile) {
    const std::string path = testing::TempDir() + "deepgram_empty.json";
    std::ofstream(path, std::ios::trunc).close();
    config.settings = path;
    EXPECT_EQ(settings_of(config).error().code, "bad-settings");
}

}  // namespace
}  // namespace trunkline::deepgram
