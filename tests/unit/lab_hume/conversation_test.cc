// Turns, sentences, text, pauses.
#include <map>

#include "tests/unit/lab_hume/client.h"

namespace trunkline::lab::hume {
namespace {

using HumeConversation = HumeTest;
using Order = std::vector<std::string>;

TEST_F(HumeConversation, HumeLine14_MetadataComesFirstThenTheDocumentedOrder) {
    auto options = quick_options();
    options.brain.greeting = "conf-invalid";
    serve(options);
    client_->declare();
    ASSERT_TRUE(client_->until_type("assistant_end"));
    client_->ask(recording("agent-pass"));
    ASSERT_TRUE(client_->until_type("assistant_end", 2));
    EXPECT_EQ(client_->order(),
              (Order{"chat_metadata", "assistant_message", "audio_output", "assistant_prosody", "assistant_end",
                     "user_message", "assistant_message", "audio_output", "assistant_prosody", "assistant_end"}));
    const auto user = client_->of("user_message")[0];
    EXPECT_EQ(user["message"]["content"], transcript("agent-pass"));
    EXPECT_EQ(user["interim"], false);
    EXPECT_EQ(user["from_text"], false);
    EXPECT_LT(user["time"]["begin"], user["time"]["end"]);
    EXPECT_TRUE(first(*lab_).violations.empty());
}

TEST_F(HumeConversation, HumeLine14_MetadataComesBeforeAnAnswerToAnEagerClient) {
    auto options = quick_options();
    options.latency.scale = 1;
    serve(options);
    client_->send(R"({"type":"assistant_input","text":"conf-invalid"})");
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(client_->order().front(), "chat_metadata");
}

TEST_F(HumeConversation, HumeLine14_IdsAndIndexesAreConsistentAndEveryMessageIsAWavFile) {
    auto options = quick_options();
    options.brain.rules[0].reply.say = {"vm-goodbye", "conf-invalid"};
    serve(options);
    client_->declare();
    client_->ask(recording("agent-pass"));
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(client_->order(),
              (Order{"chat_metadata", "user_message", "assistant_message", "audio_output", "assistant_prosody",
                     "assistant_message", "audio_output", "assistant_prosody", "assistant_end"}));
    const auto sentences = client_->of("assistant_message");
    const auto prosody = client_->of("assistant_prosody");
    const auto first_id = sentences[0]["id"].get<std::string>();
    const auto second_id = sentences[1]["id"].get<std::string>();
    EXPECT_NE(first_id, second_id);
    EXPECT_EQ(prosody[0]["id"], first_id);
    std::map<std::string, Samples> sounds;
    std::map<std::string, int> next;
    for (const Piece& piece : client_->pieces()) {
        EXPECT_EQ(piece.index, next[piece.id]++);
        const auto wav = parse_wav(piece.wav);
        ASSERT_TRUE(wav) << wav.error().message;
        EXPECT_EQ(wav->rate, 48000);
        EXPECT_EQ(wav->channels, 1);
        auto& sound = sounds[piece.id];
        sound.insert(sound.end(), wav->samples.begin(), wav->samples.end());
    }
    ASSERT_EQ(sounds.size(), 2U);
    EXPECT_GE(next[first_id], 3);
    EXPECT_EQ(sounds[first_id], resample(recording("vm-goodbye"), 8000, 48000));
    EXPECT_EQ(sounds[second_id], resample(recording("conf-invalid"), 8000, 48000));
}

TEST_F(HumeConversation, HumeLine17_InterimMessagesComeOnlyWhenAskedFor) {
    auto options = quick_options();
    serve(options);
    client_->declare();
    client_->ask(recording("vm-options"));
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(client_->of("user_message").size(), 1U);

    serve(options, {"api_key=k&verbose_transcription=true", {}, "/v0/evi/chat"});
    client_->declare();
    client_->ask(recording("vm-options"));
    ASSERT_TRUE(client_->until_type("assistant_end"));
    const auto heard = client_->of("user_message");
    ASSERT_GT(heard.size(), 1U);
    const std::string whole = transcript("vm-options");
    for (size_t i = 0; i < heard.size(); ++i) EXPECT_EQ(heard[i]["interim"], i + 1 < heard.size());
    EXPECT_EQ(heard.back()["message"]["content"], whole);
    const auto early = heard[0]["message"]["content"].get<std::string>();
    EXPECT_LT(early.size(), whole.size());
    EXPECT_EQ(whole.compare(0, early.size(), early), 0) << early;
}

TEST_F(HumeConversation, TypedTextIsATurn) {
    serve(quick_options());
    client_->send(R"({"type":"user_input","text":"agent-pass"})");
    ASSERT_TRUE(client_->until_type("assistant_end"));
    const auto user = client_->of("user_message").at(0);
    EXPECT_EQ(user["from_text"], true);
    EXPECT_EQ(user["message"]["content"], "agent-pass");
    EXPECT_EQ(client_->order()[2], "assistant_message");
}

TEST_F(HumeConversation, AssistantInputIsSpoken) {
    serve(quick_options());
    client_->send(R"({"type":"assistant_input","text":"vm-goodbye"})");
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(client_->of("assistant_message").at(0)["from_text"], true);
    EXPECT_FALSE(client_->pieces().empty());
}

TEST_F(HumeConversation, WhilePausedItListensAndThenAnswersTheLastTurnOnly) {
    serve(quick_options());
    client_->declare();
    client_->send(R"({"type":"pause_assistant_message"})");
    client_->ask(recording("vm-options"));
    client_->ask(recording("agent-pass"));
    ASSERT_TRUE(client_->until_type("user_message", 2));
    EXPECT_EQ(client_->count("assistant_message"), 0U);
    client_->send(R"({"type":"resume_assistant_message"})");
    ASSERT_TRUE(client_->until_type("assistant_end"));
    ASSERT_EQ(client_->of("assistant_message").size(), 1U);
    EXPECT_EQ(client_->of("assistant_message")[0]["message"]["content"], transcript("vm-goodbye"));
}

TEST_F(HumeConversation, PauseMayStopTheSentence) {
    auto options = quick_options();
    options.brain.greeting = "vm-options";
    options.pacing.factor = 0.2;
    options.pause_stops_speech = true;
    serve(options);
    ASSERT_TRUE(client_->until_type("audio_output"));
    client_->send(R"({"type":"pause_assistant_message"})");
    ASSERT_TRUE(until_session([](const auto& s) { return s.said.at(0).interrupted; }));
    EXPECT_EQ(client_->count("user_interruption"), 0U);
}

TEST_F(HumeConversation, CustomSessionIdIsOnEveryLaterMessage) {
    serve(quick_options());
    client_->send(R"({"type":"session_settings","custom_session_id":"call-17"})");
    client_->send(R"({"type":"user_input","text":"hello"})");
    ASSERT_TRUE(client_->until_type("assistant_end"));
    for (const char* type : {"user_message", "assistant_message", "audio_output", "assistant_end"}) {
        EXPECT_EQ(client_->member(type, "custom_session_id"), "call-17") << type;
    }
}

TEST_F(HumeConversation, SettingsMayChangeAtAnyTimeAndKeysAreNotKept) {
    serve(quick_options());
    client_->declare();
    client_->send(R"({"type":"session_settings","context":{"text":"c"},"language_model_api_key":"s3cret"})");
    client_->send(R"({"type":"session_settings","context":null})");
    ASSERT_TRUE(until_session([](const auto& s) { return s.received.size() == 3; }));
    ASSERT_TRUE(until_session([](const auto& s) { return s.details.count("context") != 0; }));
    ASSERT_TRUE(until_session([](const auto& s) { return s.details.at("context").empty(); }));
    for (const auto& m : first(*lab_).received) EXPECT_EQ(m.text.find("s3cret"), std::string::npos);
}

TEST_F(HumeConversation, CommandsActOnALiveSession) {
    serve(quick_options());
    ASSERT_TRUE(client_->until_type("chat_metadata"));
    Command command;
    command.kind = Command::Kind::kSay;
    command.text = "vm-goodbye";
    lab_->command(1, command);
    ASSERT_TRUE(client_->until_type("assistant_end"));
    command.kind = Command::Kind::kText;
    command.text = R"({"type":"from_the_test"})";
    lab_->command(1, command);
    ASSERT_TRUE(client_->until_type("from_the_test"));
    command.kind = Command::Kind::kError;
    command.text = "E0300";
    lab_->command(1, command);
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->error_code(), "E0300");
}

TEST_F(HumeConversation, OptionsMayChangeBetweenSessions) {
    serve(quick_options());
    ASSERT_TRUE(client_->until_type("chat_metadata"));
    auto options = quick_options();
    options.faults.close_at_ms = 0;
    lab_->set_options(options);
    TestClient second(lab_->port());
    EXPECT_TRUE(second.until_closed());
    EXPECT_FALSE(client_->closed());
}

}  // namespace
}  // namespace trunkline::lab::hume
