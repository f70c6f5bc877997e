// deepgramagent: the connection, what ends it and what does not.
#include <gtest/gtest.h>

#include "tests/support/deepgram_rig.h"

namespace trunkline::test {
namespace {

const std::string kFrame(160, '\x55');

TEST(DeepgramSession, CallerAudioBeforeSettingsAppliedIsSentInOrderAfterwards) {
    DeepgramRig rig({.script = {.apply = false}});
    rig.play();
    std::string all;
    for (char c = 'a'; c <= 'j'; ++c) {
        rig.say(std::string(160, c));
        all += std::string(160, c);
    }
    ASSERT_TRUE(rig.server.wait_text("Settings"));
    rig.server.text(R"({"type":"SettingsApplied"})");
    ASSERT_TRUE(rig.server.wait([&](const auto& log) { return log.audio().size() == all.size(); }));
    EXPECT_EQ(rig.server.log().audio(), all);
}

TEST(DeepgramSession, TheOldestCallerAudioGoesWhenTenSecondsWait) {
    DeepgramRig rig({.script = {.apply = false}});
    rig.play();
    for (int i = 0; i < 11; ++i) rig.say(std::string(8000, static_cast<char>('a' + i)));
    ASSERT_TRUE(rig.server.wait_text("Settings"));
    rig.server.text(R"({"type":"SettingsApplied"})");
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.audio().size() >= 80'000; }));
    const std::string audio = rig.server.log().audio();
    EXPECT_EQ(audio.size(), 80'000U);
    EXPECT_EQ(audio.front(), 'b');
    EXPECT_EQ(audio.back(), 'k');
}

TEST(DeepgramSession, EmptyTextsThatComeTooEarlyAreBoundedToo) {
    AgentScript script{.before_applied = std::vector<std::string>(60'000, "")};
    script.before_applied.emplace_back("bin:" + std::string(160, 'e'));
    DeepgramRig rig({.script = script});
    ASSERT_TRUE(rig.talk());
    rig.server.binary(std::string(160, 'l'));
    ASSERT_TRUE(rig.line.wait_audio(160));
    EXPECT_EQ(rig.line.audio(), std::string(160, 'l')) << "what came behind more than is kept is dropped";
}

TEST(DeepgramSession, ARefusedKeyIsNotTriedAgain) {
    DeepgramRig rig({.script = {.refuse_status = 401}});
    rig.play();
    ASSERT_TRUE(rig.wait_hangup());
    EXPECT_EQ(rig.server.log().refused, 1);
    ASSERT_TRUE(rig.wait_fact("error"));
    const Json error = rig.facts("error").at(0);
    EXPECT_EQ(error["code"].text_or(""), "unauthorized");
    EXPECT_NE(error["message"].text_or("").find("DEEPGRAM_API_KEY"), std::string::npos);
    EXPECT_EQ(error["message"].text_or("").find("test-key"), std::string::npos) << "a secret in a message";
    EXPECT_EQ(rig.hangups().at(0).reason, "backend-error");
    EXPECT_EQ(rig.hangups().at(0).who, "error");
}

TEST(DeepgramSession, ABusyServerIsDialledAgain) {
    DeepgramRig rig({.script = {.refuse_status = 503, .refuse_times = 2}});
    EXPECT_TRUE(rig.talk());
    EXPECT_EQ(rig.server.log().refused, 2);
    EXPECT_EQ(rig.facts("reconnect").size(), 2U);
    EXPECT_TRUE(rig.hangups().empty());
}

TEST(DeepgramSession, AfterThreeTriesItGivesUp) {
    DeepgramRig rig({.script = {.refuse_status = 503}});
    rig.play();
    ASSERT_TRUE(rig.wait_hangup());
    EXPECT_EQ(rig.server.log().refused, 4);
    ASSERT_TRUE(rig.wait_fact("error"));
    EXPECT_EQ(rig.facts("error").at(0)["attempt"].int_or(0), 3);
    EXPECT_TRUE(rig.facts("error").at(0)["retryable"].bool_or(false));
}

TEST(DeepgramSession, ACloseBeforeSettingsAppliedIsTriedAgain) {
    DeepgramRig rig({.script = {.close_before_applied = 1}});
    EXPECT_TRUE(rig.talk());
    EXPECT_EQ(rig.server.log().connections, 2);
}

TEST(DeepgramSession, AServerThatNeverSaysWelcomeIsTriedAgain) {
    DeepgramRig rig({.script = {.welcome = false}, .properties = {{"connect-timeout", "50000000"}}});
    rig.play();
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.connections == 1; }));
    rig.server.change([](AgentScript& script) { script.welcome = true; });
    EXPECT_TRUE(rig.server.wait_text("Settings"));
    EXPECT_GE(rig.facts("reconnect").size(), 1U);
}

TEST(DeepgramSession, AnErrorInTheHandshakeEndsTheCallWithTheServersReason) {
    DeepgramRig rig({.script = {.apply = false,
                                .before_applied = {
                                    R"({"type":"Error","code":"INVALID_SETTINGS","description":"no such model"})"}}});
    rig.play();
    ASSERT_TRUE(rig.wait_hangup());
    ASSERT_TRUE(rig.wait_fact("error"));
    EXPECT_EQ(rig.facts("error").at(0)["code"].text_or(""), "INVALID_SETTINGS");
    EXPECT_FALSE(rig.facts("error").at(0)["retryable"].bool_or(true));
    EXPECT_EQ(rig.server.log().connections, 1);
}

TEST(DeepgramSession, ANormalCloseByTheAgentEndsTheCallNormally) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.close(1000, "bye");
    ASSERT_TRUE(rig.wait_hangup());
    EXPECT_EQ(rig.hangups().at(0).reason, "backend-closed");
    EXPECT_EQ(rig.hangups().at(0).who, "agent");
    EXPECT_FALSE(rig.hangups().at(0).failed);
    EXPECT_TRUE(rig.line.wait_for("eos"));
    EXPECT_TRUE(rig.facts("error").empty());
}

TEST(DeepgramSession, APolicyCloseIsAnErrorAndNotTriedAgain) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.close(1008, "policy");
    ASSERT_TRUE(rig.wait_hangup());
    EXPECT_TRUE(rig.hangups().at(0).failed);
    EXPECT_EQ(rig.server.log().connections, 1);
}

TEST(DeepgramSession, AServerGoingAwayIsReplaced) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(text_of("user", "one"));
    rig.server.text(R"({"type":"Error","code":"SERVER_GOING_AWAY","description":"deploy"})");
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.texts("Settings").size() == 2; }));
    EXPECT_NE(rig.server.log().texts("Settings", 2).at(0).find("\"one\""), std::string::npos);
    EXPECT_TRUE(rig.hangups().empty());
}

TEST(DeepgramSession, AStoredAgentIsNotDialledAgainInTheMiddleOfATalk) {
    DeepgramRig rig({.properties = {{"agent-id", "01234567-89ab-cdef-0123-456789abcdef"}}});
    ASSERT_TRUE(rig.talk());
    rig.server.drop();
    ASSERT_TRUE(rig.wait_hangup());
    EXPECT_EQ(rig.server.log().connections, 1);
    EXPECT_EQ(rig.backends().at(0), "deepgram 01234567-89ab-cdef-0123-456789abcdef req-1");
}

TEST(DeepgramSession, CallerAudioDuringAReconnectIsNotLost) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.drop();
    ASSERT_TRUE(rig.wait_fact("reconnect"));
    rig.say(kFrame);
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.audio(2).size() == 160; }));
    EXPECT_TRUE(rig.hangups().empty());
}

TEST(DeepgramSession, APromptThatWasUpdatedIsUpdatedAgainAfterAReconnect) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    g_signal_emit_by_name(rig.agent, "update-prompt", "be brief");
    ASSERT_TRUE(rig.server.wait_text("UpdatePrompt"));
    rig.server.drop();
    ASSERT_TRUE(rig.server.wait_text("UpdatePrompt", 2));
    EXPECT_EQ(rig.server.log().texts("UpdatePrompt", 2).size(), 1U);
}

TEST(DeepgramSession, ActionsBeforeSettingsAppliedWaitForIt) {
    DeepgramRig rig({.script = {.apply = false}});
    rig.play();
    ASSERT_TRUE(rig.server.wait_text("Settings"));
    g_signal_emit_by_name(rig.agent, "inject-user", "hi");
    rig.server.text(R"({"type":"SettingsApplied"})");
    ASSERT_TRUE(rig.server.wait_text("InjectUserMessage"));
    EXPECT_EQ(rig.server.log().frames.at(0).bytes.substr(0, 18), R"({"type":"Settings")");
}

TEST(DeepgramSession, APeerThatDoesNotReadEndsTheCall) {
    DeepgramRig rig({.caller_caps = "audio/x-raw, format=S16LE, layout=interleaved, channels=1, rate=48000"});
    ASSERT_TRUE(rig.talk());
    auto stall = rig.server.stall();
    const std::string second(96'000, '\x01');
    for (int i = 0; i < 200 && rig.hangups().empty(); ++i) rig.say(second);
    ASSERT_FALSE(rig.hangups().empty());
    ASSERT_TRUE(rig.wait_fact("error"));
    EXPECT_EQ(rig.facts("error").at(0)["code"].text_or(""), "slow-backend");
}

TEST(DeepgramSession, EndOfTheCallerClosesWith1000AndEndsBothStreams) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.caller_event(gst_event_new_eos());
    EXPECT_TRUE(rig.server.wait_close_code(1000));
    EXPECT_TRUE(rig.line.wait_for("eos"));
    EXPECT_TRUE(rig.events.wait_for("eos"));
    EXPECT_TRUE(rig.hangups().empty());
}

TEST(DeepgramSession, GoingToReadyClosesWith1000AndTheElementCanStartAgain) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.set_state(GST_STATE_READY);
    ASSERT_TRUE(rig.server.wait_close_code(1000));
    rig.set_state(GST_STATE_PLAYING);
    EXPECT_TRUE(rig.server.wait([](const auto& log) { return log.connections == 2; }));
}

TEST(DeepgramSession, GarbageFromTheServerIsSkipped) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    for (const char* text : {"{", "[]", "{}", R"({"type":"FunctionCallRequest"})", R"({"type":"New","x":1})"})
        rig.server.text(text);
    rig.server.binary(kFrame);
    EXPECT_TRUE(rig.line.wait_audio(160));
    EXPECT_TRUE(rig.hangups().empty());
}

}  // namespace
}  // namespace trunkline::test
