// Every message of Deepgram's Voice Agent v1, and what is not one.
#include "elements/deepgram/deepgram_protocol.h"

#include <gtest/gtest.h>

#include "engine/core/json.h"

namespace trunkline::deepgram {
namespace {

template <class T>
T parsed(std::string_view text) {
    auto message = parse_server_message(text);
    EXPECT_TRUE(message) << (message ? "" : message.error().message);
    if (!message || !std::holds_alternative<T>(*message)) {
        ADD_FAILURE() << "another type: " << text;
        return {};
    }
    return std::get<T>(*message);
}

std::string error_of(std::string_view text) {
    auto message = parse_server_message(text);
    return message ? "none" : message.error().code;
}

Json json(const std::string& text) { return Json::parse(text).value(); }

TEST(DeepgramProtocol, WelcomeCarriesTheRequestId) {
    EXPECT_EQ(parsed<Welcome>(R"({"type":"Welcome","request_id":"r-1"})").request_id, "r-1");
}

TEST(DeepgramProtocol, AcknowledgementsNameTheirPart) {
    parsed<SettingsApplied>(R"({"type":"SettingsApplied"})");
    EXPECT_EQ(parsed<Updated>(R"({"type":"PromptUpdated"})").part, Updated::Part::kPrompt);
    EXPECT_EQ(parsed<Updated>(R"({"type":"ThinkUpdated"})").part, Updated::Part::kThink);
    EXPECT_EQ(parsed<Updated>(R"({"type":"SpeakUpdated"})").part, Updated::Part::kSpeak);
    EXPECT_EQ(parsed<Updated>(R"({"type":"ListenUpdated"})").part, Updated::Part::kListen);
}

TEST(DeepgramProtocol, ConversationTextHasRoleTextAndLanguages) {
    const auto said = parsed<ConversationText>(
        R"({"type":"ConversationText","role":"user","content":"grüß 😀","languages":["de","en"],"languages_hinted":["de"]})");
    EXPECT_EQ(said.role, Role::kUser);
    EXPECT_EQ(said.content, "grüß 😀");
    EXPECT_EQ(said.languages, (std::vector<std::string>{"de", "en"}));
    EXPECT_EQ(parsed<ConversationText>(R"({"type":"ConversationText","role":"assistant","content":""})").role,
              Role::kAssistant);
}

TEST(DeepgramProtocol, ConversationTextOfAStrangeRoleIsRefused) {
    EXPECT_EQ(error_of(R"({"type":"ConversationText","role":"narrator","content":"x"})"), "bad-message");
    EXPECT_EQ(error_of(R"({"type":"ConversationText","role":"user","content":7})"), "bad-message");
}

TEST(DeepgramProtocol, SpeechSignalsAreBare) {
    parsed<UserStartedSpeaking>(R"({"type":"UserStartedSpeaking"})");
    parsed<AgentAudioDone>(R"({"type":"AgentAudioDone","extra":{"deep":[1,2]}})");
    EXPECT_EQ(parsed<AgentThinking>(R"({"type":"AgentThinking","content":"hm"})").content, "hm");
}

TEST(DeepgramProtocol, FunctionCallRequestKeepsAllOfEachCall) {
    const auto request = parsed<FunctionCallRequest>(
        R"({"type":"FunctionCallRequest","functions":[
            {"id":"f1","name":"look","arguments":"{\"a\":1}","client_side":true,"thought_signature":"sig"},
            {"id":"f2","name":"own","arguments":"{}","client_side":false},
            {"id":"f3","name":"odd","arguments":{"b":2},"client_side":true}]})");
    ASSERT_EQ(request.functions.size(), 3U);
    EXPECT_EQ(request.functions[0].arguments, R"({"a":1})");
    EXPECT_EQ(request.functions[0].thought_signature, "sig");
    EXPECT_TRUE(request.functions[0].client_side);
    EXPECT_FALSE(request.functions[1].client_side);
    EXPECT_FALSE(request.functions[1].thought_signature);
    EXPECT_EQ(request.functions[2].arguments, R"({"b":2})");
}

TEST(DeepgramProtocol, AFunctionCallWithoutIdCannotBeAnswered) {
    EXPECT_EQ(error_of(R"({"type":"FunctionCallRequest","functions":[{"name":"look"}]})"), "bad-message");
    EXPECT_EQ(error_of(R"({"type":"FunctionCallRequest","functions":{}})"), "bad-message");
    EXPECT_EQ(error_of(R"({"type":"FunctionCallCancelled"})"), "bad-message");
}

TEST(DeepgramProtocol, CancellationNamesTheCalls) {
    const auto cancelled =
        parsed<FunctionCallCancelled>(R"({"type":"FunctionCallCancelled","functions":[{"id":"f1","name":"look"}]})");
    ASSERT_EQ(cancelled.functions.size(), 1U);
    EXPECT_EQ(cancelled.functions[0].id, "f1");
}

TEST(DeepgramProtocol, ServerSideResultMayHaveNoId) {
    const auto result = parsed<FunctionCallResult>(R"({"type":"FunctionCallResponse","name":"own","content":"42"})");
    EXPECT_EQ(result.id, "");
    EXPECT_EQ(result.content, "42");
}

TEST(DeepgramProtocol, LatenciesThatWereNotSentAreNotZero) {
    const auto report = parsed<LatencyReport>(R"({"type":"LatencyReport","stt_latency":0.12,"total_latency":1})");
    EXPECT_EQ(report.stt_latency, 0.12);
    EXPECT_EQ(report.total_latency, 1.0);
    EXPECT_FALSE(report.tts_latency);
    const auto started = parsed<AgentStartedSpeaking>(R"({"type":"AgentStartedSpeaking","ttt_latency":"fast"})");
    EXPECT_FALSE(started.ttt_latency);
}

TEST(DeepgramProtocol, WarningAndErrorHaveCodeAndDescription) {
    const auto warning = parsed<Warning>(R"({"type":"Warning","code":"SLOW_THINK_REQUEST","description":"slow"})");
    EXPECT_EQ(warning.code, "SLOW_THINK_REQUEST");
    const auto error = parsed<ServerError>(R"({"type":"Error","code":"INVALID_SETTINGS","description":"no"})");
    EXPECT_EQ(error.code, "INVALID_SETTINGS");
    EXPECT_EQ(error.description, "no");
    EXPECT_EQ(parsed<InjectionRefused>(R"({"type":"InjectionRefused","message":"busy"})").message, "busy");
}

TEST(DeepgramProtocol, HistoryComesInTwoForms) {
    const auto text = parsed<History>(R"({"type":"History","role":"assistant","content":"hi"})");
    EXPECT_EQ(text.role, Role::kAssistant);
    const auto calls = parsed<History>(
        R"({"type":"History","function_calls":[{"id":"f1","name":"look","client_side":true,"arguments":"{}","response":"x"}]})");
    EXPECT_FALSE(calls.role);
    ASSERT_EQ(calls.function_calls.size(), 1U);
    EXPECT_EQ(calls.function_calls[0].name, "look");
}

TEST(DeepgramProtocol, UnknownTypesAndFieldsAreTolerated) {
    EXPECT_EQ(parsed<UnknownMessage>(R"({"type":"AgentDreams","of":["sheep"]})").type, "AgentDreams");
    parsed<Welcome>(R"({"type":"Welcome","request_id":5,"new":null})");
}

TEST(DeepgramProtocol, GarbageIsAnErrorAndNothingElse) {
    for (const char* text :
         {"", "{", "null", "[]", "\"Welcome\"", "{\"type\":\"Welcome\"", "{} {}", "\xff\xfe", "{\"type\"}"}) {
        EXPECT_NE(error_of(text), "none") << text;
    }
    EXPECT_EQ(error_of("{}"), "no-type");
    EXPECT_EQ(error_of(R"({"type":7})"), "no-type");
    EXPECT_EQ(error_of(std::string(100, '[') + std::string(100, ']')), "bad-json");
}

TEST(DeepgramProtocol, AMessageAboveTheLimitIsNotRead) {
    const std::string big = R"({"type":"AgentThinking","content":")" + std::string(5U << 20, 'a') + "\"}";
    EXPECT_EQ(error_of(big), "bad-json");
    const std::string fine = R"({"type":"AgentThinking","content":")" + std::string(1U << 20, 'a') + "\"}";
    EXPECT_EQ(parsed<AgentThinking>(fine).content.size(), 1U << 20);
}

TEST(DeepgramProtocol, ClientMessagesHaveTheirDocumentedShape) {
    EXPECT_EQ(write_keep_alive(), R"({"type":"KeepAlive"})");
    EXPECT_EQ(write_force_end_turn(), R"({"type":"ForceEndTurn"})");
    EXPECT_EQ(write_update_prompt("be \"kind\""), R"({"type":"UpdatePrompt","prompt":"be \"kind\""})");
    EXPECT_EQ(write_inject_user("hi"), R"({"type":"InjectUserMessage","content":"hi"})");
    EXPECT_EQ(write_inject_agent("wait", InjectBehavior::kQueue),
              R"({"type":"InjectAgentMessage","message":"wait","behavior":"queue"})");
    EXPECT_EQ(write_inject_agent("wait", InjectBehavior::kDefault),
              R"({"type":"InjectAgentMessage","message":"wait"})");
    EXPECT_EQ(write_update_think(R"({"a":1})"), R"({"type":"UpdateThink","think":{"a":1}})");
    EXPECT_EQ(write_update_speak("[]"), R"({"type":"UpdateSpeak","speak":[]})");
    EXPECT_EQ(write_update_listen("{}"), R"({"type":"UpdateListen","listen":{"provider":{}}})");
}

TEST(DeepgramProtocol, FunctionResponseCarriesIdNameContentAndSignature) {
    const FunctionCall call{"f1", "look", "{}", true, "sig\n"};
    const Json message = json(write_function_response(call, "{\"status\":\"open\"}"));
    EXPECT_EQ(message["type"].text_or(""), "FunctionCallResponse");
    EXPECT_EQ(message["id"].text_or(""), "f1");
    EXPECT_EQ(message["name"].text_or(""), "look");
    EXPECT_EQ(message["content"].text_or(""), "{\"status\":\"open\"}");
    EXPECT_EQ(message["thought_signature"].text_or(""), "sig\n");
    EXPECT_FALSE(json(write_function_response({"f2", "look", "", true, {}}, ""))["thought_signature"].exists());
}

TEST(DeepgramProtocol, InjectBehaviorsAreReadByName) {
    EXPECT_EQ(parse_inject_behavior("interrupt"), InjectBehavior::kInterrupt);
    EXPECT_FALSE(parse_inject_behavior("shout"));
}

}  // namespace
}  // namespace trunkline::deepgram
