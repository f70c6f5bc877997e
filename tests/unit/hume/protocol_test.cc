// Messages of EVI: every type, what is missing or strange in them, and what we write.
#include "elements/hume/hume_protocol.h"

#include <gtest/gtest.h>

#include "elements/hume/session_rules.h"
#include "engine/core/base64.h"
#include "engine/core/json.h"

namespace trunkline::hume {
namespace {

template <class T>
T read(std::string_view text) {
    auto message = parse_server_message(text);
    EXPECT_TRUE(message) << (message ? "" : message.error().message);
    if (!message || !std::holds_alternative<T>(*message)) {
        ADD_FAILURE() << "another message: " << text;
        return {};
    }
    return std::get<T>(*std::move(message));
}

std::string error_of(std::string_view text) {
    auto message = parse_server_message(text);
    EXPECT_FALSE(message) << text;
    return message ? "" : message.error().code;
}

std::string all_scores(double score) {
    JsonWriter w;
    w.begin_object();
    for (const Expression& e : kExpressionTable) w.field(e.name, score);
    return w.end().take();
}

TEST(HumeProtocol, TheChatsIdsAreRead) {
    const auto chat = read<ChatMetadata>(
        R"({"type":"chat_metadata","chat_id":"c-1","chat_group_id":"g-1","request_id":"r-1","custom_session_id":"x"})");
    EXPECT_EQ(chat.chat_id, "c-1");
    EXPECT_EQ(chat.chat_group_id, "g-1");
    EXPECT_EQ(error_of(R"({"type":"chat_metadata"})"), "bad-message");
}

TEST(HumeProtocol, AllFortyEightScoresAreReadByTheirExactNames) {
    const auto said = read<UserMessage>(
        R"({"type":"user_message","from_text":false,"interim":false,"message":{"role":"user","content":"hi"},)"
        R"("models":{"prosody":{"scores":)" +
        all_scores(0.25) + R"(}},"time":{"begin":1,"end":2},"language":"en"})");
    EXPECT_EQ(said.content, "hi");
    EXPECT_EQ(said.language, "en");
    EXPECT_FALSE(said.interim);
    ASSERT_TRUE(said.scores);
    for (const double score : *said.scores) EXPECT_EQ(score, 0.25);
}

TEST(HumeProtocol, ScoresAreKeptInTheirBoundsAndStrangersAreIgnored) {
    const auto said =
        read<UserMessage>(R"({"type":"user_message","message":{"content":"a"},"models":{"prosody":{"scores":)"
                          R"({"Joy":1.5,"Anger":-1,"Fear":"high","Zeal":0.9}}}})");
    ASSERT_TRUE(said.scores);
    EXPECT_EQ((*said.scores)[find_expression("Joy").value()], 1);
    EXPECT_EQ((*said.scores)[find_expression("Anger").value()], 0);
    EXPECT_EQ((*said.scores)[find_expression("Fear").value()], 0);
}

TEST(HumeProtocol, NoScoresAreNoScoresAndNotZeros) {
    for (const char* models :
         {"{}", R"({"prosody":null})", R"({"prosody":{"scores":{}}})", R"({"prosody":{"scores":{"Zeal":1}}})", "[]"}) {
        EXPECT_FALSE(read<UserMessage>(R"({"type":"user_message","message":{"content":"a"},"models":)" +
                                       std::string(models) + "}")
                         .scores)
            << models;
    }
}

TEST(HumeProtocol, HumeLine9_AnInterimMessageSaysSo) {
    EXPECT_TRUE(read<UserMessage>(R"({"type":"user_message","interim":true,"message":{"content":"a"}})").interim);
    EXPECT_FALSE(read<UserMessage>(R"({"type":"user_message","message":{"content":"a"}})").interim);
    EXPECT_EQ(error_of(R"({"type":"user_message","interim":true})"), "bad-message");
}

TEST(HumeProtocol, TheAssistantsTextAndExpressionHaveTheSegmentsId) {
    const auto said =
        read<AssistantMessage>(R"({"type":"assistant_message","id":"a-1","from_text":true,"is_quick_response":true,)"
                               R"("message":{"role":"assistant","content":"Hi."},"models":{}})");
    EXPECT_EQ(said.id, "a-1");
    EXPECT_EQ(said.content, "Hi.");
    EXPECT_TRUE(said.from_text && said.quick);
    EXPECT_FALSE(said.scores);
    const auto heard = read<AssistantProsody>(
        R"({"type":"assistant_prosody","id":"a-1","models":{"prosody":{"scores":{"Joy":0.5}}}})");
    EXPECT_EQ(heard.id, "a-1");
    EXPECT_TRUE(heard.scores);
}

TEST(HumeProtocol, AudioIsDecodedWhereverItsFieldsStand) {
    for (const char* text : {R"({"type":"audio_output","id":"a-1","index":3,"data":"YWJj"})",
                             R"({"data":"YWJj","index":3,"id":"a-1","type":"audio_output"})",
                             R"({"data" : "YWJj","custom_session_id":null,"id":"a-1","index":3,"type":"audio_output"})",
                             R"({"type":"audio_output","id":"a-1","index":3,"data":"YW\u004aj"})"}) {
        auto message = parse_server_message(text);
        ASSERT_TRUE(message) << text;
        const auto& audio = std::get<AudioOutput>(*message);
        EXPECT_EQ(audio.id, "a-1");
        EXPECT_EQ(audio.index, 3);
        EXPECT_EQ(std::string(audio.wav.begin(), audio.wav.end()), "abc");
    }
    const auto bare = read<AudioOutput>(R"({"type":"audio_output","id":"a","index":"x","data":""})");
    EXPECT_EQ(bare.index, -1);
    EXPECT_TRUE(bare.wav.empty());
}

TEST(HumeProtocol, AudioHiddenBetweenLongFieldsIsAnErrorThatSaysSo) {
    const std::string pad(5000, 'A');
    auto message =
        parse_server_message(R"({"x":")" + pad + R"(","type":"audio_output","id":"a","index":0,"data":"YWJj","y":")" +
                             std::string(600, 'B') + "\"}");
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().code, "bad-message");
}

TEST(HumeProtocol, WrongAudioIsAnErrorAndNotNoise) {
    EXPECT_EQ(error_of(R"({"type":"audio_output","id":"a","index":0,"data":"not base64!"})"), "bad-message");
    EXPECT_EQ(error_of(R"({"type":"audio_output","id":"a","index":0})"), "bad-message");
    EXPECT_EQ(error_of(R"({"type":"audio_output","id":"a","index":0,"data":7})"), "bad-message");
    EXPECT_EQ(error_of(R"({"type":"audio_output","id":"a","index":0,"data":"YWJj)"), "bad-json");
    EXPECT_EQ(error_of(R"("audio_output")"), "bad-json");
}

TEST(HumeProtocol, AMessageThatOnlySpeaksOfAudioIsWhatItIs) {
    EXPECT_EQ(read<UserMessage>(R"({"type":"user_message","message":{"content":"\"audio_output\""}})").content,
              "\"audio_output\"");
    EXPECT_EQ(
        read<UserMessage>(R"({"type":"user_message","message":{"content":"audio_output"},"x":"audio_output"})").content,
        "audio_output");
}

TEST(HumeProtocol, AnInterruptionIsReadWhateverItsTimeIs) {
    read<UserInterruption>(R"({"type":"user_interruption","time":1760000000123})");
    read<UserInterruption>(R"({"type":"user_interruption","time":{"begin":1}})");
    read<UserInterruption>(R"({"type":"user_interruption"})");
}

TEST(HumeProtocol, ToolCallsCarryTheirParametersAsText) {
    const auto call = read<ToolCallRequest>(
        R"({"type":"tool_call","tool_call_id":"tc-1","name":"lookup","parameters":"{\"id\":7}","response_required":true,"tool_type":"function"})");
    EXPECT_EQ(call.id, "tc-1");
    EXPECT_EQ(call.parameters, "{\"id\":7}");
    EXPECT_TRUE(call.response_required);
    EXPECT_EQ(
        read<ToolCallRequest>(R"({"type":"tool_call","tool_call_id":"t","name":"n","parameters":{"a":1}})").parameters,
        "{\"a\":1}");
    EXPECT_EQ(error_of(R"({"type":"tool_call","name":"n"})"), "bad-message");
    const std::string long_id(129, 'x');
    EXPECT_FALSE(parse_server_message(R"({"type":"tool_call","tool_call_id":")" + long_id + R"(","name":"n"})"));
    EXPECT_EQ(read<ToolOutcome>(R"({"type":"tool_error","tool_call_id":"t","error":"no"})").error, "no");
    EXPECT_EQ(read<ToolOutcome>(R"({"type":"tool_response","tool_call_id":"t","content":"x"})").id, "t");
}

TEST(HumeProtocol, HumeLine11_UnknownTypesAndFieldsAreTolerated) {
    EXPECT_EQ(read<UnknownMessage>(R"({"type":"next_year","x":[1,{"y":2}]})").type, "next_year");
    EXPECT_EQ(read<Ignored>(R"({"type":"session_settings","audio":{}})").type, "session_settings");
    read<AssistantEnd>(R"({"type":"assistant_end","custom_session_id":"x","more":1})");
}

TEST(HumeProtocol, WhatIsLargerThanAnyTextIsAnError) {
    const std::string words(300U << 10, 'w');
    EXPECT_EQ(error_of(R"({"type":"assistant_message","message":{"content":")" + words + R"("}})"), "too-large");
    EXPECT_EQ(error_of(R"({"type":"error","code":"E0101","message":")" + words + R"("})"), "too-large");
}

TEST(HumeProtocol, WhatIsNoMessageIsAnError) {
    EXPECT_EQ(error_of(""), "bad-json");
    EXPECT_EQ(error_of("{"), "bad-json");
    EXPECT_EQ(error_of("[]"), "no-type");
    EXPECT_EQ(error_of(R"({"type":7})"), "no-type");
}

TEST(HumeProtocol, WhatIsWrittenIsJsonWithTheDocumentedNames) {
    std::string audio = "left over";
    const uint8_t pcm[] = {0, 0, 255, 255, 0};
    write_audio_input(pcm, audio);
    EXPECT_EQ(audio, R"({"type":"audio_input","data":"AAD//wA="})");
    write_audio_input({}, audio);
    EXPECT_EQ(audio, R"({"type":"audio_input","data":""})");
    EXPECT_EQ(write_user_input("a\"b"), R"({"type":"user_input","text":"a\"b"})");
    EXPECT_EQ(write_assistant_input("hi"), R"({"type":"assistant_input","text":"hi"})");
    EXPECT_EQ(write_pause(), R"({"type":"pause_assistant_message"})");
    EXPECT_EQ(write_resume(), R"({"type":"resume_assistant_message"})");
    EXPECT_EQ(write_tool_response("t", "n", "function", "c"),
              R"({"type":"tool_response","tool_call_id":"t","content":"c","tool_name":"n","tool_type":"function"})");
    EXPECT_EQ(
        write_tool_error("t", "function", "e", "c"),
        R"({"type":"tool_error","tool_call_id":"t","error":"e","content":"c","level":"warn","tool_type":"function"})");
    EXPECT_EQ(write_prompt("p"), R"({"type":"session_settings","system_prompt":"p"})");
    EXPECT_EQ(write_context("c"), R"({"type":"session_settings","context":{"text":"c","type":"persistent"}})");
    EXPECT_EQ(write_context(""), R"({"type":"session_settings","context":null})");
}

TEST(HumeRules, HumeLine12_WhatMayPassIsToldFromWhatMayNot) {
    EXPECT_EQ(kind_of_error("E0101"), ErrorKind::kOfOneMessage);
    EXPECT_EQ(kind_of_error("E0201"), ErrorKind::kOfOneMessage);
    EXPECT_EQ(kind_of_error("E0300"), ErrorKind::kOfAccount);
    EXPECT_EQ(kind_of_error("E0500"), ErrorKind::kOfTheMoment);
    EXPECT_TRUE(refusal_may_pass(503));
    EXPECT_TRUE(refusal_may_pass(429));
    EXPECT_TRUE(refusal_may_pass(0));
    EXPECT_FALSE(refusal_may_pass(401));
    EXPECT_EQ(refused({401, ""}).code, "unauthorized");
    EXPECT_NE(refused({401, ""}).message.find("HUME_API_KEY"), std::string::npos);
    EXPECT_EQ(refused({400, "x"}).code, "refused");
}

}  // namespace
}  // namespace trunkline::hume
