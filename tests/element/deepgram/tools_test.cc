// deepgramagent: functions of the agent that we run.
#include <gtest/gtest.h>

#include "engine/net/signature.h"
#include "tests/support/deepgram_rig.h"

namespace trunkline::test {
namespace {

const char* kFunctions = R"([{"name":"lookup"},{"name":"other","endpoint":{"url":"https://example.invalid"}}])";

std::string ask(const std::string& id, const std::string& name, const std::string& arguments = "{}") {
    JsonWriter w;
    w.begin_object().field("type", "FunctionCallRequest").key("functions").begin_array().begin_object();
    w.field("id", id).field("name", name).field("arguments", arguments).field("client_side", true).end().end().end();
    return w.take();
}

DeepgramRigOptions with_tools(AgentScript script = {}, std::map<std::string, std::string> more = {}) {
    more.try_emplace("functions", kFunctions);
    more.try_emplace("tool-url", "@tool");
    return {.script = std::move(script), .properties = std::move(more)};
}

Json answer(const DeepgramRig& rig, size_t index = 0) {
    return Json::parse(rig.server.log().texts("FunctionCallResponse").at(index)).value();
}

std::string error_in(const Json& response) {
    return Json::parse(response["content"].text_or("")).value()["error"].text_or("");
}

TEST(DeepgramTools, TheRequestCarriesCallToolAndArgumentsAndIsSigned) {
    DeepgramRig rig(with_tools({}, {{"tool-secret", "s3cret"}}));
    ASSERT_TRUE(rig.talk());
    rig.server.text(ask("f1", "lookup", R"({"id":7})"));
    ASSERT_TRUE(rig.server.wait_text("FunctionCallResponse"));
    const auto post = rig.server.log().posts.at(0);
    EXPECT_EQ(post.body, R"({"call_id":"call_test","tool_call_id":"f1","name":"lookup","arguments":{"id":7}})");
    EXPECT_EQ(post.signature, webhook_signature("s3cret", post.id, std::stoll(post.timestamp), post.body));
}

TEST(DeepgramTools, CallAndResultAreFactsWithTheTimeItTook) {
    DeepgramRig rig(with_tools({.tool_body = "found"}));
    ASSERT_TRUE(rig.talk());
    rig.server.text(ask("f1", "lookup", R"({"id":7})"));
    ASSERT_TRUE(rig.wait_fact("tool.result"));
    const Json call = rig.facts("tool.call").at(0), result = rig.facts("tool.result").at(0);
    EXPECT_EQ(call["tool_call_id"].text_or(""), "f1");
    EXPECT_EQ(call["name"].text_or(""), "lookup");
    EXPECT_EQ(call["arguments"]["id"].int_or(0), 7);
    EXPECT_EQ(result["result"].text_or(""), "found");
    EXPECT_TRUE(result["duration_ms"].is_number());
    EXPECT_FALSE(result["error"].exists());
}

TEST(DeepgramTools, AToolThatHangsIsAnsweredWithAnErrorInTime) {
    DeepgramRig rig(with_tools({.tool_hangs = true}, {{"tool-timeout", "50000000"}}));
    ASSERT_TRUE(rig.talk());
    rig.server.text(ask("f1", "lookup"));
    ASSERT_TRUE(rig.server.wait_text("FunctionCallResponse"));
    EXPECT_NE(error_in(answer(rig)).find("50 ms"), std::string::npos);
    ASSERT_TRUE(rig.wait_fact("tool.result"));
    EXPECT_NE(rig.facts("tool.result").at(0)["error"].text_or(""), "");
    EXPECT_TRUE(rig.server.wait([](const auto& log) { return log.tool_aborts == 1; }));
}

TEST(DeepgramTools, AFailingToolIsAnsweredWithAnError) {
    DeepgramRig rig(with_tools({.tool_status = 500}));
    ASSERT_TRUE(rig.talk());
    rig.server.text(ask("f1", "lookup"));
    ASSERT_TRUE(rig.server.wait_text("FunctionCallResponse"));
    EXPECT_NE(error_in(answer(rig)).find("500"), std::string::npos);
}

TEST(DeepgramTools, AToolNobodyRunsIsAnsweredWithAnError) {
    DeepgramRig rig(with_tools({}, {{"tool-url", "http://127.0.0.1:1/nobody"}}));
    ASSERT_TRUE(rig.talk());
    rig.server.text(ask("f1", "lookup"));
    ASSERT_TRUE(rig.server.wait_text("FunctionCallResponse"));
    EXPECT_NE(error_in(answer(rig)), "");
}

TEST(DeepgramTools, UnknownNamesAreAnsweredWithAnError) {
    DeepgramRig rig(with_tools());
    ASSERT_TRUE(rig.talk());
    rig.server.text(ask("f1", "hallucinated"));
    ASSERT_TRUE(rig.server.wait_text("FunctionCallResponse"));
    EXPECT_NE(error_in(answer(rig)).find("hallucinated"), std::string::npos);
    EXPECT_TRUE(rig.server.log().posts.empty());
}

TEST(DeepgramTools, TheActionToolResultAnswersWhereThereIsNoUrl) {
    DeepgramRig rig(with_tools({}, {{"tool-url", ""}}));
    ASSERT_TRUE(rig.talk());
    rig.server.text(ask("f1", "lookup"));
    ASSERT_TRUE(rig.wait_fact("tool.call"));
    g_signal_emit_by_name(rig.agent, "tool-result", "f1", "by hand");
    ASSERT_TRUE(rig.server.wait_text("FunctionCallResponse"));
    EXPECT_EQ(answer(rig)["content"].text_or(""), "by hand");
    g_signal_emit_by_name(rig.agent, "tool-result", "f1", "again");
    g_signal_emit_by_name(rig.agent, "inject-user", "after");
    ASSERT_TRUE(rig.server.wait_text("InjectUserMessage"));
    EXPECT_EQ(rig.server.log().texts("FunctionCallResponse").size(), 1U);
}

TEST(DeepgramTools, ArgumentsThatAreNoJsonGoOnAsText) {
    DeepgramRig rig(with_tools());
    ASSERT_TRUE(rig.talk());
    rig.server.text(ask("f1", "lookup", "{broken"));
    ASSERT_TRUE(rig.server.wait_text("FunctionCallResponse"));
    EXPECT_NE(rig.server.log().posts.at(0).body.find(R"("arguments":"{broken")"), std::string::npos);
}

TEST(DeepgramTools, ACallThatTheLostConnectionAskedForIsNotAnsweredToTheNextOne) {
    DeepgramRig rig(with_tools({.tool_hangs = true}));
    ASSERT_TRUE(rig.talk());
    rig.server.text(ask("f1", "lookup"));
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.posts.size() == 1; }));
    rig.server.drop();
    ASSERT_TRUE(rig.server.wait([](const auto& log) { return log.tool_aborts == 1; }));
    ASSERT_TRUE(rig.server.wait_text("Settings", 2));
    EXPECT_TRUE(rig.server.log().texts("FunctionCallResponse").empty());
    EXPECT_EQ(rig.facts("tool.result").size(), 1U);
}

TEST(DeepgramTools, MoreCallsThanCanRunAreAnsweredWithAnError) {
    DeepgramRig rig(with_tools({}, {{"tool-url", ""}}));
    ASSERT_TRUE(rig.talk());
    for (int i = 0; i < 33; ++i) rig.server.text(ask("f" + std::to_string(i), "lookup"));
    ASSERT_TRUE(rig.server.wait_text("FunctionCallResponse"));
    EXPECT_EQ(answer(rig)["id"].text_or(""), "f32");
}

}  // namespace
}  // namespace trunkline::test
