// Function calls: several, either side, cancelled, unanswered, unknown.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/lab_deepgram/client.h"

namespace trunkline::lab::deepgram {
namespace {

class DeepgramFunctions : public ::testing::Test {
  protected:
    void serve(const std::vector<FunctionPlan>& plans, const std::vector<std::string>& say, int wait_ms = 10000) {
        auto options = quick_options();
        options.brain.rules[0].reply.calls = plans;
        options.brain.rules[0].reply.say = say;
        options.brain.rules[0].reply.say_unanswered = "vm-goodbye";
        options.function_wait_ms = wait_ms;
        auto started = DeepgramLab::start(options);
        ASSERT_TRUE(started) << started.error().message;
        lab_ = std::move(*started);
        client_ = std::make_unique<TestClient>(lab_->port());
    }
    void ask(const std::string& functions) {
        ASSERT_TRUE(client_->set_up(settings_with_functions(functions)));
        client_->speak(recording("agent-pass"));
        client_->silence(800);
    }
    nlohmann::json requested() { return nlohmann::json::parse(client_->last("FunctionCallRequest"))["functions"]; }
    void respond(const nlohmann::json& call, const std::string& content) {
        nlohmann::json message = {
            {"type", "FunctionCallResponse"}, {"id", call["id"]}, {"name", call["name"]}, {"content", content}};
        if (call.contains("thought_signature")) message["thought_signature"] = call["thought_signature"];
        client_->send(message.dump());
    }
    bool flagged(const std::string& code) {
        return lab_->wait([&](const auto& all) { return all[0].violated(code); });
    }
    std::unique_ptr<DeepgramLab> lab_;
    std::unique_ptr<TestClient> client_;
};

FunctionPlan plan(const std::string& name) {
    FunctionPlan out;
    out.name = name;
    return out;
}

TEST_F(DeepgramFunctions, Line39ResultIsSpoken) {
    serve({plan("lookup")}, {"Your order is {result}."});
    ask(R"([{"name":"lookup"}])");
    ASSERT_TRUE(client_->until_type("FunctionCallRequest"));
    EXPECT_EQ(requested()[0]["client_side"], true);
    respond(requested()[0], R"({"status":"open"})");
    ASSERT_TRUE(client_->until_type("AgentAudioDone"));
    EXPECT_EQ(client_->member("ConversationText", "content"), "Your order is open.");
    EXPECT_TRUE(first(*lab_).violations.empty());
}

TEST_F(DeepgramFunctions, Line39SeveralCallsComeInOneRequestAndAllAreAwaited) {
    FunctionPlan server = plan("far");
    server.server_result = R"({"value":"two"})";
    serve({plan("near"), server, plan("near")}, {"{result}"});
    ask(R"([{"name":"near"},{"name":"far","endpoint":{"url":"https://example.com/f"}}])");
    ASSERT_TRUE(client_->until_type("FunctionCallRequest"));
    const auto calls = requested();
    ASSERT_EQ(calls.size(), 3U);
    EXPECT_EQ(calls[1]["client_side"], false);
    ASSERT_TRUE(client_->until_type("FunctionCallResponse"));
    respond(calls[2], "three");
    EXPECT_EQ(client_->count("AgentAudioDone"), 0U);
    respond(calls[0], "one");
    ASSERT_TRUE(client_->until_type("AgentAudioDone"));
    EXPECT_EQ(client_->member("ConversationText", "content"), "one two three");
    EXPECT_TRUE(first(*lab_).violations.empty());
}

TEST_F(DeepgramFunctions, Line39UnansweredCallIsGivenUp) {
    serve({plan("lookup")}, {"{result}"}, 50);
    ask(R"([{"name":"lookup"}])");
    ASSERT_TRUE(client_->until_type("AgentAudioDone"));
    EXPECT_EQ(client_->member("Warning", "code"), "FUNCTION_CALL_FAILED");
    EXPECT_EQ(client_->member("ConversationText", "content"), test_library()->text_of("vm-goodbye"));
    respond(requested()[0], "late");
    EXPECT_TRUE(flagged("response-too-late"));
}

TEST_F(DeepgramFunctions, Line39UnknownNameEndsTheSession) {
    serve({plan("nobody")}, {"{result}"});
    ask(R"([{"name":"lookup"}])");
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->member("Error", "code"), "NON_EXISTENT_FUNCTION_CALLED");
}

TEST_F(DeepgramFunctions, Line39UnknownNameCanBeForcedOnTheClient) {
    FunctionPlan forced = plan("nobody");
    forced.force = true;
    serve({forced}, {"{result}"});
    ask(R"([{"name":"lookup"}])");
    ASSERT_TRUE(client_->until_type("FunctionCallRequest"));
    EXPECT_EQ(requested()[0]["name"], "nobody");
}

TEST_F(DeepgramFunctions, Line39ResponseToNoCallIsFlagged) {
    serve({plan("lookup")}, {"{result}"});
    ASSERT_TRUE(client_->set_up(settings()));
    client_->send(R"({"type":"FunctionCallResponse","id":"x","name":"lookup","content":"y"})");
    EXPECT_TRUE(flagged("unknown-function-call"));
}

TEST_F(DeepgramFunctions, Line29ResponseAfterCancellationIsFlagged) {
    FunctionPlan speculative = plan("lookup");
    speculative.cancel_after_ms = 0;
    serve({speculative}, {"{result}"});
    ask(R"([{"name":"lookup"}])");
    ASSERT_TRUE(client_->until_type("FunctionCallCancelled"));
    respond(requested()[0], "late");
    EXPECT_TRUE(flagged("response-after-cancel"));
}

TEST_F(DeepgramFunctions, Line39SpeechCancelsOpenCalls) {
    serve({plan("lookup")}, {"{result}"});
    ask(R"([{"name":"lookup"}])");
    ASSERT_TRUE(client_->until_type("FunctionCallRequest"));
    client_->speak(recording("auth-thankyou"));
    ASSERT_TRUE(client_->until_type("FunctionCallCancelled"));
    EXPECT_EQ(nlohmann::json::parse(client_->last("FunctionCallCancelled"))["functions"][0]["id"],
              requested()[0]["id"]);
}

TEST_F(DeepgramFunctions, Line28ResponseToAServerSideCallIsFlagged) {
    FunctionPlan server = plan("far");
    server.client_side = 0;
    serve({server}, {"{result}"});
    ask(R"([{"name":"far"}])");
    ASSERT_TRUE(client_->until_type("FunctionCallRequest"));
    respond(requested()[0], "mine");
    EXPECT_TRUE(flagged("response-to-server-function"));
}

TEST_F(DeepgramFunctions, Line28LostThoughtSignatureIsFlagged) {
    FunctionPlan thinking = plan("lookup");
    thinking.thought_signature = "sig";
    serve({thinking}, {"{result}"});
    ask(R"([{"name":"lookup"}])");
    ASSERT_TRUE(client_->until_type("FunctionCallRequest"));
    auto call = requested()[0];
    EXPECT_EQ(call["thought_signature"], "sig");
    call.erase("thought_signature");
    respond(call, "x");
    EXPECT_TRUE(flagged("thought-signature-lost"));
}

TEST_F(DeepgramFunctions, Line28AnsweringTwiceIsFlagged) {
    serve({plan("lookup")}, {"vm-goodbye"});
    ask(R"([{"name":"lookup"}])");
    ASSERT_TRUE(client_->until_type("FunctionCallRequest"));
    respond(requested()[0], "x");
    respond(requested()[0], "x");
    EXPECT_TRUE(flagged("answered-twice"));
}

TEST_F(DeepgramFunctions, HistoryHoldsTheCallAndItsResponse) {
    serve({plan("lookup")}, {"vm-goodbye"});
    ask(R"([{"name":"lookup"}])");
    ASSERT_TRUE(client_->until_type("FunctionCallRequest"));
    respond(requested()[0], "x");
    ASSERT_TRUE(client_->until([&] {
        return client_->last("History").find("function_calls") != std::string::npos ||
               client_->count("AgentAudioDone") > 0;
    }));
    bool found = false;
    for (const ClientMessage& m : client_->messages()) {
        found = found || (m.type == "History" && m.bytes.find(R"("response":"x")") != std::string::npos);
    }
    EXPECT_TRUE(found);
}

}  // namespace
}  // namespace trunkline::lab::deepgram
