// The schema of client messages, and what Settings can and cannot ask for.
#include "lab/deepgram/settings.h"

#include <gtest/gtest.h>

namespace trunkline::lab::deepgram {
namespace {

constexpr const char* kTelephony =
    R"({"type":"Settings",
 "audio":{"input":{"encoding":"mulaw","sample_rate":8000},"output":{"encoding":"mulaw","sample_rate":8000,"container":"none"}},
 "agent":{"greeting":"Hello.",
  "listen":{"provider":{"type":"deepgram","version":"v2","model":"flux-general-en"}},
  "think":{"provider":{"type":"open_ai","model":"gpt-4o-mini"},"prompt":"Be brief.","functions":[{"name":"lookup","description":"find order","parameters":{"type":"object","properties":{"id":{"type":"string"}}}},{"name":"far","endpoint":{"url":"https://example.com","method":"post","headers":{}}}]},
  "speak":{"provider":{"type":"deepgram","model":"aura-2-thalia-en"}}}})";

std::string first_problem(const std::string& json) {
    std::string type;
    const Checked checked = check_shape(json, type);
    return checked.ok() ? "" : checked.problems[0].code + ": " + checked.problems[0].message;
}

std::string with_agent(const std::string& agent) { return R"({"type":"Settings","audio":{},"agent":)" + agent + "}"; }

TEST(DeepgramSettings, TelephonySettingsAreAccepted) {
    EXPECT_EQ(first_problem(kTelephony), "");
    Checked checked;
    const Settings s = read_settings(kTelephony, checked);
    EXPECT_TRUE(checked.ok());
    EXPECT_EQ(s.input.encoding, "mulaw");
    EXPECT_EQ(s.output.sample_rate, 8000);
    EXPECT_EQ(s.greeting, "Hello.");
    EXPECT_EQ(s.listen_version, "v2");
    ASSERT_EQ(s.functions.size(), 2U);
    EXPECT_FALSE(s.functions[0].server_side);
    EXPECT_TRUE(s.functions[1].server_side);
    EXPECT_TRUE(s.history);
    EXPECT_TRUE(s.advice.empty());
}

struct Broken {
    const char* name;
    const char* json;
    const char* wanted;  // part of the first problem
};

class Line33Shapes : public ::testing::TestWithParam<Broken> {};

TEST_P(Line33Shapes, IsUnparsable) {
    const std::string problem = first_problem(GetParam().json);
    EXPECT_NE(problem.find("UNPARSABLE_CLIENT_MESSAGE"), std::string::npos) << problem;
    EXPECT_NE(problem.find(GetParam().wanted), std::string::npos) << problem;
}

const Broken kBroken[] = {
    {"NotJson", "{\"type\":", "not JSON"},
    {"NotAnObject", "[1]", "not a JSON object"},
    {"NoType", "{}", "missing field `type`"},
    {"UnknownType", R"({"type":"SettingsConfiguration"})", "unknown message type"},
    {"UnknownTopField", R"({"type":"Settings","audio":{},"agent":{},"session_id":"x"})", "`session_id`"},
    {"NoAudio", R"({"type":"Settings","agent":{}})", "missing field `audio`"},
    {"NoAgent", R"({"type":"Settings","audio":{}})", "missing field `agent`"},
    {"RateAsText", R"({"type":"Settings","audio":{"input":{"encoding":"mulaw","sample_rate":"8000"}},"agent":{}})",
     "audio.input.sample_rate"},
    {"UnknownEncoding", R"({"type":"Settings","audio":{"input":{"encoding":"ulaw"}},"agent":{}})", "expected one of"},
    {"ContainerInInput", R"({"type":"Settings","audio":{"input":{"encoding":"mulaw","container":"none"}},"agent":{}})",
     "audio.input.container"},
    {"ClientSideInFunction",
     R"({"type":"Settings","audio":{},"agent":{"think":{"provider":{"type":"open_ai","model":"m"},"functions":[{"name":"f","client_side":true}]}}})",
     "client_side"},
    {"EndpointInsideProvider",
     R"({"type":"Settings","audio":{},"agent":{"think":{"provider":{"type":"open_ai","model":"m","endpoint":{"url":"x"}}}}})",
     "beside `provider`"},
    {"EndpointInsideSpeakProvider",
     R"({"type":"Settings","audio":{},"agent":{"speak":{"provider":{"type":"deepgram","model":"m","endpoint":{"url":"x"}}}}})",
     "beside `provider`"},
    {"ModelBesideProvider",
     R"({"type":"Settings","audio":{},"agent":{"listen":{"model":"nova-3","provider":{"type":"deepgram"}}}})",
     "agent.listen.model"},
    {"NoThinkModel", R"({"type":"Settings","audio":{},"agent":{"think":{"provider":{"type":"open_ai"}}}})",
     "agent.think.provider.model"},
    {"UnknownSpeakProvider", R"({"type":"Settings","audio":{},"agent":{"speak":{"provider":{"type":"nobody"}}}})",
     "agent.speak.provider"},
    {"FluxFieldInV1",
     R"({"type":"Settings","audio":{},"agent":{"listen":{"provider":{"type":"deepgram","version":"v1","eot_threshold":0.7}}}})",
     "eot_threshold"},
    {"HistoryFlagAsText", R"({"type":"Settings","audio":{},"agent":{},"flags":{"history":"yes"}})", "flags.history"},
    {"AgentAsNumber", R"({"type":"Settings","audio":{},"agent":7})", "`agent`"},
    {"InjectContent", R"({"type":"InjectAgentMessage","content":"hi"})", "unknown field `content`"},
    {"InjectBehavior", R"({"type":"InjectAgentMessage","message":"hi","behavior":"now"})", "expected one of"},
    {"ResponseWithoutId", R"({"type":"FunctionCallResponse","name":"f","content":"x"})", "missing field `id`"},
    {"ResponseContentAsObject", R"({"type":"FunctionCallResponse","id":"1","name":"f","content":{}})", "content"},
    {"KeepAliveWithField", R"({"type":"KeepAlive","now":1})", "unknown field `now`"},
    {"ContextWithoutType",
     R"({"type":"Settings","audio":{},"agent":{"context":{"messages":[{"role":"user","content":"x"}]}}})",
     "agent.context.messages[0].type"},
};

INSTANTIATE_TEST_SUITE_P(Kinds, Line33Shapes, ::testing::ValuesIn(kBroken),
                         [](const auto& p) { return std::string(p.param.name); });

std::string invalid(const std::string& json) {
    std::string type;
    Checked checked = check_shape(json, type);
    EXPECT_TRUE(checked.ok()) << checked.problems[0].message;
    read_settings(json, checked);
    return checked.ok() ? "" : checked.problems[0].code;
}

TEST(DeepgramSettings, Line32MulawAtAnOddRateIsInvalid) {
    EXPECT_EQ(invalid(R"({"type":"Settings","audio":{"output":{"encoding":"mulaw","sample_rate":24000}},"agent":{}})"),
              "INVALID_SETTINGS");
}

TEST(DeepgramSettings, Line32WavWithSecondGenerationSpeechIsInvalid) {
    EXPECT_EQ(
        invalid(
            R"({"type":"Settings","audio":{"output":{"encoding":"linear16","sample_rate":24000,"container":"wav"}},"agent":{"speak":{"provider":{"type":"deepgram","model":"m","version":"v2"}}}})"),
        "INVALID_SETTINGS");
}

TEST(DeepgramSettings, Line32ThresholdOutOfRangeIsInvalid) {
    EXPECT_EQ(invalid(with_agent(
                  R"({"listen":{"provider":{"type":"deepgram","version":"v2","model":"m","eot_threshold":0.95}}})")),
              "INVALID_SETTINGS");
}

TEST(DeepgramSettings, Line32AgentNamedByAnythingButAUuidIsInvalid) {
    EXPECT_EQ(invalid(with_agent(R"("my-agent")")), "INVALID_AGENT_ID");
    EXPECT_EQ(invalid(with_agent(R"("5e0d1f6e-0b5a-4c31-9b1e-0f6a3c1d2e3f")")), "");
}

TEST(DeepgramSettings, Line23ReliedOnDefaultsAreNoted) {
    Checked checked;
    const Settings s = read_settings(with_agent("{}"), checked);
    EXPECT_EQ(s.input.sample_rate, 24000);
    EXPECT_EQ(s.advice.size(), 2U);
}

TEST(DeepgramSettings, ThinkMayBeAListOfFallbacks) {
    const std::string json = with_agent(
        R"({"think":[{"provider":{"type":"open_ai","model":"a"},"functions":[{"name":"f"}]},{"provider":{"type":"groq","model":"b"}}]})");
    EXPECT_EQ(first_problem(json), "");
    Checked checked;
    EXPECT_EQ(read_settings(json, checked).functions.size(), 1U);
}

TEST(DeepgramSettings, RestoredTurnsAreRead) {
    const std::string json = with_agent(
        R"({"context":{"messages":[{"type":"History","role":"user","content":"a"},{"type":"History","function_calls":[{"id":"1","name":"f","client_side":true,"arguments":"{}","response":"x"}]}]}})");
    EXPECT_EQ(first_problem(json), "");
    Checked checked;
    ASSERT_EQ(read_settings(json, checked).context.size(), 1U);
}

TEST(DeepgramSettings, DeepNestingIsNoProblem) {
    const std::string deep = std::string(100000, '[') + std::string(100000, ']');
    EXPECT_NE(first_problem(deep), "");
}

}  // namespace
}  // namespace trunkline::lab::deepgram
