// The client's lines of the conformance list for Deepgram's Voice Agent, by their numbers.
#include <gtest/gtest.h>

#include "engine/core/base64.h"
#include "tests/support/deepgram_rig.h"

namespace trunkline::test {
namespace {

using State = gst::Playback::State;

const std::string kFrame(160, '\x55');

std::string call_of(const std::string& functions) {
    return R"({"type":"FunctionCallRequest","functions":)" + functions + "}";
}

const char* kLookup = R"([{"name":"lookup","description":"find","parameters":{"type":"object","properties":{}}}])";

TEST(DeepgramClient, Line22WaitsForWelcomeThenSendsExactlyOneSettingsThenWaitsBeforeAudio) {
    DeepgramRig rig({.script = {.welcome = false, .apply = false}});
    rig.play();
    rig.say(kFrame);
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.connections == 1; }));
    rig.server.text(R"({"type":"AgentThinking","content":"not a Welcome"})");
    rig.server.text(R"({"type":"Welcome","request_id":"r"})");
    rig.server.text(R"({"type":"Welcome","request_id":"r"})");
    ASSERT_TRUE(rig.server.wait_text("Settings"));
    rig.say(kFrame);
    EXPECT_EQ(rig.server.log().frames.size(), 1U) << "something went out before SettingsApplied";
    rig.server.text(R"({"type":"SettingsApplied"})");
    rig.server.text(R"({"type":"SettingsApplied"})");
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.audio().size() == 320; }));
    EXPECT_EQ(rig.server.log().texts("Settings").size(), 1U);
    EXPECT_EQ(rig.server.log().authorizations, std::vector<std::string>{"Token test-key"});
}

TEST(DeepgramClient, Line23AudioIsBinaryNeverEmptyControlIsTextAndFormatsAreAlwaysSent) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.say("");
    rig.say(kFrame);
    g_signal_emit_by_name(rig.agent, "inject-user", "hi");
    ASSERT_TRUE(rig.server.wait_text("InjectUserMessage"));
    const auto log = rig.server.log();
    EXPECT_EQ(log.audio(), kFrame) << "not bit for bit";
    for (const auto& frame : log.frames) {
        EXPECT_FALSE(frame.bytes.empty());
        EXPECT_EQ(frame.binary, !frame.bytes.starts_with("{"));
    }
    const Json audio = Json::parse(log.texts("Settings").at(0)).value()["audio"];
    EXPECT_EQ(audio.dump(), R"({"input":{"encoding":"mulaw","sample_rate":8000},)"
                            R"("output":{"encoding":"mulaw","sample_rate":8000,"container":"none"}})");
}

TEST(DeepgramClient, Line24SilenceFlowsWhileTheAgentSpeaksAndKeepAliveOnlyFollowsAStall) {
    DeepgramRig rig({.properties = {{"keep-alive", "300000000"}}});
    ASSERT_TRUE(rig.talk());
    rig.server.binary(std::string(1600, '\x11'));
    ASSERT_TRUE(rig.line.wait_audio(1600));
    const std::string silence(160, '\xff');
    for (int i = 0; i < 10; ++i) rig.say(silence);
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.audio().size() == 1600; }));
    EXPECT_TRUE(rig.server.log().texts("KeepAlive").empty());
    ASSERT_TRUE(rig.server.wait_text("KeepAlive", 2)) << "the audio has stalled";
    const auto log = rig.server.log();
    int64_t last_audio = 0, first_keep_alive = 0;
    for (const auto& frame : log.frames) {
        if (frame.binary) last_audio = frame.at_ns;
        if (first_keep_alive == 0 && frame.bytes == R"({"type":"KeepAlive"})") first_keep_alive = frame.at_ns;
    }
    EXPECT_GE(first_keep_alive - last_audio, 250'000'000);
}

TEST(DeepgramClient, Line25UserStartedSpeakingFlushesDownstreamWhileTheAgentPlays) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.binary(std::string(800, '\x11'));
    ASSERT_TRUE(rig.line.wait_audio(800));
    rig.server.text(kUserSpoke);
    ASSERT_TRUE(rig.line.wait_for("flush-stop"));
    ASSERT_TRUE(rig.line.wait_for("segment", 2)) << "a flush takes the segment away";
    rig.server.binary(std::string(800, '\x22'));  // late audio of the old reply
    rig.server.text(text_of("user", "stop"));
    rig.server.binary(std::string(160, '\x33'));
    ASSERT_TRUE(rig.line.wait_audio(960));
    EXPECT_EQ(rig.line.audio(), std::string(800, '\x11') + std::string(160, '\x33'));
    EXPECT_TRUE(rig.line.entries().back().discont);
}

TEST(DeepgramClient, Line25UserStartedSpeakingWhileNothingPlaysIsHarmless) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    // Held up, so that all three come in one read: the interruption must not hit the reply behind it.
    auto stall = rig.server.stall();
    rig.server.text(kUserSpoke);
    rig.server.text(text_of("user", "hello"));
    rig.server.binary(kFrame);
    stall.reset();
    ASSERT_TRUE(rig.line.wait_audio(160));
    rig.on_shard([] {});
    EXPECT_EQ(rig.line.count("flush-start"), 0U);
    EXPECT_TRUE(rig.hangups().empty());
}

TEST(DeepgramClient, Line26NeitherAgentStartedSpeakingNorAgentAudioDoneIsNeeded) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.binary(kFrame);
    ASSERT_TRUE(rig.wait_fact("agent.started"));
    // No AgentAudioDone: 20 ms of audio and the quiet after it are the end.
    ASSERT_TRUE(rig.wait_fact("agent.stopped"));
    const Json stopped = rig.facts("agent.stopped").at(0);
    EXPECT_EQ(stopped["generated_ms"].int_or(0), 20);
    EXPECT_FALSE(stopped["interrupted"].bool_or(true));
    rig.server.binary(kFrame);
    ASSERT_TRUE(rig.wait_fact("agent.started", 2));
    EXPECT_EQ(rig.facts("agent.started").at(1)["response_id"].text_or(""), "r2");
}

TEST(DeepgramClient, Line26AgentAudioDoneIsNotTheEndOfPlayback) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.binary(std::string(8000, '\x11'));
    rig.server.text(kAudioDone);
    ASSERT_TRUE(rig.line.wait_for("trunkline/reply", 2));
    EXPECT_TRUE(rig.facts("agent.stopped").empty());
    rig.playback(State::kFirstSent, 1);
    rig.playback(State::kFinished, 1, 1000);
    ASSERT_TRUE(rig.wait_fact("agent.stopped"));
    EXPECT_EQ(rig.facts("agent.stopped").at(0)["played_ms"].int_or(0), 1000);
}

TEST(DeepgramClient, Line27AudioBeforeSettingsAppliedIsKeptInOrder) {
    DeepgramRig rig({.script = {.before_applied = {"bin:" + std::string(160, 'a'), "bin:" + std::string(160, 'b')},
                                .after_applied = {"bin:" + std::string(160, 'c')}}});
    ASSERT_TRUE(rig.talk());
    ASSERT_TRUE(rig.line.wait_audio(480));
    EXPECT_EQ(rig.line.audio(), std::string(160, 'a') + std::string(160, 'b') + std::string(160, 'c'));
}

TEST(DeepgramClient, Line27AudioBeforeSettingsAppliedIsBounded) {
    AgentScript script;
    for (int i = 0; i < 5; ++i)
        script.before_applied.push_back("bin:" + std::string(512U << 10, static_cast<char>('a' + i)));
    script.after_applied = {"bin:end"};
    DeepgramRig rig({.script = script});
    ASSERT_TRUE(rig.talk());
    ASSERT_TRUE(rig.line.wait([](const auto& all) { return !all.empty() && all.back().bytes == "end"; }));
    EXPECT_EQ(rig.line.audio().size(), (2U << 20) + 3);
    EXPECT_EQ(rig.line.buffers().at(0)[0], 'a');
}

TEST(DeepgramClient, Line28AnswersOnlyClientSideFunctionsWithIdNameContentAndSignature) {
    DeepgramRig rig({.script = {.tool_body = "{\"status\":\"open\"}"},
                     .properties = {{"functions", kLookup}, {"tool-url", "@tool"}}});
    ASSERT_TRUE(rig.talk());
    rig.server.text(call_of(
        R"([{"id":"f1","name":"lookup","arguments":"{\"id\":\"7\"}","client_side":true,"thought_signature":"s1"},
                                {"id":"f2","name":"lookup","arguments":"{}","client_side":false},
                                {"id":"f3","name":"lookup","arguments":"{}","client_side":true}])"));
    ASSERT_TRUE(rig.server.wait_text("FunctionCallResponse", 2));
    g_signal_emit_by_name(rig.agent, "inject-user", "after");
    ASSERT_TRUE(rig.server.wait_text("InjectUserMessage"));
    const auto answers = rig.server.log().texts("FunctionCallResponse");
    ASSERT_EQ(answers.size(), 2U);
    for (const std::string& text : answers) {
        const Json answer = Json::parse(text).value();
        EXPECT_NE(answer["id"].text_or(""), "f2");
        EXPECT_EQ(answer["name"].text_or(""), "lookup");
        EXPECT_EQ(answer["content"].text_or(""), "{\"status\":\"open\"}");
        EXPECT_EQ(answer["thought_signature"].text_or("none"), answer["id"].text_or("") == "f1" ? "s1" : "none");
    }
}

TEST(DeepgramClient, Line29CancellationStopsTheWorkAndSuppressesTheAnswer) {
    DeepgramRig rig({.script = {.tool_hangs = true}, .properties = {{"functions", kLookup}, {"tool-url", "@tool"}}});
    ASSERT_TRUE(rig.talk());
    rig.server.text(call_of(R"([{"id":"f1","name":"lookup","arguments":"{}","client_side":true}])"));
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.posts.size() == 1; }));
    rig.server.text(R"({"type":"FunctionCallCancelled","functions":[{"id":"f1","name":"lookup"}]})");
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.tool_aborts == 1; })) << "the request goes on";
    ASSERT_TRUE(rig.wait_fact("tool.result"));
    g_signal_emit_by_name(rig.agent, "tool-result", "f1", "too late");
    g_signal_emit_by_name(rig.agent, "inject-user", "after");
    ASSERT_TRUE(rig.server.wait_text("InjectUserMessage"));
    EXPECT_TRUE(rig.server.log().texts("FunctionCallResponse").empty());
    EXPECT_NE(rig.facts("tool.result").at(0)["error"].text_or(""), "");
}

TEST(DeepgramClient, Line30WarningIsAFactAndTheTalkGoesOn) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(R"({"type":"Warning","code":"SLOW_THINK_REQUEST","description":"slow"})");
    ASSERT_TRUE(rig.wait_fact("error"));
    const Json error = rig.facts("error").at(0);
    EXPECT_EQ(error["code"].text_or(""), "SLOW_THINK_REQUEST");
    EXPECT_FALSE(error["fatal"].bool_or(true));
    rig.server.binary(kFrame);
    EXPECT_TRUE(rig.line.wait_audio(160));
    EXPECT_TRUE(rig.hangups().empty());
}

TEST(DeepgramClient, Line30ErrorEndsTheSessionWithItsReason) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(R"({"type":"Error","code":"FAILED_TO_THINK","description":"the model is gone"})");
    ASSERT_TRUE(rig.wait_hangup());
    ASSERT_TRUE(rig.line.wait_for("eos"));
    ASSERT_TRUE(rig.events.wait_for("eos"));
    const Json error = rig.facts("error").at(0);
    EXPECT_EQ(error["code"].text_or(""), "FAILED_TO_THINK");
    EXPECT_EQ(error["message"].text_or(""), "the model is gone");
    EXPECT_TRUE(error["fatal"].bool_or(false));
    EXPECT_EQ(rig.hangups().at(0).reason, "backend-error");
    EXPECT_TRUE(rig.hangups().at(0).failed);
    EXPECT_TRUE(rig.server.wait_close_code(1000));
}

TEST(DeepgramClient, Line30ReconnectRestoresTheTurnsThroughTheContext) {
    DeepgramRig rig({.properties = {{"greeting", "Hello"}, {"functions", kLookup}, {"tool-url", "@tool"}}});
    ASSERT_TRUE(rig.talk());
    rig.server.text(text_of("user", "one"));
    rig.server.text(call_of(R"([{"id":"f1","name":"lookup","arguments":"{}","client_side":true}])"));
    ASSERT_TRUE(rig.server.wait_text("FunctionCallResponse"));
    rig.server.text(text_of("assistant", "two"));
    ASSERT_TRUE(rig.wait_fact("transcript", 2));
    rig.server.drop();
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.texts("Settings").size() == 2; }));
    const Json agent = Json::parse(rig.server.log().texts("Settings", 2).at(0)).value()["agent"];
    EXPECT_FALSE(agent["greeting"].exists());
    const Json messages = agent["context"]["messages"];
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_EQ(messages.at(0).dump(), R"({"type":"History","role":"user","content":"one"})");
    EXPECT_EQ(messages.at(1)["function_calls"].at(0)["response"].text_or(""), "{\"ok\":true}");
    EXPECT_EQ(messages.at(2)["content"].text_or(""), "two");
    rig.server.binary(kFrame);
    EXPECT_TRUE(rig.line.wait_audio(160));
    EXPECT_EQ(rig.facts("reconnect").size(), 1U);
    EXPECT_TRUE(rig.hangups().empty());
}

TEST(DeepgramClient, Line31ARefusedInjectionIsRetriedOnce) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    g_signal_emit_by_name(rig.agent, "inject-agent", "one moment", "default");
    ASSERT_TRUE(rig.server.wait_text("InjectAgentMessage"));
    rig.server.text(R"({"type":"InjectionRefused","message":"busy"})");
    rig.server.text(kAudioDone);
    ASSERT_TRUE(rig.server.wait_text("InjectAgentMessage", 2));
    rig.server.text(R"({"type":"InjectionRefused","message":"still busy"})");
    ASSERT_TRUE(rig.wait_fact("error"));
    EXPECT_EQ(rig.facts("error").at(0)["code"].text_or(""), "injection-refused");
    EXPECT_EQ(rig.server.log().texts("InjectAgentMessage").size(), 2U);
}

TEST(DeepgramClient, Line31AnInjectionQueuesUnlessToldOtherwise) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    g_signal_emit_by_name(rig.agent, "inject-agent", "one moment", nullptr);
    ASSERT_TRUE(rig.server.wait_text("InjectAgentMessage"));
    EXPECT_EQ(rig.server.log().texts("InjectAgentMessage").at(0),
              R"({"type":"InjectAgentMessage","message":"one moment","behavior":"queue"})");
}

}  // namespace
}  // namespace trunkline::test

int main(int argc, char** argv) { return trunkline::test::run_gst_tests(argc, argv); }
