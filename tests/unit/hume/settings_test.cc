// What a chat begins with: the address, the first message, and the errors in them.
#include "elements/hume/hume_settings.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "elements/hume/evi_config.h"

namespace trunkline::hume {
namespace {

Settings made(const SettingsOptions& o) {
    auto settings = Settings::build(o);
    EXPECT_TRUE(settings) << (settings ? "" : settings.error().message);
    return settings ? *settings : Settings::build({}).value();
}

std::string trouble(const SettingsOptions& o) {
    auto settings = Settings::build(o);
    EXPECT_FALSE(settings);
    return settings ? "" : settings.error().message;
}

const char* kUrl = "wss://api.hume.ai/v0/evi/chat";

TEST(HumeSettings, HumeLine1_TheAddressCarriesKeyConfigAndEncodedSettings) {
    const auto settings = made({.variables = R"({"name":"Ann & Bö","n":30})",
                                .custom_session_id = "call_1",
                                .config_id = "11111111-2222-3333-4444-555555555555"});
    EXPECT_EQ(settings.address(kUrl, "k/e+y=", ""),
              std::string(kUrl) +
                  "?api_key=k%2Fe%2By%3D&config_id=11111111-2222-3333-4444-555555555555&verbose_transcription=true"
                  "&session_settings%5Bcustom_session_id%5D=call_1"
                  "&session_settings%5Bvariables%5D%5Bname%5D=Ann%20%26%20B%C3%B6"
                  "&session_settings%5Bvariables%5D%5Bn%5D=30");
}

TEST(HumeSettings, HumeLine1_NestedValuesBecomeBrackets) {
    std::string query;
    append_bracketed(query, "s",
                     Json::parse(R"({"audio":{"encoding":"linear16","channels":1},"list":["a",true,null]})").value());
    EXPECT_EQ(query,
              "s%5Baudio%5D%5Bencoding%5D=linear16&s%5Baudio%5D%5Bchannels%5D=1&s%5Blist%5D%5B0%5D=a&"
              "s%5Blist%5D%5B1%5D=true");
}

TEST(HumeSettings, HumeLine12_AResumedChatGroupGoesIntoTheAddress) {
    const auto settings = made({.resumed_chat_group_id = "g-0", .verbose_transcription = false});
    EXPECT_EQ(settings.address("ws://h/p?a=b", "", ""),
              "ws://h/p?a=b&resumed_chat_group_id=g-0&verbose_transcription=false");
    EXPECT_NE(settings.address(kUrl, "", "g-1").find("resumed_chat_group_id=g-1&"), std::string::npos);
}

TEST(HumeSettings, HumePitfall7_ALongPromptIsNeverInTheAddress) {
    const std::string prompt(5000, 'p');
    const auto settings = made({.prompt = prompt, .variables = R"({"long":")" + std::string(3000, 'v') + "\"}"});
    const std::string address = settings.address(kUrl, "key", "");
    EXPECT_LT(address.size(), 2100U);
    EXPECT_EQ(address.find("ppp"), std::string::npos);
    EXPECT_EQ(address.find("vvv"), std::string::npos) << "a value that is cut is worse than none";
    EXPECT_NE(settings.message(16'000).find(prompt), std::string::npos);
    EXPECT_NE(settings.message(16'000).find("vvv"), std::string::npos);
}

TEST(HumeSettings, HumeLine2_TheMessageDeclaresLinear16RateAndChannels) {
    EXPECT_EQ(made({}).message(16'000),
              R"({"type":"session_settings","audio":{"encoding":"linear16","sample_rate":16000,"channels":1}})");
}

TEST(HumeSettings, PropertiesWinOverTheFileAndTheRestOfItGoesAlong) {
    const auto settings =
        made({.file_name = "f",
              .file_text = R"({"type":"session_settings","audio":{"encoding":"x"},"system_prompt":"file",)"
                           R"("voice_id":"v-file","variables":{"a":1,"b":2},"metadata":{"m":1},)"
                           R"("builtin_tools":[{"name":"hang_up"}],"context":{"text":"c"}})",
              .prompt = "own",
              .variables = R"({"b":3})"});
    const auto m = Json::parse(settings.message(8000)).value();
    EXPECT_EQ(m["audio"].dump(), R"({"encoding":"linear16","sample_rate":8000,"channels":1})");
    EXPECT_EQ(m["system_prompt"].text_or(""), "own");
    EXPECT_EQ(m["voice_id"].text_or(""), "v-file");
    EXPECT_EQ(m["variables"].dump(), R"({"a":1,"b":3})");
    EXPECT_EQ(m["metadata"]["m"].int_or(0), 1);
    EXPECT_EQ(m["builtin_tools"].at(0)["name"].text_or(""), "hang_up");
    EXPECT_EQ(m["context"]["text"].text_or(""), "c");
}

TEST(HumeSettings, FunctionsAreWrittenInHumesShape) {
    const auto settings =
        made({.functions = R"([{"name":"lookup","description":"d","parameters":{"type":"object"}},{"name":"bare"}])"});
    const auto tools = Json::parse(settings.message(8000)).value()["tools"];
    EXPECT_EQ(tools.at(0)["type"].text_or(""), "function");
    EXPECT_EQ(tools.at(0)["parameters"].text_or(""), R"({"type":"object"})");
    EXPECT_TRUE(tools.at(1)["parameters"].is_string());
    EXPECT_TRUE(settings.may_be_asked("lookup"));
    EXPECT_FALSE(settings.may_be_asked("other"));
    EXPECT_TRUE(made({}).may_be_asked("any"));
    EXPECT_TRUE(made({.functions = R"([{"name":"a"}])", .config_id = "c"}).may_be_asked("any"));
}

TEST(HumeSettings, WhatIsWrongIsNamedWithItsPlace) {
    EXPECT_NE(trouble({.functions = "{"}).find("functions"), std::string::npos);
    EXPECT_NE(trouble({.functions = R"([{"name":"a"},{"name":"a"}])"}).find("[1].name"), std::string::npos);
    EXPECT_NE(trouble({.functions = R"([{"name":"a","endpoint":{"url":"u"}}])"}).find("tool-url"), std::string::npos);
    EXPECT_NE(trouble({.variables = "[]"}).find("variables"), std::string::npos);
    EXPECT_NE(trouble({.variables = R"({"a":{}})"}).find("`a`"), std::string::npos);
    EXPECT_NE(trouble({.file_name = "evi.json", .file_text = "nope"}).find("evi.json"), std::string::npos);
    EXPECT_NE(trouble({.file_name = "evi.json", .file_text = R"({"type":"Settings"})"}).find("session_settings"),
              std::string::npos);
}

class HumeConfig : public testing::Test {
  protected:
    void SetUp() override {
        for (const char* name : {"HUME_AI_API_KEY", "HUME_API_KEY", "HUME_CONFIG_ID"}) unsetenv(name);
    }
    void TearDown() override { SetUp(); }
    EviConfig config;
};

TEST_F(HumeConfig, TheKeyComesFromThePropertyElseFromTheEnvironment) {
    EXPECT_EQ(session_options_of(config).error().code, "no-api-key");
    EXPECT_NE(session_options_of(config).error().message.find("HUME_AI_API_KEY"), std::string::npos);
    setenv("HUME_API_KEY", "second", 1);
    EXPECT_EQ(session_options_of(config)->api_key, "second");
    setenv("HUME_AI_API_KEY", "first\n", 1);
    EXPECT_EQ(session_options_of(config)->api_key, "first");
    config.api_key = "own";
    EXPECT_EQ(session_options_of(config)->api_key, "own");
}

TEST_F(HumeConfig, TheConfigurationComesFromThePropertyElseFromTheEnvironment) {
    setenv("HUME_CONFIG_ID", "from-env", 1);
    EXPECT_EQ(settings_of(config)->config_id(), "from-env");
    config.config_id = "own";
    EXPECT_EQ(settings_of(config)->config_id(), "own");
}

TEST_F(HumeConfig, OnlyWebSocketAddressesAreTaken) {
    config.url = "https://api.hume.ai";
    EXPECT_EQ(session_options_of(config).error().code, "bad-url");
}

}  // namespace
}  // namespace trunkline::hume
