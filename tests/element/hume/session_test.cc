// humeevi: the connection, what ends it and what does not.
#include <gtest/gtest.h>

#include "tests/support/hume_rig.h"

namespace trunkline::test {
namespace {

const std::string kFrame(640, '\x21');  // 20 ms at 16 kHz

std::string error_text(const char* code) {
    return R"({"type":"error","code":")" + std::string(code) + R"(","slug":"s","message":"because"})";
}

TEST(HumeSession, HumeLine1_TheDialCarriesKeyConfigAndTheCallsId) {
    HumeRig rig({.properties = {{"config-id", "cfg-1"}, {"variables", R"({"name":"Ann B"})"}}});
    ASSERT_TRUE(rig.talk());
    const std::string query = rig.server.log().queries.at(0);
    EXPECT_EQ(query.find("api_key=test-key&config_id=cfg-1&"), 0U) << query;
    EXPECT_NE(query.find("session_settings%5Bcustom_session_id%5D=call_test"), std::string::npos) << query;
    EXPECT_NE(query.find("session_settings%5Bvariables%5D%5Bname%5D=Ann%20B"), std::string::npos) << query;
    EXPECT_EQ(query.find("resumed"), std::string::npos);
}

TEST(HumeSession, HumeLine2_SettingsGoBeforeTheFirstAudioAndDeclareIt) {
    HumeRig rig({.properties = {{"prompt", "Be brief."}}});
    rig.play();
    for (int i = 0; i < 5; ++i) rig.say(kFrame);
    ASSERT_TRUE(rig.wait_heard(5 * 640));
    const auto frames = rig.server.log().frames;
    const Json first = Json::parse(frames.at(0).bytes).value();
    EXPECT_EQ(first["type"].text_or(""), "session_settings");
    EXPECT_EQ(first["audio"].dump(), R"({"encoding":"linear16","sample_rate":16000,"channels":1})");
    EXPECT_EQ(first["system_prompt"].text_or(""), "Be brief.");
    for (size_t i = 1; i < frames.size(); ++i) {
        EXPECT_NE(frames[i].bytes.find("audio_input"), std::string::npos) << frames[i].bytes;
    }
}

TEST(HumeSession, HumeLine3_TwentyMillisecondsPerMessageAndSilenceToo) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    const std::string silence(640, '\0');
    std::string all;
    for (int i = 0; i < 50; ++i) {
        rig.say(i % 5 == 0 ? kFrame : silence);
        all += i % 5 == 0 ? kFrame : silence;
    }
    rig.caller_event(gst_event_new_gap(0, 100 * GST_MSECOND));
    all += std::string(5 * 640, '\0');
    ASSERT_TRUE(rig.wait_heard(all.size()));
    EXPECT_EQ(rig.heard(), all);
    EXPECT_EQ(rig.server.log().texts("audio_input").size(), 55U);
}

TEST(HumeSession, HumeLine4_TheChatsIdsAreToldToTheCall) {
    HumeRig rig({.properties = {{"config-id", "cfg-1"}}});
    ASSERT_TRUE(rig.talk());
    EXPECT_EQ(rig.backends().at(0), "hume cfg-1 g-1/c-1");
}

TEST(HumeSession, HumeLine4_WithoutChatMetadataTheConnectionIsGivenUp) {
    AgentScript script = hume_script();
    script.welcome = false;
    HumeRig rig({.script = script, .properties = {{"connect-timeout", "100000000"}}});
    rig.play();
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.connections == 1; }));
    rig.server.change([](AgentScript& s) { s.welcome = true; });
    ASSERT_TRUE(rig.wait_fact("reconnect"));
}

TEST(HumeSession, HumePitfall5_AudioThatWaitedGoesInMessagesOfTwentyMilliseconds) {
    AgentScript script = hume_script();
    script.welcome = false;
    HumeRig rig({.script = script});
    rig.play();
    std::string all;
    for (char c = 'a'; c <= 'j'; ++c) {
        rig.say(std::string(640, c));
        all += std::string(640, c);
    }
    ASSERT_TRUE(rig.server.wait_text("session_settings"));
    EXPECT_EQ(rig.heard(), "") << "nothing before the chat has begun";
    rig.server.text(R"({"type":"chat_metadata","chat_id":"c","chat_group_id":"g"})");
    ASSERT_TRUE(rig.wait_heard(all.size()));
    EXPECT_EQ(rig.heard(), all);
    EXPECT_EQ(rig.server.log().texts("audio_input").size(), 10U);
}

TEST(HumeSession, BinaryAudioIsTheSameAudioUnwrapped) {
    HumeRig rig({.properties = {{"binary-audio", "true"}}});
    ASSERT_TRUE(rig.talk());
    rig.say(kFrame);
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.audio().size() == 640; }));
    EXPECT_EQ(rig.server.log().audio(), kFrame);
}

TEST(HumeSession, HumeLine12_ALostChatIsGoneOnWithUnderItsGroup) {
    HumeRig rig({.properties = {{"greeting", "Hello!"}}});
    ASSERT_TRUE(rig.talk());
    ASSERT_TRUE(rig.server.wait_text("assistant_input"));
    rig.server.drop();
    ASSERT_TRUE(rig.server.wait_text("session_settings", 2));
    const auto log = rig.server.log();
    EXPECT_NE(log.queries.at(1).find("resumed_chat_group_id=g-1"), std::string::npos) << log.queries.at(1);
    rig.say(kFrame);
    ASSERT_TRUE(rig.server.wait([](const auto& l) { return !l.texts("audio_input", 2).empty(); }));
    EXPECT_EQ(rig.server.log().texts("assistant_input").size(), 1U) << "who is in the middle of a talk is not greeted";
    EXPECT_EQ(rig.backends().back(), "hume  g-1/c-2");
    EXPECT_TRUE(rig.hangups().empty());
}

TEST(HumeSession, HumeLine12_AnErrorIsAFactAndTheChatGoesOn) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(error_text("E0101"));
    ASSERT_TRUE(rig.wait_fact("error"));
    EXPECT_EQ(rig.facts("error").at(0)["code"].text_or(""), "E0101");
    EXPECT_EQ(rig.facts("error").at(0)["message"].text_or(""), "because");
    EXPECT_FALSE(rig.facts("error").at(0)["fatal"].bool_or(true));
    rig.say(kFrame);
    EXPECT_TRUE(rig.wait_heard(640));
}

TEST(HumeSession, HumeLine12_AnErrorThatNoTryHelpsAgainstEndsTheCall) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(error_text("E0300"));
    ASSERT_TRUE(rig.wait_hangup());
    EXPECT_TRUE(rig.hangups().at(0).failed);
    ASSERT_TRUE(rig.wait_fact("error"));
    EXPECT_EQ(rig.facts("error").at(0)["code"].text_or(""), "E0300");
    EXPECT_EQ(rig.server.log().connections, 1);
}

TEST(HumeSession, HumeLine12_AChatThatEndsBecauseOfOurMessageIsNotTriedAgain) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(error_text("E0201"));
    rig.server.close(1011, "giving up");
    ASSERT_TRUE(rig.wait_hangup());
    EXPECT_EQ(rig.server.log().connections, 1);
}

TEST(HumeSession, HumeLine12_AServersOwnTroubleIsTriedAgain) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(error_text("E0500"));
    rig.server.close(1011, "restart");
    ASSERT_TRUE(rig.server.wait_text("session_settings", 2));
    EXPECT_TRUE(rig.hangups().empty());
}

TEST(HumeSession, HumeLine12_TheTriesAreCounted) {
    AgentScript script = hume_script();
    script.refuse_status = 503;
    HumeRig rig({.script = script});
    rig.play();
    ASSERT_TRUE(rig.wait_hangup());
    EXPECT_EQ(rig.server.log().refused, 4);
    ASSERT_TRUE(rig.wait_fact("error"));
    EXPECT_EQ(rig.facts("error").at(0)["attempt"].int_or(0), 3);
}

TEST(HumeSession, HumePitfall8_TooManyChatsAtOnceIsTriedAgainAndOurOwnAreClosed) {
    AgentScript script = hume_script();
    script.refuse_status = 429;
    script.refuse_times = 1;
    HumeRig rig({.script = script});
    ASSERT_TRUE(rig.talk());
    EXPECT_EQ(rig.server.log().refused, 1);
    rig.set_state(GST_STATE_READY);
    EXPECT_TRUE(rig.server.wait_close_code(1000));
}

TEST(HumeSession, ARefusedKeyIsNotTriedAgainAndNotShown) {
    AgentScript script = hume_script();
    script.refuse_status = 401;
    HumeRig rig({.script = script});
    rig.play();
    ASSERT_TRUE(rig.wait_hangup());
    EXPECT_EQ(rig.server.log().refused, 1);
    ASSERT_TRUE(rig.wait_fact("error"));
    const std::string text = rig.facts("error").at(0)["message"].text_or("");
    EXPECT_NE(text.find("HUME_AI_API_KEY"), std::string::npos);
    EXPECT_EQ(text.find("test-key"), std::string::npos) << "a secret in a message";
}

TEST(HumeSession, AKeyThatTheServerRepeatsIsHidden) {
    for (const char* detail : {"Cannot GET /v0/evi/chat?api_key=test-key&verbose=1", "no such key: test-key"}) {
        AgentScript script = hume_script();
        script.refuse_status = 404;
        script.refuse_detail = detail;
        HumeRig rig({.script = script});
        rig.play();
        ASSERT_TRUE(rig.wait_fact("error"));
        const std::string text = rig.facts("error").at(0)["message"].text_or("");
        EXPECT_NE(text.find("[hidden]"), std::string::npos) << text;
        EXPECT_EQ(text.find("test-key"), std::string::npos) << text;
    }
}

TEST(HumeSession, SettingsThatAreRefusedEndTheCallWithTheServersReason) {
    AgentScript script = hume_script();
    script.welcome = false;
    script.before_applied = {error_text("E0101")};
    HumeRig rig({.script = script});
    rig.play();
    ASSERT_TRUE(rig.wait_hangup());
    ASSERT_TRUE(rig.wait_fact("error"));
    EXPECT_EQ(rig.facts("error").at(0)["code"].text_or(""), "E0101");
}

TEST(HumeSession, ANormalCloseByTheAgentEndsTheCallNormally) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.close(1000, "bye");
    ASSERT_TRUE(rig.wait_hangup());
    EXPECT_EQ(rig.hangups().at(0).reason, "backend-closed");
    EXPECT_EQ(rig.hangups().at(0).who, "agent");
    EXPECT_FALSE(rig.hangups().at(0).failed);
    EXPECT_TRUE(rig.line.wait_for("eos"));
    EXPECT_TRUE(rig.facts("error").empty());
}

TEST(HumeSession, ALimitOfTimeIsANormalEndThatSaysWhy) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(error_text("E0711"));
    rig.server.close(1000, "max duration");
    ASSERT_TRUE(rig.wait_hangup());
    EXPECT_FALSE(rig.hangups().at(0).failed);
    EXPECT_EQ(rig.facts("error").at(0)["code"].text_or(""), "E0711");
    EXPECT_EQ(rig.server.log().connections, 1);
}

TEST(HumeSession, HumeLine13_TheEndOfTheCallerClosesWith1000AndNothingFollows) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.say(kFrame);
    ASSERT_TRUE(rig.wait_heard(640));
    rig.caller_event(gst_event_new_eos());
    ASSERT_TRUE(rig.server.wait_close_code(1000));
    EXPECT_TRUE(rig.line.wait_for("eos"));
    EXPECT_TRUE(rig.events.wait_for("eos"));
    rig.say(kFrame);
    g_signal_emit_by_name(rig.agent, "inject-user", "anybody there?");
    rig.on_shard([] {});
    EXPECT_EQ(rig.heard(), kFrame);
    EXPECT_TRUE(rig.server.log().texts("user_input").empty());
    EXPECT_TRUE(rig.hangups().empty());
}

TEST(HumeSession, GoingToReadyClosesWith1000AndTheElementCanStartAgain) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.set_state(GST_STATE_READY);
    ASSERT_TRUE(rig.server.wait_close_code(1000));
    rig.set_state(GST_STATE_PLAYING);
    EXPECT_TRUE(rig.server.wait([](const auto& log) { return log.connections == 2; }));
}

TEST(HumeSession, HumeLine11_GarbageFromTheServerIsSkipped) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    for (const char* text : {"{", "[]", "{}", R"({"type":"tool_call"})", R"({"type":"new","x":1})",
                             R"({"type":"audio_output","id":"x","index":0,"data":"!"})",
                             R"({"type":"audio_output","id":"y","index":0,"data":"AAAA"})"})
        rig.server.text(text);
    rig.server.binary("no binary was asked for");
    rig.server.text(audio_output("a", 0, wav_of(pcm48('x'))));
    EXPECT_TRUE(rig.line.wait_audio(1920));
    EXPECT_EQ(rig.line.audio(), pcm48('x'));
    EXPECT_TRUE(rig.hangups().empty());
}

TEST(HumeSession, APeerThatDoesNotReadEndsTheCall) {
    HumeRig rig({.properties = {{"input-rate", "48000"}},
                 .caller_caps = "audio/x-raw, format=S16LE, layout=interleaved, channels=1, rate=48000"});
    ASSERT_TRUE(rig.talk());
    auto stall = rig.server.stall();
    const std::string second(96'000, '\x01');
    for (int i = 0; i < 200 && rig.hangups().empty(); ++i) rig.say(second);
    ASSERT_FALSE(rig.hangups().empty());
    ASSERT_TRUE(rig.wait_fact("error"));
    EXPECT_EQ(rig.facts("error").at(0)["code"].text_or(""), "slow-backend");
}

}  // namespace
}  // namespace trunkline::test
