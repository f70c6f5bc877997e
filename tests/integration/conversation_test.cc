// Whole calls: somebody dials, talks, is answered, interrupts. Transcripts are earned: the simulated agent names what
// it heard only if it correlates with the recording, and what the caller heard is compared sample by sample.
#include <gtest/gtest.h>

#include "lab/speech/pcm.h"
#include "tests/integration/rig.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;
using lab::CallResult;

std::string violations(const CallResult& call) {
    std::string all;
    for (const auto& v : call.violations) {
        // The engine ends calls by closing the socket; the carrier logs that as 31921, intended or not.
        if (v.code != lab::kStreamClosedByServer) all += std::to_string(v.code) + " " + v.message + "\n";
    }
    return all;
}

std::string violations(const std::vector<lab::deepgram::SessionRecord>& sessions) {
    std::string all;
    for (const auto& s : sessions) {
        for (const auto& v : s.violations) all += v.code + " " + v.what + "\n";
    }
    return all;
}

/// What happened so far, for a test that failed.
std::string story(const lab::TwilioCall& call, Rig& rig) {
    std::string text;
    for (const auto& e : call.result().timeline) text += std::to_string(e.at_ms) + " " + e.kind + " " + e.detail + "\n";
    for (const auto& s : rig.agent().sessions()) {
        for (const auto& m : s.received) text += "agent got " + m.text.substr(0, 300) + "\n";
        for (const auto& m : s.sent) text += "agent sent " + m.text.substr(0, 200) + "\n";
    }
    return text;
}

bool agent_finished(const CallResult& c, size_t spans) {
    return !c.streams.empty() && c.stream().agent_speech.size() >= spans && !c.stream().agent_speaking();
}

TEST(Conversation, TwoTurnsAreHeardAnsweredAndStored) {
    Rig rig;
    auto call = rig.call();
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return agent_finished(c, 1); }, 20s)) << "no greeting";
    rig.say(*call, "agent-newlocation");
    ASSERT_TRUE(rig.agent().wait([](const auto& s) { return !s.empty() && s[0].said.size() >= 2; }, 20'000))
        << "no answer";
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return agent_finished(c, 2); }, 40s));
    call->hang_up();
    const std::string sid = call->result().call_sid;
    const std::string id = rig.ended_call(sid);
    expect_one_clean_end(rig, id);

    const auto sessions = rig.agent().sessions();
    ASSERT_EQ(sessions.size(), 1U);
    ASSERT_EQ(sessions[0].heard.size(), 1U);
    EXPECT_TRUE(sessions[0].heard[0].hearing.intelligible()) << sessions[0].heard[0].hearing.reason();
    EXPECT_EQ(violations(sessions), "");
    EXPECT_EQ(violations(call->result()), "");

    const std::string text = rig.speech().text_of("agent-newlocation");
    EXPECT_EQ(rig.sql("select message from conversation_log where role = 'user' and call_id = '" + id + "'"),
              std::vector<std::string>{text});
    EXPECT_EQ(rig.sql("select role from conversation_log where call_id = '" + id + "' order by seq"),
              (std::vector<std::string>{"assistant", "user", "assistant"}));
    EXPECT_EQ(rig.sql("select status || '/' || end_reason from calls where id = '" + id + "'"),
              std::vector<std::string>{"completed/caller-hangup"});
    EXPECT_EQ(rig.sql("select 1 from turns where voice_to_voice_ms > 0 and abs(engine_ms + backend_ms - "
                      "voice_to_voice_ms) < 0.01 "
                      "and call_id = '" +
                      id + "'")
                  .size(),
              1U)
        << "the latency of the turn adds up";
}

TEST(Conversation, WhatTheCallerHearsIsTheAgentsAudioBitForBit) {
    Rig rig;
    auto call = rig.call();
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return agent_finished(c, 1); }, 20s)) << story(*call, rig);
    call->hang_up();
    const std::vector<uint8_t> said = rig.agent().sessions()[0].audio_out;
    const auto heard = call->result().stream().heard;
    ASSERT_GT(said.size(), 8000U);
    EXPECT_NE(std::search(heard.begin(), heard.end(), said.begin(), said.end()), heard.end())
        << "the agent's bytes are not in what the caller heard, whole and in one piece";
}

TEST(Conversation, P1TheCallerInterruptsAndNothingStaleIsHeard) {
    RigOptions options;
    options.deepgram = quick_agent();
    options.deepgram.faults.late_audio_ms = 300;  // P3: audio of the cancelled reply still comes
    Rig rig(options);
    auto call = rig.call();
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return agent_finished(c, 1); }, 20s));
    rig.say(*call, "agent-newlocation");
    ASSERT_TRUE(rig.agent().wait([](const auto& s) { return s[0].said.size() >= 2; }, 20'000));
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.stream().agent_speaking(); }, 20s));
    rig.say(*call, "vm-goodbye");
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.stream().clears() == 1; }, 20s)) << "no clear";
    ASSERT_TRUE(rig.agent().wait([](const auto& s) { return s[0].said.size() >= 3; }, 20'000)) << "no answer to it";
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return agent_finished(c, 3); }, 20s));
    call->hang_up();
    const std::string id = rig.ended_call(call->result().call_sid);
    expect_one_clean_end(rig, id);

    const auto result = call->result();
    EXPECT_EQ(violations(result), "");
    // After the clear the caller hears silence, then the new reply from its first byte: nothing of the old one.
    const auto& stream = result.stream();
    const auto after = static_cast<size_t>((stream.clears_ms[0] - stream.started_ms) * 8) + 160;
    ASSERT_LT(after, stream.heard.size());
    auto reply = rig.speech().speech("vm-goodbye");
    ASSERT_TRUE(reply);
    lab::KnownSpeech known;
    known.add(*reply);
    const std::vector<uint8_t> tail(stream.heard.begin() + static_cast<std::ptrdiff_t>(after), stream.heard.end());
    const auto matches = known.identify(lab::ulaw_decode(tail), 0);
    ASSERT_EQ(matches.size(), 1U);
    EXPECT_EQ(matches[0].verdict, lab::Verdict::kClean) << matches[0].reason;

    const auto bargein = rig.facts(id, "bargein");
    ASSERT_EQ(bargein.size(), 1U);
    EXPECT_GE(bargein[0]["cleared_t_ms"].int_or(-1), bargein[0]["decided_t_ms"].int_or(0));
    EXPECT_GE(bargein[0]["decided_t_ms"].int_or(-1), bargein[0]["onset_t_ms"].int_or(0));
    EXPECT_GT(bargein[0]["discarded_ms"].int_or(0), 0);
    bool interrupted = false;
    for (const auto& fact : rig.facts(id, "agent.stopped")) interrupted |= fact["interrupted"].bool_or(false);
    EXPECT_TRUE(interrupted);
}

TEST(Conversation, P2InterruptionWorksWhenGenerationIsLongOver) {
    RigOptions options;
    options.deepgram = quick_agent();
    options.deepgram.pacing.factor = 50;  // everything is with the carrier or in the queue at once
    Rig rig(options);
    auto call = rig.call();
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return agent_finished(c, 1); }, 20s));
    rig.say(*call, "agent-newlocation");
    ASSERT_TRUE(rig.agent().wait(
        [](const auto& s) { return s[0].said.size() >= 2 && s[0].said[1].bytes_sent == s[0].said[1].bytes_total; },
        20'000));
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.stream().agent_speaking(); }, 20s));
    rig.say(*call, "vm-goodbye");
    EXPECT_TRUE(call->wait_for([](const CallResult& c) { return c.stream().clears() == 1; }, 20s));
}

TEST(Conversation, P4ARejectedInterruptionClearsNothing) {
    RigOptions options;
    options.gate = "{element: bargein, enabled: false}";
    Rig rig(options);
    auto call = rig.call();
    ASSERT_TRUE(
        call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 20s));
    rig.say(*call, "vm-goodbye");
    ASSERT_TRUE(rig.agent().wait([](const auto& s) { return s[0].sent_type("UserStartedSpeaking"); }, 20'000));
    ASSERT_TRUE(rig.agent().wait([](const auto& s) { return s[0].said.size() >= 2; }, 20'000));
    EXPECT_EQ(call->result().stream().clears(), 0);
}

/// What the caller hears from `ms` of the stream on.
std::vector<lab::Match> heard_after(Rig& rig, const lab::StreamResult& stream, double at_ms, const char* known_name) {
    const auto after = static_cast<size_t>((at_ms - stream.started_ms) * 8) + 160;
    if (after >= stream.heard.size()) return {};
    lab::KnownSpeech known;
    known.add(*rig.speech().speech(known_name));
    const std::vector<uint8_t> tail(stream.heard.begin() + static_cast<std::ptrdiff_t>(after), stream.heard.end());
    return known.identify(lab::ulaw_decode(tail), 0);
}

TEST(Conversation, P1P2P3OurOwnDetectorInterruptsWhenAllAudioIsHandedOutAndNothingStaleIsHeard) {
    RigOptions options;
    options.gate = "{element: bargein, source: local}";
    options.deepgram = quick_agent();
    options.deepgram.pacing.factor = 50;  // everything is with the carrier or in the queue at once
    options.deepgram.faults.late_audio_ms = 300;
    Rig rig(options);
    auto call = rig.call();
    ASSERT_TRUE(rig.agent().wait(
        [](const auto& s) {
            return !s.empty() && !s[0].said.empty() && s[0].said[0].bytes_sent == s[0].said[0].bytes_total;
        },
        30'000));
    ASSERT_TRUE(
        call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 30s));
    rig.say(*call, "vm-goodbye");
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.stream().clears() == 1; }, 30s)) << "no clear";
    ASSERT_TRUE(rig.agent().wait([](const auto& s) { return s[0].said.size() >= 2; }, 30'000)) << "no answer to it";
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return agent_finished(c, 2); }, 30s));
    call->hang_up();
    const std::string id = rig.ended_call(call->result().call_sid);
    expect_one_clean_end(rig, id);

    const auto result = call->result();
    EXPECT_EQ(violations(result), "");
    const auto matches = heard_after(rig, result.stream(), result.stream().clears_ms[0], "vm-goodbye");
    ASSERT_EQ(matches.size(), 1U);
    EXPECT_EQ(matches[0].verdict, lab::Verdict::kClean) << matches[0].reason;

    const auto facts = rig.facts(id, "bargein");
    ASSERT_EQ(facts.size(), 1U);
    EXPECT_EQ(facts[0]["source"].text_or(""), "local");
    EXPECT_EQ(facts[0]["verdict"].text_or(""), "accepted");
    EXPECT_EQ(facts[0]["phase"].text_or(""), "greeting");
    EXPECT_GE(facts[0]["decided_t_ms"].int_or(-1), facts[0]["onset_t_ms"].int_or(0));
    EXPECT_GE(facts[0]["cleared_t_ms"].int_or(-1), facts[0]["last_heard_t_ms"].int_or(0));
    EXPECT_GT(facts[0]["discarded_ms"].int_or(0), 0);
}

TEST(Conversation, P4SpeechTooShortForUsIsRejectedAndClearsNothing) {
    RigOptions options;
    options.gate = "{element: bargein, source: local, min-speech: 900ms, provisional: pause}";
    Rig rig(options);
    auto call = rig.call();
    ASSERT_TRUE(
        call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 30s));
    rig.say(*call, "hello");  // 0.8 s
    ASSERT_TRUE(rig.wait_sql("select 1 from call_events where type = 'bargein'", 1, 30'000));
    EXPECT_EQ(call->result().stream().clears(), 0);
    EXPECT_EQ(rig.sql("select json_extract(body, '$.verdict') || ' ' || json_extract(body, '$.reason') from "
                      "call_events where type = 'bargein'"),
              std::vector<std::string>{"rejected too-short"});
}

TEST(Conversation, Line5P8P9StartAndAudioInOneSegmentWithTheUpgradeAreNotLost) {
    for (const auto where : {lab::Coalesce::kBehindRequest, lab::Coalesce::kBehindResponse}) {
        Rig rig;
        auto call = rig.call([&](auto& o) { o.faults.coalesce = where; });
        ASSERT_TRUE(
            rig.agent().wait([](const auto& s) { return !s.empty() && s[0].audio_bytes_in >= 50 * 160; }, 20'000))
            << "the audio that came with the upgrade is missing";
        call->hang_up();
        expect_one_clean_end(rig, rig.ended_call(call->result().call_sid));
    }
}

TEST(Conversation, P16P17OneSocketForTheWholeCallWithoutFragmentsOrExtensions) {
    Rig rig;
    auto call = rig.call();
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return agent_finished(c, 1); }, 20s));
    call->press("12#");
    ASSERT_TRUE(rig.wait_sql("select 1 from call_events where type = 'dtmf'", 3));
    const auto result = call->result();
    EXPECT_EQ(result.streams.size(), 1U) << "nothing closes and reopens the stream: that would lose the caller's words";
    EXPECT_EQ(result.stream().fragmented_messages, 0);
    EXPECT_EQ(result.violation(lab::kStreamProtocol), nullptr);
    EXPECT_FALSE(result.stream().ended());
}

TEST(Conversation, P10TheGreetingIsHeardFromItsFirstSample) {
    Rig rig;
    auto call = rig.call([](auto& o) { o.faults.start_delay_ms = 500; });
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return agent_finished(c, 1); }, 20s));
    const auto said = rig.agent().sessions()[0].audio_out;
    const auto heard = call->result().stream().heard;
    EXPECT_NE(std::search(heard.begin(), heard.end(), said.begin(), said.begin() + 4000), heard.end());
}

TEST(Conversation, ParametersOfTheWebhookReachTheGraph) {
    Rig rig;
    auto call = rig.call(nullptr, "/twilio/voice/call?greeting=vm-goodbye");
    ASSERT_TRUE(rig.agent().wait([](const auto& s) { return !s.empty() && !s[0].said.empty(); }, 20'000));
    EXPECT_EQ(rig.agent().sessions()[0].said[0].name, "vm-goodbye");
}

TEST(Conversation, FiftyCallsAtOnce) {
    RigOptions options;
    options.deepgram = quick_agent();
    Rig rig(options);
    std::vector<std::unique_ptr<lab::TwilioCall>> calls;
    for (int i = 0; i < 50; ++i) calls.push_back(rig.call());
    for (auto& call : calls) {
        ASSERT_TRUE(call->wait_for([](const CallResult& c) { return agent_finished(c, 1); }, 60s));
    }
    for (auto& call : calls) call->hang_up();
    for (auto& call : calls) expect_one_clean_end(rig, rig.ended_call(call->result().call_sid, 30'000));
    EXPECT_EQ(violations(rig.agent().sessions()), "");
}

}  // namespace
}  // namespace trunkline::test
