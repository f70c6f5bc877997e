// session_settings, as a message and as a query.
#include "lab/hume/settings.h"

#include "tests/unit/lab_hume/client.h"

namespace trunkline::lab::hume {
namespace {

using nlohmann::json;

TEST(HumeSettings, QueryBecomesAMessage) {
    const auto message = json::parse(settings_of_query({{"api_key", "k"},
                                                        {"session_settings[audio][sample_rate]", "16000"},
                                                        {"session_settings[tools][0][name]", "lookup"},
                                                        {"session_settings[tools][1][name]", "book"},
                                                        {"session_settings[variables][age]", "30"}}));
    EXPECT_EQ(message["type"], "session_settings");
    EXPECT_EQ(message["audio"]["sample_rate"], 16000);
    EXPECT_EQ(message["tools"], json::parse(R"([{"name":"lookup"},{"name":"book"}])"));
    EXPECT_EQ(message["variables"]["age"], "30");
}

TEST(HumeSettings, RepeatedKeysAreAList) {
    const auto message = json::parse(settings_of_query({{"session_settings[x]", "a"}, {"session_settings[x]", "b"}}));
    EXPECT_EQ(message["x"], json::parse(R"(["a","b"])"));
}

TEST(HumeSettings, BrokenKeysOfTheQueryAreNoSettings) {
    EXPECT_EQ(settings_of_query({{"session_settings[", "1"}, {"session_settings", "no json"}, {"other", "x"}}), "");
}

TEST(HumeSettings, IndexesOfTheQueryAreBounded) {
    const auto message = json::parse(settings_of_query({{"session_settings[x][99999999]", "a"}}));
    EXPECT_TRUE(message["x"].is_object());
}

TEST(HumeSettings, EveryMemberIsKnown) {
    std::string type;
    EXPECT_TRUE(check_message(R"({"type":"session_settings","custom_session_id":"c","language_model_api_key":"k",)"
                              R"("audio":{"encoding":"linear16","sample_rate":8000,"channels":1,"codec":"x"},)"
                              R"("builtin_tools":[{"name":"hang_up","fallback_content":"bye"}],"context":null,)"
                              R"("metadata":{"any":[1]},"system_prompt":"p","voice_id":"v","variables":{"a":1},)"
                              R"("tools":[{"type":"function","name":"f","parameters":"{}","description":"d"}]})",
                              type)
                    .ok());
    EXPECT_EQ(type, "session_settings");
}

TEST(HumeSettings, WrongMembersAreNamed) {
    std::string type;
    const auto checked = check_message(
        R"({"type":"session_settings","audio":{"encoding":"mulaw","sample_rate":"8000"},"tools":[{"name":7}]})", type);
    std::string all;
    for (const Error& problem : checked.problems) {
        EXPECT_EQ(problem.code, "E0101");
        all += problem.message + "\n";
    }
    for (const char* part : {"audio.encoding", "audio.sample_rate", "audio.channels", "tools[0].name",
                             "tools[0].parameters", "tools[0].type"}) {
        EXPECT_NE(all.find(part), std::string::npos) << part << " in " << all;
    }
}

TEST(HumeSettings, VariablesAreKeptAsText) {
    EXPECT_EQ(variable_text("30"), "30.0");
    EXPECT_EQ(variable_text("1.5"), "1.5");
    EXPECT_EQ(variable_text("true"), "true");
    EXPECT_EQ(variable_text("\"Ann\""), "Ann");
}

}  // namespace
}  // namespace trunkline::lab::hume
