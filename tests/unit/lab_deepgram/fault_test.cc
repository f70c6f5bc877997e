// Everything the lab breaks on purpose.
#include <gtest/gtest.h>

#include "tests/unit/lab_deepgram/client.h"

namespace trunkline::lab::deepgram {
namespace {

class DeepgramFaultModes : public ::testing::Test {
  protected:
    void serve(const DeepgramOptions& options, const std::string& query = "") {
        auto started = DeepgramLab::start(options);
        ASSERT_TRUE(started) << started.error().message;
        lab_ = std::move(*started);
        Dial dial;
        dial.path_and_query += query;
        client_ = std::make_unique<TestClient>(lab_->port(), dial);
    }
    std::unique_ptr<DeepgramLab> lab_;
    std::unique_ptr<TestClient> client_;
};

TEST_F(DeepgramFaultModes, AudioComesBeforeSettingsApplied) {
    auto options = quick_options();
    options.faults.audio_before_applied = true;
    options.latency.scale = 1;
    serve(options);
    ASSERT_TRUE(client_->set_up(settings(R"("greeting":"auth-thankyou")")));
    const auto types = client_->types();
    EXPECT_LT(std::find(types.begin(), types.end(), "audio"), std::find(types.begin(), types.end(), "SettingsApplied"));
}

TEST_F(DeepgramFaultModes, AudioComesAfterTheInterruption) {
    auto options = quick_options();
    options.pacing.factor = 1;
    options.faults.late_audio_ms = 500;
    serve(options);
    ASSERT_TRUE(client_->set_up(settings(R"("greeting":"vm-options")")));
    ASSERT_TRUE(client_->until([&] { return !client_->audio().empty(); }));
    client_->speak(recording("auth-thankyou"));
    ASSERT_TRUE(client_->until_type("UserStartedSpeaking"));
    ASSERT_TRUE(client_->until([&] { return client_->audio_after("UserStartedSpeaking").size() >= 4000; }));
    EXPECT_EQ(client_->audio_after("UserStartedSpeaking").size(), 4000U);
    EXPECT_TRUE(first(*lab_).said.at(0).interrupted);
}

TEST_F(DeepgramFaultModes, ErrorMidCallClosesTheSession) {
    auto options = quick_options();
    options.faults.error_at_ms = 10;
    options.faults.error_code = "FAILED_TO_THINK";
    serve(options);
    ASSERT_TRUE(client_->set_up(settings()));
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->member("Error", "code"), "FAILED_TO_THINK");
}

TEST_F(DeepgramFaultModes, ErrorMayLeaveTheSocketOpen) {
    auto options = quick_options();
    options.faults.error_at_ms = 10;
    options.faults.error_without_close = true;
    serve(options);
    ASSERT_TRUE(client_->set_up(settings()));
    ASSERT_TRUE(client_->until_type("Error"));
    client_->close();
    ASSERT_TRUE(lab_->wait([](const auto& all) { return !all[0].open(); }));
    EXPECT_TRUE(first(*lab_).closed_by_client);
}

TEST_F(DeepgramFaultModes, CloseMidCallCarriesTheConfiguredCode) {
    auto options = quick_options();
    options.faults.close_at_ms = 10;
    options.faults.close_code = 4001;
    serve(options);
    ASSERT_TRUE(client_->set_up(settings()));
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->close_code(), 4001);
    EXPECT_EQ(client_->count("Error"), 0U);
}

TEST_F(DeepgramFaultModes, DropEndsTheConnectionWithoutACloseFrame) {
    auto options = quick_options();
    options.faults.drop_at_ms = 10;
    serve(options);
    ASSERT_TRUE(client_->set_up(settings()));
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->close_code(), 0);
    ASSERT_TRUE(lab_->wait([](const auto& all) { return !all[0].open(); }));
    EXPECT_EQ(first(*lab_).close_code, 1006);
    EXPECT_FALSE(first(*lab_).closed_by_client);
}

TEST_F(DeepgramFaultModes, StallHoldsEverythingBackAndCatchesUp) {
    auto options = quick_options();
    options.faults.stall_at_ms = 0;
    options.faults.stall_ms = 100;
    serve(options);
    ASSERT_TRUE(client_->set_up(settings(R"("greeting":"vm-goodbye")")));
    ASSERT_TRUE(client_->until_type("AgentAudioDone"));
    EXPECT_EQ(client_->audio().size(), recording("vm-goodbye").size());
}

TEST_F(DeepgramFaultModes, WelcomeNeverComes) {
    auto options = quick_options();
    options.faults.never_welcome = true;
    options.client_timeout_ms = 100;
    serve(options);
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->count("Welcome"), 0U);
    EXPECT_EQ(client_->member("Error", "code"), "CLIENT_MESSAGE_TIMEOUT");
}

TEST_F(DeepgramFaultModes, GarbageComesBetweenTheMessages) {
    auto options = quick_options();
    options.faults.garbage = true;
    serve(options);
    ASSERT_TRUE(client_->set_up(settings(R"("greeting":"vm-goodbye")")));
    ASSERT_TRUE(client_->until_type("AgentAudioDone"));
    EXPECT_EQ(client_->count("SomethingNew"), 1U);
    EXPECT_GE(client_->count(""), 2U);
}

TEST_F(DeepgramFaultModes, MessagesComeOutOfOrder) {
    auto options = quick_options();
    options.faults.out_of_order = true;
    serve(options);
    ASSERT_TRUE(client_->set_up(settings(R"("greeting":"vm-goodbye")", R"("flags":{"history":false})")));
    ASSERT_TRUE(client_->until_type("ConversationText"));
    EXPECT_EQ(client_->types(),
              (std::vector<std::string>{"Welcome", "SettingsApplied", "AgentAudioDone", "audio", "ConversationText"}));
}

TEST_F(DeepgramFaultModes, WarningMidCallChangesNothing) {
    auto options = quick_options();
    options.faults.warning_at_ms = 0;
    serve(options);
    ASSERT_TRUE(client_->set_up(settings(R"("greeting":"vm-goodbye")")));
    ASSERT_TRUE(client_->until_type("AgentAudioDone"));
    EXPECT_EQ(client_->member("Warning", "code"), "SLOW_THINK_REQUEST");
}

TEST_F(DeepgramFaultModes, FaultsMayStandInTheAddress) {
    serve(quick_options(), "?close_at_ms=10&close_code=4013");
    ASSERT_TRUE(client_->set_up(settings()));
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->close_code(), 4013);
}

TEST_F(DeepgramFaultModes, CommandsActOnALiveSession) {
    serve(quick_options());
    ASSERT_TRUE(client_->set_up(settings()));
    Command say;
    say.kind = Command::Kind::kSay;
    say.text = "vm-goodbye";
    lab_->command(1, say);
    ASSERT_TRUE(client_->until_type("AgentAudioDone"));
    Command error;
    error.kind = Command::Kind::kError;
    error.text = "ASR_CONNECTION_CLOSED";
    lab_->command(1, error);
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->member("Error", "code"), "ASR_CONNECTION_CLOSED");
}

TEST_F(DeepgramFaultModes, OptionsMayChangeBetweenSessions) {
    serve(quick_options());
    ASSERT_TRUE(client_->set_up(settings()));
    auto options = quick_options();
    options.faults.close_at_ms = 0;
    lab_->set_options(options);
    TestClient second(lab_->port());
    ASSERT_TRUE(second.set_up(settings()));
    EXPECT_TRUE(second.until_closed());
    EXPECT_FALSE(client_->closed());
}

}  // namespace
}  // namespace trunkline::lab::deepgram
