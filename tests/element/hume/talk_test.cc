// humeevi: interruptions, transcripts, emotions, tools and actions.
#include <gtest/gtest.h>

#include <atomic>

#include "tests/support/hume_rig.h"

namespace trunkline::test {
namespace {

using State = gst::Playback::State;

std::string tool_call(const std::string& id, const std::string& name, bool required = true,
                      const char* type = "function") {
    JsonWriter w;
    w.begin_object().field("type", "tool_call").field("tool_call_id", id).field("name", name);
    w.field("parameters", R"({"id":7})").field("response_required", required).field("tool_type", type);
    return w.end().take();
}

// --- interruptions

TEST(HumeBargeIn, HumeLine8_BothSignsFlushAndDropWhatComesLate) {
    for (const std::string& sign : {std::string(kUserInterruption), user_message("stop", true), user_message("stop")}) {
        HumeRig rig;
        ASSERT_TRUE(rig.talk());
        rig.server.text(assistant_message("a", "A long story."));
        rig.server.text(audio_output("a", 0, wav_of(pcm48('0'))));
        ASSERT_TRUE(rig.line.wait_audio(1920));
        rig.server.text(sign);
        ASSERT_TRUE(rig.line.wait_for("flush-stop")) << sign;
        rig.server.text(audio_output("a", 1, wav_of(pcm48('1'))));
        rig.server.text(assistant_message("a", "more of it"));
        rig.server.text(audio_output("b", 0, wav_of(pcm48('b'))));
        ASSERT_TRUE(rig.line.wait_audio(3840)) << sign;
        EXPECT_EQ(rig.line.audio(), pcm48('0') + pcm48('b')) << sign;
    }
}

TEST(HumeBargeIn, HumePitfall28_LateAudioInTheSameBurstAsTheSignIsNotHeard) {
    HumeRig rig;
    rig.line.on_query = [&](GstQuery* query) {
        if (gst::user_speech_onset(query) == 0) return false;
        Shard::current()->defer([&] { gst_pad_push_event(rig.line.pad(), gst::interrupt_event_new(1)); });
        return true;
    };
    ASSERT_TRUE(rig.talk());
    rig.server.text(audio_output("a", 0, wav_of(pcm48('0'))));
    ASSERT_TRUE(rig.line.wait_audio(1920));
    rig.on_shard([&] {  // while the shard stands here all of it gathers in the socket
        rig.server.text(kUserInterruption);
        rig.server.text(audio_output("a", 1, wav_of(pcm48('1'))));
        rig.server.text(user_message("hello"));
        rig.server.text(audio_output("a", 2, wav_of(pcm48('2'))));
        rig.server.text(audio_output("b", 0, wav_of(pcm48('b'))));
        rig.server.stall().reset();
    });
    ASSERT_TRUE(rig.line.wait_audio(3840));
    EXPECT_EQ(rig.line.audio(), pcm48('0') + pcm48('b'));
    EXPECT_EQ(rig.line.entries().back().bytes, pcm48('b')) << "no flush after the fresh reply began";
}

TEST(HumeBargeIn, HumePitfall6_WhatWasSentCompletelyIsStoppedByAUserMessage) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(audio_output("a", 0, wav_of(std::string(96'000 * 20, 'x'))));
    rig.server.text(kAssistantEnd);
    ASSERT_TRUE(rig.line.wait_for("trunkline/reply", 2));
    rig.server.text(user_message("wait", true));
    ASSERT_TRUE(rig.line.wait_for("flush-stop"));
    ASSERT_TRUE(rig.wait_fact("agent.stopped"));
    EXPECT_TRUE(rig.facts("agent.stopped").at(0)["interrupted"].bool_or(false));
}

TEST(HumeBargeIn, WhoeverDecidesDownstreamIsAskedAndThenItsInterruptCounts) {
    HumeRig rig;
    std::atomic<int> asked{0};
    rig.line.on_query = [&](GstQuery* query) { return gst::user_speech_onset(query) != 0 && ++asked > 0; };
    ASSERT_TRUE(rig.talk());
    rig.server.text(audio_output("a", 0, wav_of(pcm48('0'))));
    ASSERT_TRUE(rig.line.wait_audio(1920));
    rig.server.text(kUserInterruption);
    ASSERT_TRUE(rig.settle());
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(rig.line.count("flush-start"), 0U) << "not ours to decide";
    rig.upstream(gst::interrupt_event_new(1));
    EXPECT_EQ(rig.line.count("flush-stop"), 1U) << "within the event";
}

TEST(HumeBargeIn, OnceNothingPlaysMoreWordsOfTheCallerAskNobody) {
    HumeRig rig;
    std::atomic<int> asked{0};
    rig.line.on_query = [&](GstQuery* query) { return gst::user_speech_onset(query) != 0 && ++asked > 0; };
    ASSERT_TRUE(rig.talk());
    rig.server.text(user_message("I", true));
    rig.server.text(user_message("I would", true));
    rig.server.text(user_message("I would like"));
    ASSERT_TRUE(rig.wait_fact("transcript", 3));
    EXPECT_EQ(asked, 1) << "the answer that comes now must not be hit by a late decision";
    EXPECT_EQ(rig.facts("user.speech_started").size(), 1U);
    EXPECT_EQ(rig.facts("user.speech_stopped").size(), 1U);
}

TEST(HumeBargeIn, TheInterruptActionDropsTheReply) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(audio_output("a", 0, wav_of(std::string(96'000 * 20, 'x'))));
    ASSERT_TRUE(rig.line.wait_audio(96'000 * 20));
    g_signal_emit_by_name(rig.agent, "interrupt");
    ASSERT_TRUE(rig.line.wait_for("flush-stop"));
    rig.server.text(audio_output("a", 1, wav_of(pcm48('1'))));
    rig.server.text(audio_output("b", 0, wav_of(pcm48('b'))));
    ASSERT_TRUE(rig.line.wait_audio(96'000 * 20 + 1920));
    EXPECT_EQ(rig.line.buffers().back(), pcm48('b'));
}

TEST(HumeBargeIn, ARepliesEndAtTheEarIsWhatTheLineReports) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(audio_output("a", 0, wav_of(std::string(96'000, 'x'))));
    ASSERT_TRUE(rig.line.wait_audio(96'000));
    rig.playback(State::kFirstSent, 1);
    rig.playback(State::kCleared, 1, 340);
    ASSERT_TRUE(rig.wait_fact("agent.stopped"));
    const Json stopped = rig.facts("agent.stopped").at(0);
    EXPECT_EQ(stopped["generated_ms"].int_or(0), 1000);
    EXPECT_EQ(stopped["played_ms"].int_or(0), 340);
}

// --- transcripts and emotions

TEST(HumeTalk, HumeLine9_InterimWordsAreNoFinalOnes) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(user_message("I", true));
    rig.server.text(user_message("I would like"));
    ASSERT_TRUE(rig.wait_fact("transcript", 2));
    const auto said = rig.facts("transcript");
    EXPECT_FALSE(said[0]["final"].bool_or(true));
    EXPECT_TRUE(said[1]["final"].bool_or(false));
    EXPECT_EQ(said[1]["text"].text_or(""), "I would like");
    EXPECT_EQ(said[1]["role"].text_or(""), "user");
}

TEST(HumeTalk, AnUtteranceWithoutInterimsHasItsBeginningAndEndToo) {
    HumeRig rig({.properties = {{"verbose-transcription", "false"}}});
    ASSERT_TRUE(rig.talk());
    EXPECT_NE(rig.server.log().queries.at(0).find("verbose_transcription=false"), std::string::npos);
    rig.server.text(user_message("hello"));
    ASSERT_TRUE(rig.wait_fact("transcript"));
    EXPECT_EQ(rig.facts("user.speech_started").size(), 1U);
    EXPECT_EQ(rig.facts("user.speech_stopped").size(), 1U);
}

TEST(HumeTalk, AllScoresTheTopThreeAndTheSentimentAreOneFact) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(user_message("hi", false, R"("Joy":0.6,"Calmness":0.2,"Amusement":0.15,"Anger":0.05)"));
    ASSERT_TRUE(rig.wait_fact("emotion"));
    const Json felt = rig.facts("emotion").at(0);
    EXPECT_EQ(felt["role"].text_or(""), "user");
    EXPECT_EQ(felt["scores"].size(), 48U);
    EXPECT_EQ(felt["scores"]["Joy"].number_or(0), 0.6);
    EXPECT_EQ(felt["scores"]["Surprise (negative)"].number_or(1), 0);
    EXPECT_EQ(felt["top"].dump(),
              R"([{"name":"Joy","score":0.6},{"name":"Calmness","score":0.2},{"name":"Amusement","score":0.15}])");
    EXPECT_EQ(felt["sentiment"].text_or(""), "positive");
    EXPECT_EQ(felt["confidence"].number_or(0), 0.75);
    EXPECT_EQ(felt["said_seq"].int_or(0), rig.facts("transcript").at(0)["seq"].int_or(-1));
}

TEST(HumeTalk, TheAssistantsExpressionFindsItsTextInAnyOrder) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    const auto prosody = [](const char* id) {
        return R"({"type":"assistant_prosody","id":")" + std::string(id) +
               R"(","models":{"prosody":{"scores":{"Joy":0.5}}}})";
    };
    rig.server.text(assistant_message("a", "One."));
    rig.server.text(assistant_message("b", "Two."));
    rig.server.text(prosody("a"));
    rig.server.text(prosody("c"));
    rig.server.text(assistant_message("c", "Three."));
    rig.server.text(prosody("a"));
    ASSERT_TRUE(rig.wait_fact("emotion", 2));
    ASSERT_TRUE(rig.settle());
    const auto said = rig.facts("transcript"), felt = rig.facts("emotion");
    ASSERT_EQ(felt.size(), 2U) << "once per segment";
    EXPECT_EQ(felt[0]["said_seq"].int_or(0), said[0]["seq"].int_or(-1));
    EXPECT_EQ(felt[1]["said_seq"].int_or(0), said[2]["seq"].int_or(-1));
    EXPECT_EQ(felt[0]["role"].text_or(""), "assistant");
}

TEST(HumeTalk, WhatWasTypedHasNoVoice) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    g_signal_emit_by_name(rig.agent, "inject-user", "typed");
    ASSERT_TRUE(rig.server.wait_text("user_input"));
    rig.server.text(user_message("typed", false, "", true));
    ASSERT_TRUE(rig.wait_fact("transcript"));
    ASSERT_TRUE(rig.settle());
    EXPECT_TRUE(rig.facts("transcript").at(0)["from_text"].bool_or(false));
    EXPECT_TRUE(rig.facts("emotion").empty());
    EXPECT_TRUE(rig.facts("user.speech_started").empty());
}

TEST(HumeTalk, FactsAreNumberedWithoutGapsAndTurnsGoOn) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(assistant_message("a", "Hello."));
    rig.server.text(audio_output("a", 0, wav_of(pcm48('a'))));
    rig.server.text(kAssistantEnd);
    rig.server.text(user_message("hi", false, R"("Joy":0.6)"));
    rig.server.text(assistant_message("b", "Well."));
    rig.server.text(audio_output("b", 0, wav_of(pcm48('b'))));
    ASSERT_TRUE(rig.wait_fact("agent.started", 2));
    int64_t seq = 0;
    for (const std::string& body : rig.events.buffers()) EXPECT_EQ(Json::parse(body).value()["seq"].int_or(0), ++seq);
    EXPECT_EQ(rig.facts("agent.started").at(0)["turn"].int_or(0), 1);
    EXPECT_EQ(rig.facts("agent.started").at(1)["turn"].int_or(0), 2);
}

// --- tools

TEST(HumeTools, HumeLine10_TheAnswerHasTheCallsId) {
    HumeRig rig({.properties = {{"tool-url", "@tool"}}});
    ASSERT_TRUE(rig.talk());
    rig.server.text(tool_call("tc-1", "lookup"));
    ASSERT_TRUE(rig.server.wait_text("tool_response"));
    const Json answer = Json::parse(rig.server.log().texts("tool_response").at(0)).value();
    EXPECT_EQ(answer["tool_call_id"].text_or(""), "tc-1");
    EXPECT_EQ(answer["content"].text_or(""), "{\"ok\":true}");
    EXPECT_EQ(answer["tool_name"].text_or(""), "lookup");
    EXPECT_EQ(rig.server.log().posts.at(0).body,
              R"({"call_id":"call_test","tool_call_id":"tc-1","name":"lookup","arguments":{"id":7}})");
    ASSERT_TRUE(rig.wait_fact("tool.result"));
    EXPECT_EQ(rig.facts("tool.call").at(0)["name"].text_or(""), "lookup");
}

TEST(HumeTools, HumeLine10_ATooSlowToolIsAnErrorInTime) {
    AgentScript script = hume_script();
    script.tool_hangs = true;
    HumeRig rig({.script = script, .properties = {{"tool-url", "@tool"}, {"tool-timeout", "50000000"}}});
    ASSERT_TRUE(rig.talk());
    rig.server.text(tool_call("tc-1", "lookup"));
    ASSERT_TRUE(rig.server.wait_text("tool_error"));
    const Json answer = Json::parse(rig.server.log().texts("tool_error").at(0)).value();
    EXPECT_EQ(answer["tool_call_id"].text_or(""), "tc-1");
    EXPECT_NE(answer["error"].text_or("").find("50 ms"), std::string::npos);
    EXPECT_NE(answer["content"].text_or(""), "") << "what the model is told instead";
}

TEST(HumeTools, HumeLine10_AnUnknownFunctionIsAnError) {
    HumeRig rig({.properties = {{"functions", R"([{"name":"lookup"}])"}}});
    ASSERT_TRUE(rig.talk());
    rig.server.text(tool_call("tc-1", "hallucinated"));
    ASSERT_TRUE(rig.server.wait_text("tool_error"));
    EXPECT_NE(rig.server.log().texts("tool_error").at(0).find("hallucinated"), std::string::npos);
}

TEST(HumeTools, HumeLine10_WhereNoAnswerIsWantedNoneIsSent) {
    HumeRig rig({.properties = {{"tool-url", "@tool"}}});
    ASSERT_TRUE(rig.talk());
    rig.server.text(tool_call("tc-1", "lookup", false));
    rig.server.text(tool_call("tc-2", "web_search", true, "builtin"));
    rig.server.text(R"({"type":"tool_response","tool_call_id":"tc-2","content":"found"})");
    rig.server.text(tool_call("tc-3", "lookup"));
    ASSERT_TRUE(rig.server.wait_text("tool_response"));
    ASSERT_TRUE(rig.wait_fact("tool.result", 2));
    EXPECT_EQ(rig.server.log().texts("tool_response").size(), 1U);
    EXPECT_NE(rig.server.log().texts("tool_response").at(0).find("tc-3"), std::string::npos);
}

TEST(HumeTools, EveryCallOfItsOwnIsAFactHoweverManyHaveNoOutcome) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    for (int i = 0; i < 40; ++i) rig.server.text(tool_call("tc-" + std::to_string(i), "web_search", true, "builtin"));
    EXPECT_TRUE(rig.wait_fact("tool.call", 40));
}

TEST(HumeTools, TheActionToolResultAnswersWhereThereIsNoUrl) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(tool_call("tc-1", "lookup"));
    ASSERT_TRUE(rig.wait_fact("tool.call"));
    g_signal_emit_by_name(rig.agent, "tool-result", "tc-1", "by hand");
    ASSERT_TRUE(rig.server.wait_text("tool_response"));
    EXPECT_NE(rig.server.log().texts("tool_response").at(0).find("by hand"), std::string::npos);
}

// --- actions

TEST(HumeActions, TheGreetingIsSaidOnce) {
    HumeRig rig({.properties = {{"greeting", "Hi, how can I help?"}}});
    ASSERT_TRUE(rig.talk());
    ASSERT_TRUE(rig.server.wait_text("assistant_input"));
    EXPECT_EQ(rig.server.log().texts("assistant_input").at(0),
              R"({"type":"assistant_input","text":"Hi, how can I help?"})");
}

TEST(HumeActions, SayContextPromptPauseAndResumeAreMessages) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    g_signal_emit_by_name(rig.agent, "inject-agent", "One moment.", "queue");
    g_signal_emit_by_name(rig.agent, "inject-agent", "Nonsense.", "sideways");
    g_signal_emit_by_name(rig.agent, "set-context", "The caller is Ann.");
    g_signal_emit_by_name(rig.agent, "update-prompt", "Be brief.");
    g_signal_emit_by_name(rig.agent, "pause");
    g_signal_emit_by_name(rig.agent, "resume");
    ASSERT_TRUE(rig.server.wait_text("resume_assistant_message"));
    const auto log = rig.server.log();
    EXPECT_EQ(log.texts("assistant_input").size(), 1U);
    EXPECT_EQ(log.texts("pause_assistant_message").size(), 1U);
    ASSERT_EQ(log.texts("session_settings").size(), 3U);
    EXPECT_NE(log.texts("session_settings").at(1).find("The caller is Ann."), std::string::npos);
    EXPECT_NE(log.texts("session_settings").at(2).find("Be brief."), std::string::npos);
}

TEST(HumeActions, APromptThatWasUpdatedIsInTheSettingsAfterAReconnect) {
    HumeRig rig({.properties = {{"prompt", "Old."}}});
    ASSERT_TRUE(rig.talk());
    g_signal_emit_by_name(rig.agent, "update-prompt", "New.");
    ASSERT_TRUE(rig.server.wait_text("session_settings", 2));
    rig.server.drop();
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.texts("session_settings", 2).size() == 1; }));
    EXPECT_NE(rig.server.log().texts("session_settings", 2).at(0).find("New."), std::string::npos);
}

TEST(HumeActions, WordsAndProtectionGoDownAheadOfTheirAudio) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    g_signal_emit_by_name(rig.agent, "protect", TRUE);
    ASSERT_TRUE(rig.line.wait_for("trunkline/protect"));
    rig.server.text(assistant_message("a", "Listen."));
    rig.server.text(audio_output("a", 0, wav_of(pcm48('a'))));
    ASSERT_TRUE(rig.line.wait_audio(1920));
    std::vector<std::string> order;
    for (const auto& entry : rig.line.entries()) {
        if (entry.what.starts_with("trunkline/")) order.push_back(entry.what);
    }
    EXPECT_EQ(order, (std::vector<std::string>{"trunkline/protect", "trunkline/reply-text", "trunkline/reply"}));
    std::string words;
    for (const auto& entry : rig.line.entries()) {
        if (entry.what == "trunkline/reply-text") words = entry.text;
    }
    EXPECT_NE(words.find("Listen."), std::string::npos) << words;
}

TEST(HumeActions, SayNowDropsWhatPlays) {
    HumeRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(audio_output("a", 0, wav_of(std::string(96'000 * 20, 'x'))));
    ASSERT_TRUE(rig.line.wait_audio(96'000 * 20));
    g_signal_emit_by_name(rig.agent, "inject-agent", "Stop.", "interrupt");
    EXPECT_TRUE(rig.line.wait_for("flush-stop"));
    EXPECT_TRUE(rig.server.wait_text("assistant_input"));
}

}  // namespace
}  // namespace trunkline::test
