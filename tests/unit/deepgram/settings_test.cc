// The Settings message: layers, checks, formats, the memory of a lost talk.
#include "elements/deepgram/deepgram_settings.h"

#include <gtest/gtest.h>

namespace trunkline::deepgram {
namespace {

constexpr AudioFormat kMulaw{AudioFormat::Encoding::kMulaw, 8000};
constexpr AudioFormat kPcm16{AudioFormat::Encoding::kLinear16, 16'000};

Json built(const SettingsOptions& options, std::vector<Past> past = {}) {
    auto settings = Settings::build(options);
    if (!settings) {
        ADD_FAILURE() << settings.error().message;
        return {};
    }
    return Json::parse(settings->message(kMulaw, kMulaw, past)).value();
}

std::string error_of(const SettingsOptions& options) {
    auto settings = Settings::build(options);
    return settings ? "none" : settings.error().message;
}

SettingsOptions file(std::string text) { return {.file_name = "agent.json", .file_text = std::move(text)}; }

SettingsOptions with_think(const std::string& think) { return file(R"({"agent":{"think":)" + think + "}}"); }

TEST(DeepgramSettings, WithoutAnythingTheMessageIsCompleteAndDefaulted) {
    const Json s = built({});
    EXPECT_EQ(s["type"].text_or(""), "Settings");
    EXPECT_EQ(s["agent"]["listen"]["provider"]["model"].text_or(""), "flux-general-en");
    EXPECT_EQ(s["agent"]["listen"]["provider"]["version"].text_or(""), "v2");
    EXPECT_EQ(s["agent"]["think"]["provider"]["model"].text_or(""), "gpt-4o-mini");
    EXPECT_EQ(s["agent"]["speak"]["provider"]["model"].text_or(""), "aura-2-thalia-en");
}

TEST(DeepgramSettings, EncodingsRatesAndNoContainerAreAlwaysSent) {
    const auto settings =
        Settings::build(file(R"({"audio":{"input":{"encoding":"opus"},"output":{"container":"wav","bitrate":9}}})"));
    const Json audio = Json::parse(settings->message(kMulaw, kPcm16)).value()["audio"];
    EXPECT_EQ(audio.dump(), R"({"input":{"encoding":"mulaw","sample_rate":8000},)"
                            R"("output":{"encoding":"linear16","sample_rate":16000,"container":"none"}})");
}

TEST(DeepgramSettings, PropertiesWinOverTheFile) {
    SettingsOptions o =
        file(R"({"type":"Settings","tags":["a"],"custom":1,"agent":{"greeting":"old","context":{"messages":[]},
        "think":{"provider":{"type":"anthropic","model":"m","temperature":0.5},"prompt":"old","functions":[{"name":"x"}]},
        "speak":{"provider":{"type":"deepgram","model":"old"}}}})");
    o.greeting = "new";
    o.prompt = "new";
    o.speak_model = "aura-2-luna-en";
    o.functions = R"([{"name":"y"}])";
    o.tags = "b, c,";
    o.mip_opt_out = true;
    o.history = false;
    const Json s = built(o);
    EXPECT_EQ(s["agent"]["greeting"].text_or(""), "new");
    EXPECT_EQ(s["agent"]["think"]["prompt"].text_or(""), "new");
    EXPECT_EQ(s["agent"]["think"]["provider"].dump(), R"({"type":"anthropic","model":"m","temperature":0.5})");
    EXPECT_EQ(s["agent"]["think"]["functions"].dump(), R"([{"name":"y"}])");
    EXPECT_EQ(s["agent"]["speak"]["provider"]["model"].text_or(""), "aura-2-luna-en");
    EXPECT_EQ(s["tags"].dump(), R"(["b","c"])");
    EXPECT_EQ(s["custom"].int_or(0), 1);
    EXPECT_TRUE(s["mip_opt_out"].bool_or(false));
    EXPECT_FALSE(s["flags"]["history"].bool_or(true));
}

TEST(DeepgramSettings, AListOfFallbacksKeepsItsProvidersButSharesThePrompt) {
    SettingsOptions o =
        with_think(R"([{"provider":{"type":"open_ai","model":"a"}},{"provider":{"type":"groq","model":"b"}}])");
    o.prompt = "P";
    o.think_model = "c";
    const Json think = built(o)["agent"]["think"];
    EXPECT_EQ(think.at(0)["provider"]["model"].text_or(""), "c");
    EXPECT_EQ(think.at(1)["provider"]["model"].text_or(""), "b");
    EXPECT_EQ(think.at(0)["prompt"].text_or(""), "P");
    EXPECT_EQ(think.at(1)["prompt"].text_or(""), "P");
}

TEST(DeepgramSettings, AnotherLanguageChoosesAModelThatKnowsIt) {
    const Json provider = built({.language = "de"})["agent"]["listen"]["provider"];
    EXPECT_EQ(provider["model"].text_or(""), "nova-3");
    EXPECT_EQ(provider["language"].text_or(""), "de");
    EXPECT_FALSE(built({.language = "en"})["agent"]["listen"]["provider"]["language"].exists());
    const Json multi = built({.language = "es", .listen_model = "flux-general-multi"})["agent"]["listen"]["provider"];
    EXPECT_EQ(multi["language_hints"].dump(), R"(["es"])");
    EXPECT_EQ(multi["version"].text_or(""), "v2");
}

TEST(DeepgramSettings, AStoredAgentIsItsUuid) {
    const std::string id = "01234567-89ab-cdef-0123-456789abcdef";
    EXPECT_EQ(built({.agent_id = id})["agent"].text_or(""), id);
    EXPECT_TRUE(Settings::build({.agent_id = id})->stored_agent());
    EXPECT_NE(error_of({.agent_id = "mine"}).find("UUID"), std::string::npos);
    EXPECT_EQ(built(file("{\"agent\":\"" + id + "\"}"))["agent"].text_or(""), id);
    EXPECT_NE(error_of(file("{\"agent\":\"mine\"}")).find("UUID"), std::string::npos);
    EXPECT_NE(error_of({.agent_id = id, .prompt = "x"}).find("property prompt"), std::string::npos);
}

TEST(DeepgramSettings, ClientSideInAFunctionIsRefusedWithItsPlace) {
    const auto why = error_of(with_think(
        R"({"provider":{"type":"o","model":"m"},"functions":[{"name":"a"},{"name":"b","client_side":true}]})"));
    EXPECT_NE(why.find("settings file agent.json: agent.think.functions[1].client_side"), std::string::npos) << why;
}

TEST(DeepgramSettings, EndpointInsideProviderIsRefusedWithItsPlace) {
    for (const char* part : {"think", "speak", "listen"}) {
        const auto why = error_of(file(std::string(R"({"agent":{")") + part +
                                       R"(":{"provider":{"type":"t","model":"m","endpoint":{"url":"https://x"}}}}})"));
        EXPECT_NE(why.find(std::string("agent.") + part + ".provider.endpoint"), std::string::npos) << why;
        EXPECT_NE(why.find("beside"), std::string::npos) << why;
    }
}

TEST(DeepgramSettings, APromptOf25000CharactersPassesAndOneMoreDoesNot) {
    SettingsOptions o;
    for (int i = 0; i < 25'000; ++i) o.prompt += "ü";  // characters, not bytes
    EXPECT_EQ(error_of(o), "none");
    o.prompt += "x";
    EXPECT_NE(error_of(o).find("25001 characters"), std::string::npos);
}

TEST(DeepgramSettings, APromptForOnesOwnModelMayBeLonger) {
    SettingsOptions o = with_think(R"({"provider":{"type":"open_ai","model":"m"},"endpoint":{"url":"https://x"}})");
    o.prompt = std::string(30'000, 'x');
    EXPECT_EQ(error_of(o), "none");
}

TEST(DeepgramSettings, WhatTheServerWouldRefuseIsNamed) {
    const std::pair<const char*, const char*> wrong[] = {
        {"[]", "one JSON object"},
        {"{", "not JSON"},
        {R"({"type":"Config"})", ": type:"},
        {R"({"agent":7})", ": agent:"},
        {R"({"agent":{"think":[]}})", "agent.think:"},
        {R"({"agent":{"think":{"provider":{"type":"open_ai"}}}})", "agent.think.provider.model"},
        {R"({"agent":{"speak":[{"provider":{"model":"x"}}]}})", "agent.speak[0].provider.type"},
        {R"({"agent":{"think":{"provider":{"type":"a","model":"b"},"functions":[{"name":"a"},{"name":"a"}]}}})",
         "twice"},
        {R"({"agent":{"think":{"provider":{"type":"a","model":"b"},"functions":[{"description":"a"}]}}})",
         "functions[0].name"},
        {R"({"agent":{"think":{"provider":{"type":"a","model":"b"},"functions":[{"name":"a","parameters":"{}"}]}}})",
         "parameters"},
        {R"({"agent":{"think":{"provider":{"type":"a","model":"b"},"functions":[{"name":"a","endpoint":{}}]}}})",
         "endpoint.url"},
    };
    for (const auto& [text, part] : wrong)
        EXPECT_NE(error_of(file(text)).find(part), std::string::npos) << text << ": " << error_of(file(text));
    EXPECT_NE(error_of({.functions = "{}"}).find("property functions"), std::string::npos);
    EXPECT_NE(error_of({.functions = "["}).find("property functions"), std::string::npos);
}

TEST(DeepgramSettings, OnlyClientSideFunctionsMayBeAsked) {
    const auto s =
        Settings::build({.functions = R"([{"name":"ours"},{"name":"theirs","endpoint":{"url":"https://x"}}])"});
    EXPECT_TRUE(s->may_be_asked("ours"));
    EXPECT_FALSE(s->may_be_asked("theirs"));
    EXPECT_FALSE(s->may_be_asked("nobodys"));
}

TEST(DeepgramSettings, APastTalkReplacesTheGreeting) {
    SettingsOptions o = file(
        R"({"agent":{"greeting":"Hello","context":{"messages":[{"type":"History","role":"user","content":"0"}]}}})");
    EXPECT_EQ(built(o)["agent"]["greeting"].text_or(""), "Hello");
    const Json agent = built(o, {ConversationText{Role::kUser, "one", {}},
                                 PastCall{{"f1", "look", "{\"a\":1}", true, "sig"}, "42"}})["agent"];
    EXPECT_FALSE(agent["greeting"].exists());
    EXPECT_EQ(
        agent["context"]["messages"].dump(),
        R"([{"type":"History","role":"user","content":"0"},{"type":"History","role":"user","content":"one"},)"
        R"({"type":"History","function_calls":[{"id":"f1","name":"look","client_side":true,"arguments":"{\"a\":1}",)"
        R"("response":"42","thought_signature":"sig"}]}])");
}

}  // namespace
}  // namespace trunkline::deepgram
