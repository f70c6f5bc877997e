// deepgramagent: replies, interruptions, and the facts about them.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "tests/support/deepgram_rig.h"

namespace trunkline::test {
namespace {

using State = gst::Playback::State;

const std::string kFrame(160, '\x55');

bool has(const std::vector<PadRecorder::Entry>& all, size_t at, const std::string& what, const char* part = "") {
    return at < all.size() && all[at].what == what && all[at].text.find(part) != std::string::npos;
}

TEST(DeepgramReplies, AReplyIsMarkedBeforeItsFirstAndAfterItsLastAudio) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.binary(kFrame);
    rig.server.binary(kFrame);
    rig.server.text(kAudioDone);
    ASSERT_TRUE(rig.line.wait_for("trunkline/reply", 2));
    const auto all = rig.line.entries();
    ASSERT_EQ(all.size(), 8U);
    EXPECT_TRUE(has(all, 0, "stream-start"));
    EXPECT_TRUE(has(all, 1, "caps", "audio/x-mulaw"));
    EXPECT_TRUE(has(all, 2, "segment"));
    EXPECT_TRUE(has(all, 3, "trunkline/reply", "epoch=(guint64)1, end=(boolean)false"));
    EXPECT_TRUE(has(all, 4, "buffer"));
    EXPECT_TRUE(has(all, 5, "buffer"));
    EXPECT_TRUE(has(all, 6, "segment")) << "converters give out what they hold";
    EXPECT_TRUE(has(all, 7, "trunkline/reply", "epoch=(guint64)1, end=(boolean)true"));
}

TEST(DeepgramReplies, TheNextReplyHasTheNextEpoch) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.binary(kFrame);
    rig.server.text(kAudioDone);
    rig.server.text(text_of("user", "and"));
    rig.server.binary(kFrame);
    ASSERT_TRUE(rig.line.wait_for("trunkline/reply", 3));
    EXPECT_TRUE(rig.wait_fact("agent.started", 2));
    EXPECT_EQ(rig.facts("agent.started").at(1)["response_id"].text_or(""), "r2");
    EXPECT_EQ(rig.facts("agent.started").at(1)["turn"].int_or(0), 2);
}

TEST(DeepgramReplies, WhoeverDecidesDownstreamIsAskedAndThenItsInterruptCounts) {
    DeepgramRig rig;
    std::atomic<int> asked{0};
    rig.line.on_query = [&](GstQuery* query) { return gst::user_speech_onset(query) != 0 && ++asked > 0; };
    ASSERT_TRUE(rig.talk());
    rig.server.binary(kFrame);
    ASSERT_TRUE(rig.line.wait_audio(160));
    rig.server.text(kUserSpoke);
    ASSERT_TRUE(rig.wait_fact("user.speech_started"));
    rig.on_shard([] {});
    rig.on_shard([] {});
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(rig.line.count("flush-start"), 0U) << "not ours to decide";
    rig.upstream(gst::interrupt_event_new(1));
    EXPECT_EQ(rig.line.count("flush-start"), 1U) << "within the event";
    EXPECT_EQ(rig.line.count("flush-stop"), 1U);
}

TEST(DeepgramReplies, AnInterruptOneLoopTurnLaterDoesNotHitTheReplyBehindIt) {
    DeepgramRig rig;
    rig.line.on_query = [&](GstQuery* query) {
        if (gst::user_speech_onset(query) == 0) return false;
        Shard::current()->defer([&] { gst_pad_push_event(rig.line.pad(), gst::interrupt_event_new(1)); });
        return true;
    };
    ASSERT_TRUE(rig.talk());
    rig.server.binary(kFrame);
    ASSERT_TRUE(rig.line.wait_audio(160));
    rig.on_shard([&] {  // while the shard stands here all of it gathers in the socket
        rig.server.text(kUserSpoke);
        rig.server.binary("stale");
        rig.server.text(text_of("user", "hello"));
        rig.server.binary("fresh");
        rig.server.stall().reset();
    });
    ASSERT_TRUE(rig.line.wait_audio(165));
    const auto all = rig.line.entries();
    EXPECT_EQ(rig.line.audio(), kFrame + "fresh");
    EXPECT_EQ(rig.line.count("flush-stop"), 1U);
    EXPECT_EQ(all.back().bytes, "fresh");
}

TEST(DeepgramReplies, StaleAudioAfterAnInterruptionIsDroppedUntilTheNextTurn) {
    for (const std::string& sign :
         {text_of("assistant", "new"), std::string(R"({"type":"AgentThinking","content":""})"),
          std::string(R"({"type":"AgentStartedSpeaking"})"),
          std::string(R"({"type":"FunctionCallRequest","functions":[]})")}) {
        DeepgramRig rig;
        ASSERT_TRUE(rig.talk());
        rig.server.binary(kFrame);
        ASSERT_TRUE(rig.line.wait_audio(160));
        rig.upstream(gst::interrupt_event_new(1));
        rig.server.binary("stale");
        rig.server.text(kAudioDone);
        rig.server.binary("stale too");
        rig.server.text(sign);
        rig.server.binary("fresh");
        ASSERT_TRUE(rig.line.wait_audio(165)) << sign;
        EXPECT_EQ(rig.line.audio(), kFrame + "fresh") << sign;
    }
}

TEST(DeepgramReplies, P3AfterAnInterruptionTheBackendDoesNotKnowOfItsNextSentenceIsStale) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.binary(kFrame);
    ASSERT_TRUE(rig.line.wait_audio(160));
    rig.upstream(gst::interrupt_event_new(1, false));
    rig.server.text(text_of("assistant", "and on it goes"));
    rig.server.binary("stale");
    rig.server.text(text_of("user", "stop"));
    rig.server.text(text_of("assistant", "all right"));
    rig.server.binary("fresh");
    ASSERT_TRUE(rig.line.wait_audio(165));
    EXPECT_EQ(rig.line.audio(), kFrame + "fresh");
    const auto all = rig.line.entries();
    EXPECT_EQ(rig.line.count("trunkline/reply-text"), 1U) << "what is not heard is not told";
    EXPECT_TRUE(
        std::any_of(all.begin(), all.end(), [](const auto& e) { return e.text.find("right") != std::string::npos; }));
}

TEST(DeepgramReplies, P3TheEndOfTheOldReplyIsEnoughForTheNextOneToBeHeard) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.binary(kFrame);
    ASSERT_TRUE(rig.line.wait_audio(160));
    rig.upstream(gst::interrupt_event_new(1, false));
    rig.server.binary("stale");
    rig.server.text(kAudioDone);  // the backend has not heard the caller at all
    rig.server.text(text_of("assistant", "are you there?"));
    rig.server.binary("fresh");
    ASSERT_TRUE(rig.line.wait_audio(165));
    EXPECT_EQ(rig.line.audio(), kFrame + "fresh");
}

TEST(DeepgramReplies, P2AReplyThatWasGeneratedLongAgoLeavesNothingStaleBehind) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.binary(kFrame);
    rig.server.text(kAudioDone);
    ASSERT_TRUE(rig.line.wait_for("trunkline/reply", 2));
    rig.upstream(gst::interrupt_event_new(1, false));
    rig.server.text(text_of("assistant", "are you there?"));  // and the backend never hears the caller
    rig.server.binary("fresh");
    ASSERT_TRUE(rig.line.wait_audio(165));
}

TEST(DeepgramReplies, TheProtectActionTellsWhoeverDecides) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    g_signal_emit_by_name(rig.agent, "protect", TRUE);
    ASSERT_TRUE(rig.line.wait_for("trunkline/protect"));
    g_signal_emit_by_name(rig.agent, "protect", FALSE);
    EXPECT_TRUE(rig.line.wait_for("trunkline/protect", 2));
}

TEST(DeepgramReplies, TheInterruptActionDropsTheReply) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.binary(std::string(8000, 'x'));
    ASSERT_TRUE(rig.line.wait_audio(8000));
    g_signal_emit_by_name(rig.agent, "interrupt");
    EXPECT_TRUE(rig.line.wait_for("flush-stop"));
    ASSERT_TRUE(rig.wait_fact("agent.stopped"));
    EXPECT_TRUE(rig.facts("agent.stopped").at(0)["interrupted"].bool_or(false));
    EXPECT_LT(rig.facts("agent.stopped").at(0)["played_ms"].int_or(5000), 1000);
}

TEST(DeepgramReplies, WhatTheLineReportsIsWhatWasHeard) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.binary(std::string(8000, 'x'));
    ASSERT_TRUE(rig.line.wait_audio(8000));
    rig.playback(State::kFirstSent, 1);
    rig.playback(State::kCleared, 1, 340);
    ASSERT_TRUE(rig.wait_fact("agent.stopped"));
    rig.playback(State::kFinished, 1, 900);
    rig.on_shard([] {});
    ASSERT_EQ(rig.facts("agent.stopped").size(), 1U);
    const Json stopped = rig.facts("agent.stopped").at(0);
    EXPECT_EQ(stopped["response_id"].text_or(""), "r1");
    EXPECT_EQ(stopped["generated_ms"].int_or(0), 1000);
    EXPECT_EQ(stopped["played_ms"].int_or(0), 340);
    EXPECT_TRUE(stopped["interrupted"].bool_or(false));
}

TEST(DeepgramReplies, TheTurnsLatencyIsAFactWhenTheReplyIsFirstHeard) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.say(std::string(160, '\x10'), 1000);
    rig.server.text(kUserSpoke);
    rig.server.text(text_of("user", "hello"));
    rig.server.binary(kFrame);
    ASSERT_TRUE(rig.line.wait_audio(160));
    rig.playback(State::kFirstSent, 1, 0, 5'000'000'000'000'000);
    rig.playback(State::kFirstHeard, 1, 0, 5'000'000'080'000'000);
    ASSERT_TRUE(rig.wait_fact("turn.latency"));
    rig.playback(State::kFinished, 1, 20);
    ASSERT_TRUE(rig.wait_fact("agent.stopped"));
    ASSERT_EQ(rig.facts("turn.latency").size(), 1U);
    const Json latency = rig.facts("turn.latency").at(0);
    EXPECT_EQ(latency["carrier_ms"].number_or(0), 80);
    EXPECT_TRUE(latency["voice_to_voice_ms"].is_number());
    EXPECT_TRUE(latency["backend_ms"].is_number());
}

TEST(DeepgramReplies, LatencyNobodyHeardIsReportedAtTheEndOfTheReply) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.binary(kFrame);
    ASSERT_TRUE(rig.line.wait_audio(160));
    rig.playback(State::kFirstSent, 1);
    rig.playback(State::kCleared, 1, 0);
    EXPECT_TRUE(rig.wait_fact("turn.latency"));
}

TEST(DeepgramReplies, TranscriptsAndSpeechAreFactsOfTheirTurn) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.text(text_of("assistant", "Hi."));
    rig.server.text(kUserSpoke);
    rig.server.text(R"({"type":"ConversationText","role":"user","content":"Grüezi","languages":["de"]})");
    ASSERT_TRUE(rig.wait_fact("transcript", 2));
    const auto transcripts = rig.facts("transcript");
    EXPECT_EQ(transcripts[0]["role"].text_or(""), "assistant");
    EXPECT_FALSE(transcripts[0]["language"].exists());
    EXPECT_EQ(transcripts[1]["text"].text_or(""), "Grüezi");
    EXPECT_EQ(transcripts[1]["language"].text_or(""), "de");
    EXPECT_TRUE(transcripts[1]["final"].bool_or(false));
    EXPECT_EQ(transcripts[1]["turn"].int_or(0), 1);
    EXPECT_EQ(rig.facts("user.speech_started").at(0)["source"].text_or(""), "backend");
    EXPECT_EQ(rig.facts("user.speech_stopped").size(), 1U);
}

TEST(DeepgramReplies, FactsAreNumberedWithoutGaps) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    for (int i = 0; i < 5; ++i) rig.server.text(text_of("user", std::to_string(i)));
    ASSERT_TRUE(rig.wait_fact("transcript", 5));
    int64_t seq = 0;
    for (const std::string& body : rig.events.buffers()) EXPECT_EQ(Json::parse(body).value()["seq"].int_or(0), ++seq);
}

TEST(DeepgramReplies, HalfASampleAtTheEndOfAMessageIsJoinedToTheNext) {
    DeepgramRig rig({.caller_caps = kPcm16Caps});
    ASSERT_TRUE(rig.talk());
    rig.server.binary("abc");
    rig.server.binary("d");
    rig.server.binary("ef");
    ASSERT_TRUE(rig.line.wait_audio(6));
    EXPECT_EQ(rig.line.audio(), "abcdef");
    for (const std::string& buffer : rig.line.buffers()) EXPECT_EQ(buffer.size() % 2, 0U);
}

TEST(DeepgramReplies, AReplyThatNobodyEndedIsEndedWithTheCall) {
    DeepgramRig rig;
    ASSERT_TRUE(rig.talk());
    rig.server.binary(std::string(80'000, 'x'));
    ASSERT_TRUE(rig.line.wait_audio(80'000));
    rig.caller_event(gst_event_new_eos());
    ASSERT_TRUE(rig.events.wait_for("eos"));
    ASSERT_EQ(rig.facts("agent.stopped").size(), 1U);
    EXPECT_TRUE(rig.facts("agent.stopped").at(0)["interrupted"].bool_or(false));
}

}  // namespace
}  // namespace trunkline::test
