// Whole conversations on recorded speech.
#include <gtest/gtest.h>

#include <algorithm>

#include "lab/speech/wav.h"
#include "tests/unit/lab_deepgram/client.h"

namespace trunkline::lab::deepgram {
namespace {

using Types = std::vector<std::string>;

class DeepgramConversations : public ::testing::Test {
  protected:
    void serve(const DeepgramOptions& options) {
        auto started = DeepgramLab::start(options);
        ASSERT_TRUE(started) << started.error().message;
        lab_ = std::move(*started);
    }
    std::string spoken(const std::string& name) {
        const auto bytes = ulaw_encode(recording(name));
        return std::string(bytes.begin(), bytes.end());
    }
    /// One burst of speech, then enough silence to end the turn.
    void say(TestClient& client, const std::string& name) {
        client.speak(recording(name));
        client.silence(800);
    }
    std::unique_ptr<DeepgramLab> lab_;
};

DeepgramOptions slow_audio() {
    auto options = quick_options();
    options.pacing.factor = 1;
    options.pacing.burst_ms = 100;
    return options;
}

TEST_F(DeepgramConversations, Line35GreetingIsTextThenAudioThenDone) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings(R"("greeting":"vm-goodbye")", R"("flags":{"history":false})")));
    ASSERT_TRUE(client.until_type("AgentAudioDone"));
    EXPECT_EQ(client.types(), (Types{"Welcome", "SettingsApplied", "ConversationText", "audio", "AgentAudioDone"}));
    EXPECT_EQ(client.member("ConversationText", "role"), "assistant");
    EXPECT_EQ(client.member("ConversationText", "content"), test_library()->text_of("vm-goodbye"));
    EXPECT_EQ(client.audio(), spoken("vm-goodbye"));
}

TEST_F(DeepgramConversations, Line35TurnHasTheDocumentedOrder) {
    auto options = quick_options();
    options.brain.rules[0].reply.thinking = "considering";
    options.agent_started_speaking = true;
    serve(options);
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings("", R"("flags":{"history":false})")));
    say(client, "agent-pass");
    ASSERT_TRUE(client.until_type("LatencyReport"));
    EXPECT_EQ(client.types(),
              (Types{"Welcome", "SettingsApplied", "UserStartedSpeaking", "ConversationText", "AgentThinking",
                     "ConversationText", "AgentStartedSpeaking", "audio", "AgentAudioDone", "LatencyReport"}));
    EXPECT_EQ(client.audio(), spoken("vm-goodbye"));
    EXPECT_EQ(client.member("AgentThinking", "content"), "considering");
    const SessionRecord record = first(*lab_);
    ASSERT_EQ(record.heard.size(), 1U);
    EXPECT_EQ(record.heard[0].hearing.name(), "agent-pass");
    EXPECT_TRUE(record.violations.empty());
}

TEST_F(DeepgramConversations, TranscriptIsTheRecordingsOwn) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    say(client, "agent-pass");
    ASSERT_TRUE(client.until_type("ConversationText"));
    EXPECT_EQ(client.first_member("ConversationText", "role"), "user");
    EXPECT_EQ(client.first_member("ConversationText", "content"),
              "Please enter your password followed by the pound key.");
}

TEST_F(DeepgramConversations, SpoiltAudioComesBackAsUnintelligible) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    Samples sound = recording("agent-pass");
    sound.erase(sound.begin() + 8000, sound.begin() + 8160);
    client.speak(sound);
    client.silence(800);
    ASSERT_TRUE(client.until_type("ConversationText"));
    EXPECT_EQ(client.first_member("ConversationText", "content"), "[unintelligible]");
}

TEST_F(DeepgramConversations, LinearSixteenInputAndOutputAtTwentyFourKilohertz) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(
        R"({"type":"Settings","audio":{"input":{"encoding":"linear16","sample_rate":24000},"output":{"encoding":"linear16","sample_rate":24000}},"agent":{}})"));
    Samples sound = recording("agent-pass");
    sound.insert(sound.end(), 8000, 0);
    const Samples wide = resample(sound, 8000, 24000);
    client.send_binary(std::string(reinterpret_cast<const char*>(wide.data()), wide.size() * 2));
    ASSERT_TRUE(client.until_type("AgentAudioDone"));
    EXPECT_EQ(first(*lab_).heard.at(0).hearing.name(), "agent-pass") << first(*lab_).heard.at(0).hearing.reason();
    EXPECT_EQ(client.audio().size(), recording("vm-goodbye").size() * 6);
}

TEST_F(DeepgramConversations, Line38WavContainerSendsAHeaderFirst) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(
        R"({"type":"Settings","audio":{"input":{"encoding":"mulaw","sample_rate":8000},"output":{"encoding":"mulaw","sample_rate":8000,"container":"wav"}},"agent":{"greeting":"vm-goodbye"}})"));
    ASSERT_TRUE(client.until_type("AgentAudioDone"));
    EXPECT_EQ(client.audio().substr(0, 4), "RIFF");
    EXPECT_EQ(client.audio().substr(44), spoken("vm-goodbye"));
    EXPECT_TRUE(first(*lab_).violated("advice"));
}

TEST_F(DeepgramConversations, Line35HistoryComesUnlessTheFlagForbidsIt) {
    serve(quick_options());
    TestClient with(lab_->port());
    ASSERT_TRUE(with.set_up(settings(R"("greeting":"vm-goodbye")", R"("flags":{"history":true})")));
    ASSERT_TRUE(with.until_type("AgentAudioDone"));
    EXPECT_EQ(with.count("History"), 1U);
    TestClient without(lab_->port());
    ASSERT_TRUE(without.set_up(settings(R"("greeting":"vm-goodbye")", R"("flags":{"history":false})")));
    ASSERT_TRUE(without.until_type("AgentAudioDone"));
    EXPECT_EQ(without.count("History"), 0U);
}

TEST_F(DeepgramConversations, Line36SpeechStopsTheAudioAtOnce) {
    serve(slow_audio());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings(R"("greeting":"vm-options")")));
    ASSERT_TRUE(client.until([&] { return !client.audio().empty(); }));
    say(client, "auth-thankyou");
    ASSERT_TRUE(client.until_type("UserStartedSpeaking"));
    ASSERT_TRUE(client.until_type("AgentAudioDone"));
    // What came afterwards is the answer alone, whole.
    EXPECT_EQ(client.audio_after("UserStartedSpeaking"), spoken("conf-invalid"));
    const size_t heard = client.audio().size() - spoken("conf-invalid").size();
    EXPECT_TRUE(first(*lab_).said.at(0).interrupted);
    EXPECT_EQ(first(*lab_).said.at(0).bytes_sent, heard);
    EXPECT_LT(heard, first(*lab_).said.at(0).bytes_total);
}

TEST_F(DeepgramConversations, SpeechBeforeAReplysFirstSoundLeavesTheRecordOfTheOneBefore) {
    auto options = slow_audio();
    options.latency = {.by_parts = true, .stt = {}, .think = {}, .speak = {60000, 0}, .greeting_ms = 0};
    serve(options);
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings(R"("greeting":"vm-options")")));
    ASSERT_TRUE(client.until([&] { return !client.audio().empty(); }));
    say(client, "auth-thankyou");
    ASSERT_TRUE(client.until([&] { return client.count("ConversationText") == 3; }));  // the answer's text, no sound
    const auto before = first(*lab_).said;
    say(client, "agent-pass");
    ASSERT_TRUE(client.until([&] { return client.count("UserStartedSpeaking") == 2; }));
    const auto after = first(*lab_).said;
    ASSERT_EQ(after.size(), 1U);
    EXPECT_TRUE(after[0].interrupted);
    EXPECT_GT(after[0].bytes_sent, 0U);
    EXPECT_EQ(after[0].bytes_sent, before.at(0).bytes_sent);
}

TEST_F(DeepgramConversations, Line36UserStartedSpeakingComesWhenNothingPlays) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    client.speak(recording("agent-pass"));
    EXPECT_TRUE(client.until_type("UserStartedSpeaking"));
}

TEST_F(DeepgramConversations, PendingReplyIsDroppedWhenTheCallerSpeaksOn) {
    auto options = quick_options();
    options.latency.scale = 1;
    options.latency.applied_ms = options.latency.welcome_ms = 0;
    options.latency.total = {60000, 0};
    options.latency.stt = {0, 0};
    serve(options);
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    say(client, "agent-pass");
    say(client, "auth-thankyou");
    ASSERT_TRUE(lab_->wait([](const auto& all) { return all[0].heard.size() == 2; }));
    EXPECT_EQ(first(*lab_).heard[1].hearing.name(), "auth-thankyou");
    EXPECT_TRUE(client.audio().empty());
}

TEST_F(DeepgramConversations, InjectedAgentMessageIsSpoken) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    client.send(R"({"type":"InjectAgentMessage","message":"vm-goodbye"})");
    ASSERT_TRUE(client.until_type("AgentAudioDone"));
    EXPECT_EQ(client.audio(), spoken("vm-goodbye"));
}

TEST_F(DeepgramConversations, InjectionIsRefusedWhileTheAgentSpeaks) {
    serve(slow_audio());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings(R"("greeting":"vm-options")")));
    ASSERT_TRUE(client.until([&] { return !client.audio().empty(); }));
    client.send(R"({"type":"InjectAgentMessage","message":"vm-goodbye"})");
    ASSERT_TRUE(client.until_type("InjectionRefused"));
    EXPECT_NE(client.member("InjectionRefused", "message"), "");
}

TEST_F(DeepgramConversations, InjectionIsRefusedByAWarningOnOlderServers) {
    auto options = slow_audio();
    options.refuse_by_warning = true;
    serve(options);
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    client.speak(recording("agent-pass"));
    ASSERT_TRUE(client.until_type("UserStartedSpeaking"));
    client.send(R"({"type":"InjectAgentMessage","message":"vm-goodbye"})");
    ASSERT_TRUE(client.until_type("Warning"));
    EXPECT_EQ(client.member("Warning", "code"), "INJECT_AGENT_MESSAGE_DURING_USER_SPEECH");
}

TEST_F(DeepgramConversations, QueuedInjectionFollowsWhatIsBeingSaid) {
    auto options = slow_audio();
    options.pacing.factor = 20;
    serve(options);
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings(R"("greeting":"auth-thankyou")")));
    ASSERT_TRUE(client.until([&] { return !client.audio().empty(); }));
    client.send(R"({"type":"InjectAgentMessage","message":"vm-goodbye","behavior":"queue"})");
    ASSERT_TRUE(client.until_type("AgentAudioDone", 2));
    EXPECT_EQ(client.audio(), spoken("auth-thankyou") + spoken("vm-goodbye"));
}

TEST_F(DeepgramConversations, InterruptingInjectionReplacesWhatIsBeingSaid) {
    serve(slow_audio());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings(R"("greeting":"vm-options")")));
    ASSERT_TRUE(client.until([&] { return !client.audio().empty(); }));
    client.send(R"({"type":"InjectAgentMessage","message":"vm-goodbye","behavior":"interrupt"})");
    ASSERT_TRUE(client.until_type("AgentAudioDone"));
    EXPECT_LT(client.audio().size(), spoken("vm-options").size());
    EXPECT_EQ(client.audio().substr(client.audio().size() - spoken("vm-goodbye").size()), spoken("vm-goodbye"));
}

TEST_F(DeepgramConversations, InjectedUserMessageIsAnswered) {
    auto options = quick_options();
    options.brain.rules.push_back(Rule{"/booking/", Reply{{"auth-thankyou"}, "", {}, "", "", ""}, false});
    serve(options);
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    client.send(R"({"type":"InjectUserMessage","content":"change my booking"})");
    ASSERT_TRUE(client.until_type("AgentAudioDone"));
    EXPECT_EQ(client.audio(), spoken("auth-thankyou"));
}

TEST_F(DeepgramConversations, UpdatesAreAcknowledged) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    client.send(R"({"type":"UpdatePrompt","prompt":"be kind"})");
    client.send(R"({"type":"UpdateThink","think":{"provider":{"type":"groq","model":"m"}}})");
    client.send(R"({"type":"UpdateSpeak","speak":{"provider":{"type":"deepgram","model":"m"}}})");
    client.send(R"({"type":"UpdateListen","listen":{"provider":{"type":"deepgram","version":"v2","model":"m"}}})");
    ASSERT_TRUE(client.until_type("ListenUpdated"));
    EXPECT_EQ(client.types(),
              (Types{"Welcome", "SettingsApplied", "PromptUpdated", "ThinkUpdated", "SpeakUpdated", "ListenUpdated"}));
}

TEST_F(DeepgramConversations, LongPromptIsWarnedAbout) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    client.send(R"({"type":"UpdatePrompt","prompt":")" + std::string(25001, 'x') + "\"}");
    ASSERT_TRUE(client.until_type("PromptUpdated"));
    EXPECT_EQ(client.member("Warning", "code"), "PROMPT_TOO_LONG");
}

TEST_F(DeepgramConversations, ForceEndTurnNeedsFlux) {
    serve(quick_options());
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings()));
    client.send(R"({"type":"ForceEndTurn"})");
    ASSERT_TRUE(client.until_type("Warning"));
    EXPECT_EQ(client.member("Warning", "code"), "FORCE_END_TURN_UNSUPPORTED");
}

TEST_F(DeepgramConversations, AudioComesInFramesOfTheConfiguredSize) {
    auto options = quick_options();
    options.pacing.frame_ms = 20;
    serve(options);
    TestClient client(lab_->port());
    ASSERT_TRUE(client.set_up(settings(R"("greeting":"vm-goodbye")")));
    ASSERT_TRUE(client.until_type("AgentAudioDone"));
    const auto& all = client.messages();
    EXPECT_EQ(
        std::count_if(all.begin(), all.end(), [](const ClientMessage& m) { return m.binary && m.bytes.size() > 160; }),
        0);
}

TEST_F(DeepgramConversations, FiftySessionsTalkAtOnce) {
    serve(quick_options());
    std::vector<std::unique_ptr<TestClient>> clients;
    for (int i = 0; i < 50; ++i) clients.push_back(std::make_unique<TestClient>(lab_->port()));
    for (auto& client : clients) ASSERT_TRUE(client->set_up(settings()));
    for (auto& client : clients) say(*client, "agent-pass");
    for (auto& client : clients) {
        ASSERT_TRUE(client->until_type("LatencyReport"));
        EXPECT_EQ(client->audio(), spoken("vm-goodbye"));
    }
    for (const SessionRecord& record : lab_->sessions()) EXPECT_TRUE(record.violations.empty());
}

}  // namespace
}  // namespace trunkline::lab::deepgram
