// Opening a session: credentials, order, Settings.
#include <gtest/gtest.h>

#include "tests/unit/lab_deepgram/client.h"

namespace trunkline::lab::deepgram {
namespace {

class DeepgramHandshakes : public ::testing::Test {
  protected:
    void serve(const DeepgramOptions& options) {
        auto started = DeepgramLab::start(options);
        ASSERT_TRUE(started) << started.error().message;
        lab_ = std::move(*started);
    }
    void ends_with(TestClient& client, const std::string& code) {
        ASSERT_TRUE(client.until_closed());
        EXPECT_EQ(client.member("Error", "code"), code);
        EXPECT_EQ(client.close_code(), 1011);
        EXPECT_TRUE(first(*lab_).violated(code));
    }
    std::unique_ptr<DeepgramLab> lab_;
};

TEST_F(DeepgramHandshakes, WrongPathIs404) {
    serve(quick_options());
    Dial dial;
    dial.path_and_query = "/agent";
    TestClient client(lab_->port(), dial);
    EXPECT_FALSE(client.connected());
    EXPECT_EQ(client.status(), 404U);
    EXPECT_EQ(lab_->refused_handshakes(), 1U);
}

TEST_F(DeepgramHandshakes, MissingCredentialsAre401WithTheReasonInAHeader) {
    serve(quick_options());
    Dial dial;
    dial.authorization = "";
    TestClient client(lab_->port(), dial);
    EXPECT_FALSE(client.connected());
    EXPECT_EQ(client.status(), 401U);
    EXPECT_NE(client.dg_error(), "");
}

TEST_F(DeepgramHandshakes, BearerWithAnApiKeyIs401) {
    serve(quick_options());
    Dial dial;
    dial.authorization = "Bearer test-key";
    EXPECT_EQ(TestClient(lab_->port(), dial).status(), 401U);
}

TEST_F(DeepgramHandshakes, WrongKeyIs401) {
    auto options = quick_options();
    options.api_key = "another";
    serve(options);
    EXPECT_EQ(TestClient(lab_->port()).status(), 401U);
}

TEST_F(DeepgramHandshakes, SubprotocolCredentialsOpenASession) {
    serve(quick_options());
    Dial dial;
    dial.authorization = "";
    dial.protocols = "token,test-key";
    TestClient client(lab_->port(), dial);
    ASSERT_TRUE(client.connected());
    EXPECT_EQ(client.chosen_protocol(), "token");
    EXPECT_TRUE(client.until_type("Welcome"));
}

TEST_F(DeepgramHandshakes, Line32WelcomeThenSettingsThenApplied) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    EXPECT_EQ(client.types(), (std::vector<std::string>{"Welcome", "SettingsApplied"}));
    EXPECT_EQ(client.member("Welcome", "request_id"), first(*lab_).request_id);
    EXPECT_TRUE(first(*lab_).violations.empty());
}

TEST_F(DeepgramHandshakes, Line32MessageBeforeSettingsEndsTheSession) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.until_type("Welcome"));
    client.send(R"({"type":"KeepAlive"})");
    ends_with(client, "NON_SETTINGS_MESSAGE_BEFORE_SETTINGS");
}

TEST_F(DeepgramHandshakes, Line32AudioBeforeSettingsEndsTheSession) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.until_type("Welcome"));
    client.silence(20);
    ends_with(client, "NON_SETTINGS_MESSAGE_BEFORE_SETTINGS");
}

TEST_F(DeepgramHandshakes, Line32SecondSettingsEndsTheSession) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    client.send(settings());
    ends_with(client, "SETTINGS_ALREADY_APPLIED");
}

TEST_F(DeepgramHandshakes, Line32UnservableSettingsAreInvalid) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.until_type("Welcome"));
    client.send(
        R"({"type":"Settings","audio":{"input":{"encoding":"opus","sample_rate":48000},"output":{"encoding":"mulaw","sample_rate":8000}},"agent":{}})");
    ends_with(client, "INVALID_SETTINGS");
}

TEST_F(DeepgramHandshakes, Line32LaxModeRecordsAndGoesOn) {
    auto options = quick_options();
    options.strict = false;
    serve(options);
    TestClient client(lab_->port());
    ASSERT_TRUE(client.until_type("Welcome"));
    client.send(R"({"type":"KeepAlive"})");
    client.send(settings(R"("unknown_thing":1)"));
    ASSERT_TRUE(client.until_type("SettingsApplied"));
    client.send(settings());
    ASSERT_TRUE(lab_->wait([](const auto& all) { return all[0].violated("SETTINGS_ALREADY_APPLIED"); }));
    EXPECT_TRUE(first(*lab_).violated("NON_SETTINGS_MESSAGE_BEFORE_SETTINGS"));
    EXPECT_TRUE(first(*lab_).violated("UNPARSABLE_CLIENT_MESSAGE"));
    EXPECT_TRUE(first(*lab_).open());
}

TEST_F(DeepgramHandshakes, Line33ClientSideInAFunctionEndsTheSession) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.until_type("Welcome"));
    client.send(settings_with_functions(R"([{"name":"f","client_side":true}])"));
    ends_with(client, "UNPARSABLE_CLIENT_MESSAGE");
    EXPECT_NE(client.member("Error", "description").find("client_side"), std::string::npos);
}

TEST_F(DeepgramHandshakes, Line33BrokenJsonEndsTheSession) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    client.send("{\"type\":\"KeepAlive\"");
    ends_with(client, "UNPARSABLE_CLIENT_MESSAGE");
}

TEST_F(DeepgramHandshakes, Line22SettingsBeforeWelcomeIsFlaggedAndServed) {
    auto options = quick_options();
    options.faults.never_welcome = true;
    serve(options);
    TestClient client(lab_->port());
    client.send(settings());
    ASSERT_TRUE(client.until_type("SettingsApplied"));
    EXPECT_TRUE(first(*lab_).violated("settings-before-welcome"));
}

TEST_F(DeepgramHandshakes, Line22AudioBeforeAppliedIsFlagged) {
    auto options = quick_options();
    options.faults.never_applied = true;
    serve(options);
    TestClient client(lab_->port());
    ASSERT_TRUE(client.until_type("Welcome"));
    client.send(settings());
    client.silence(20);
    EXPECT_TRUE(lab_->wait([](const auto& all) { return all[0].violated("audio-before-applied"); }));
}

TEST_F(DeepgramHandshakes, Line23EmptyAudioFrameIsFlagged) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    client.send_binary("");
    EXPECT_TRUE(lab_->wait([](const auto& all) { return all[0].violated("empty-frame"); }));
    EXPECT_TRUE(first(*lab_).open());
}

TEST_F(DeepgramHandshakes, Line23ControlMessageInABinaryFrameIsFlagged) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    client.send_binary(R"({"type":"KeepAlive"})");
    EXPECT_TRUE(lab_->wait([](const auto& all) { return all[0].violated("message-as-binary"); }));
}

TEST_F(DeepgramHandshakes, OrderlyCloseIsRecordedWithItsCode) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    client.close(1000);
    ASSERT_TRUE(client.until_closed());
    ASSERT_TRUE(lab_->wait([](const auto& all) { return !all[0].open(); }));
    EXPECT_EQ(first(*lab_).close_code, 1000);
    EXPECT_TRUE(first(*lab_).closed_by_client);
}

TEST_F(DeepgramHandshakes, PortInUseIsReportedWithItsAddress) {
    serve(quick_options());
    auto options = quick_options();
    options.port = lab_->port();
    const auto second = DeepgramLab::start(options);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, "cannot-listen");
    EXPECT_NE(second.error().message.find(std::to_string(options.port)), std::string::npos);
}

TEST_F(DeepgramHandshakes, ServerThatStopsSaysSo) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    lab_.reset();
    ASSERT_TRUE(client.until_closed());
    EXPECT_EQ(client.member("Error", "code"), "SERVER_GOING_AWAY");
    EXPECT_EQ(client.close_code(), 1001);
}

}  // namespace
}  // namespace trunkline::lab::deepgram
