// Tool calls: answered, failed, several, built in, unanswered, unknown.
#include "tests/unit/lab_hume/client.h"

namespace trunkline::lab::hume {
namespace {

class HumeTools : public HumeTest {
  protected:
    void asked(const std::vector<std::string>& names, int wait_ms = 60000, const std::string& say = "It is {result}.") {
        auto options = quick_options();
        options.tool_wait_ms = wait_ms;
        for (const auto& name : names) {
            agent::FunctionPlan plan;
            plan.name = name;
            plan.arguments = R"({"day":7})";
            plan.server_result = "found";
            options.brain.fallback.calls.push_back(plan);
        }
        options.brain.fallback.say = {say};
        serve(options);
        client_->send(R"({"type":"user_input","text":"hello"})");
        ASSERT_TRUE(client_->until_type("tool_call", names.size()));
    }
    nlohmann::json call(size_t i = 0) { return client_->of("tool_call").at(i); }
    void respond(const nlohmann::json& to, const std::string& content) {
        client_->send(
            nlohmann::json{{"type", "tool_response"}, {"tool_call_id", to["tool_call_id"]}, {"content", content}}
                .dump());
    }
    void refuse(const nlohmann::json& to, const nlohmann::json& more = nlohmann::json::object()) {
        nlohmann::json m{{"type", "tool_error"}, {"tool_call_id", to["tool_call_id"]}, {"error", "lookup failed"}};
        m.update(more);
        client_->send(m.dump());
    }
    std::string said() { return client_->of("assistant_message").at(0)["message"]["content"]; }
};

TEST_F(HumeTools, HumeLine10_TheResponseIsSpoken) {
    asked({"lookup"});
    EXPECT_EQ(call()["name"], "lookup");
    EXPECT_EQ(call()["parameters"], R"({"day":7})");
    EXPECT_EQ(call()["response_required"], true);
    EXPECT_EQ(call()["tool_type"], "function");
    respond(call(), R"({"status":"open"})");
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(said(), "It is open.");
    EXPECT_TRUE(first(*lab_).violations.empty());
}

TEST_F(HumeTools, AllCallsAreAwaited) {
    asked({"one", "two"});
    EXPECT_NE(call(0)["tool_call_id"], call(1)["tool_call_id"]);
    respond(call(1), "second");
    respond(call(0), "first");
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(said(), "It is first second.");
}

TEST_F(HumeTools, AnErrorMaySayWhatTheModelIsTold) {
    asked({"lookup"});
    refuse(call(), {{"content", "nothing"}, {"level", "warn"}, {"code", "x"}});
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(said(), "It is nothing.");
}

TEST_F(HumeTools, AnErrorAloneIsNoAnswer) {
    asked({"lookup"});
    refuse(call());
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(said(), transcript("conf-invalid"));
}

TEST_F(HumeTools, BuiltInToolsAreRunByTheServer) {
    asked({"web_search"});
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(call()["tool_type"], "builtin");
    EXPECT_EQ(call()["response_required"], false);
    EXPECT_EQ(client_->of("tool_response").at(0)["tool_call_id"], call()["tool_call_id"]);
    EXPECT_EQ(said(), "It is found.");
    respond(call(), "mine");
    EXPECT_TRUE(flagged("answer-to-builtin-tool"));
}

TEST_F(HumeTools, HangUpClosesAfterTheFarewell) {
    asked({"hang_up"}, 60000, "vm-goodbye");
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->order().back(), "assistant_end");
    EXPECT_EQ(said(), transcript("vm-goodbye"));
    EXPECT_EQ(client_->close_code(), 1000);
}

TEST_F(HumeTools, HumeLine10_AnUnansweredCallIsGivenUpAndNoted) {
    asked({"lookup"}, 20);
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(said(), transcript("conf-invalid"));
    EXPECT_TRUE(flagged("tool-call-unanswered"));
    respond(call(), "late");
    EXPECT_TRUE(flagged("answer-too-late"));
}

TEST_F(HumeTools, HumeLine10_AnAnswerToNoCallIsNoted) {
    serve(quick_options());
    client_->send(R"({"type":"tool_response","tool_call_id":"x","content":"y"})");
    EXPECT_TRUE(flagged("unknown-tool-call"));
}

TEST_F(HumeTools, HumeLine10_AnsweringTwiceIsNoted) {
    asked({"lookup"});
    respond(call(), "x");
    refuse(call());
    EXPECT_TRUE(flagged("answered-twice"));
}

TEST_F(HumeTools, ANewTurnForgetsOpenCalls) {
    asked({"lookup"});
    client_->send(R"({"type":"user_input","text":"agent-pass"})");
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(said(), transcript("vm-goodbye"));
    respond(call(), "late");
    client_->send(R"({"type":"assistant_input","text":"vm-goodbye"})");
    ASSERT_TRUE(client_->until_type("assistant_end", 2));
    EXPECT_TRUE(first(*lab_).violations.empty());
}

}  // namespace
}  // namespace trunkline::lab::hume
