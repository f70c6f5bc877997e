// Who is let in, and what the address says.
#include "tests/unit/lab_hume/client.h"

namespace trunkline::lab::hume {
namespace {

using HumeHandshake = HumeTest;

TEST_F(HumeHandshake, HumeLine18_MissingAuthIsRefusedAtTheHandshake) {
    serve(quick_options(), {"config_id=", {}, "/v0/evi/chat"});
    EXPECT_FALSE(client_->connected());
    EXPECT_EQ(client_->status(), 401U);
    EXPECT_EQ(lab_->refused_handshakes(), 1U);
    EXPECT_TRUE(lab_->sessions().empty());
}

TEST_F(HumeHandshake, HumeLine18_WrongKeyIsRefused) {
    auto options = quick_options();
    options.api_key = "right";
    serve(options, {"api_key=wrong", {}, "/v0/evi/chat"});
    EXPECT_EQ(client_->status(), 401U);
    TestClient right(lab_->port(), {"api_key=right", {}, "/v0/evi/chat"});
    EXPECT_TRUE(right.connected());
}

TEST_F(HumeHandshake, HumeLine1_CredentialsStandInTheQueryOrAHeader) {
    serve(quick_options());
    TestClient token(lab_->port(), {"access_token=t", {}, "/v0/evi/chat"});
    TestClient header(lab_->port(), {"", {{"X-Hume-Api-Key", "k"}}, "/v0/evi/chat"});
    TestClient bearer(lab_->port(), {"", {{"Authorization", "Bearer t"}}, "/v0/evi/chat"});
    for (TestClient* one : {&token, &header, &bearer}) ASSERT_TRUE(one->until_type("chat_metadata"));
    std::vector<std::string> schemes;
    for (const auto& session : lab_->sessions()) schemes.push_back(session.auth_scheme);
    EXPECT_EQ(schemes,
              (std::vector<std::string>{"query-api-key", "query-access-token", "header-api-key", "header-bearer"}));
}

TEST_F(HumeHandshake, HeadersMayBeMadeNotToCount) {
    auto options = quick_options();
    options.auth_in_header = false;
    serve(options, {"", {{"X-Hume-Api-Key", "k"}}, "/v0/evi/chat"});
    EXPECT_EQ(client_->status(), 401U);
}

TEST_F(HumeHandshake, OtherPathsAreNotFound) {
    serve(quick_options(), {"api_key=k", {}, "/v0/evi"});
    EXPECT_EQ(client_->status(), 404U);
}

TEST_F(HumeHandshake, HumeLine1_SettingsOfTheAddressCountBeforeTheFirstAudio) {
    serve(quick_options(),
          {"api_key=k&session_settings%5Baudio%5D%5Bencoding%5D=linear16"
           "&session_settings%5Baudio%5D%5Bsample_rate%5D=8000&session_settings%5Baudio%5D%5Bchannels%5D=1"
           "&session_settings%5Bcontext%5D%5Btext%5D=a%20gold%20customer"
           "&session_settings%5Bvariables%5D%5Bname%5D=Ann&session_settings%5Bcustom_session_id%5D=call-17"
           "&fernSdkLanguage=JavaScript&fernSdkVersion=0.16.0",
           {},
           "/v0/evi/chat"});
    client_->ask(recording("agent-pass"));
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(client_->of("user_message").at(0)["message"]["content"], transcript("agent-pass"));
    EXPECT_EQ(client_->member("chat_metadata", "custom_session_id"), "call-17");
    const auto session = first(*lab_);
    EXPECT_EQ(session.details.at("context"), "a gold customer");
    EXPECT_EQ(session.details.at("variables.name"), "Ann");
    EXPECT_EQ(session.details.at("audio"), "linear16/8000/1");
    EXPECT_TRUE(session.violations.empty());
}

TEST_F(HumeHandshake, HumeLine1_VariablesMayBeOneJsonText) {
    serve(quick_options(),
          {"api_key=k&session_settings%5Bvariables%5D=%7B%22age%22%3A30%2C%22vip%22%3Atrue%7D", {}, "/v0/evi/chat"});
    ASSERT_TRUE(client_->until_type("chat_metadata"));
    ASSERT_TRUE(until_session([](const auto& s) { return s.details.count("variables.vip") == 1; }));
    EXPECT_EQ(first(*lab_).details.at("variables.age"), "30.0");
    EXPECT_EQ(first(*lab_).details.at("variables.vip"), "true");
}

TEST_F(HumeHandshake, HumeLine1_LongPromptsInTheAddressAreNoted) {
    serve(quick_options(),
          {"api_key=k&session_settings%5Bsystem_prompt%5D=" + std::string(1001, 'x'), {}, "/v0/evi/chat"});
    EXPECT_TRUE(flagged("advice"));
}

TEST_F(HumeHandshake, BadSettingsOfTheAddressAreAnError) {
    serve(quick_options(), {"api_key=k&session_settings%5Bvolume%5D=9", {}, "/v0/evi/chat"});
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->error_code(), "E0101");
}

TEST_F(HumeHandshake, IdsThatAreNoUuidsAreAnError) {
    serve(quick_options(), {"api_key=k&config_id=mine", {}, "/v0/evi/chat"});
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->order(), (std::vector<std::string>{"chat_metadata", "error"}));
    EXPECT_EQ(client_->error_code(), "E0101");
}

TEST_F(HumeHandshake, ResumedGroupKeepsItsIdAndIsNotGreeted) {
    const std::string group = "9a3c1d0e-5b7f-4c58-8a10-3f0d7a3c9b11";
    auto options = quick_options();
    options.brain.greeting = "vm-goodbye";
    serve(options, {"api_key=k&resumed_chat_group_id=" + group, {}, "/v0/evi/chat"});
    client_->send(R"({"type":"assistant_input","text":"conf-invalid"})");
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(client_->member("chat_metadata", "chat_group_id"), group);
    EXPECT_NE(client_->member("chat_metadata", "chat_id"), group);
    EXPECT_EQ(client_->of("assistant_message").at(0)["message"]["content"], transcript("conf-invalid"));
}

}  // namespace
}  // namespace trunkline::lab::hume
