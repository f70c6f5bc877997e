// Brain files and their rules.
#include "lab/agent/brain.h"

#include <gtest/gtest.h>

namespace trunkline::lab::agent {
namespace {

TEST(DeepgramBrain, FileIsReadWhole) {
    const auto brain = parse_brain(R"(
greeting: hello-world
callers: [agent-pass, "I would like a table."]
rules:
  - when: agent-pass
    say: vm-goodbye
    once: true
  - when: /table/
    think: looking
    call:
      - {name: lookup, arguments: {day: 7, name: "7"}, cancel_after_ms: 50}
      - {name: other, client_side: false, server_result: '{"ok":true}'}
    say: ["One moment.", "You have {result}."]
    unanswered: Nobody knows.
default: {say: please-try-again, warning: SLOW_THINK_REQUEST}
)");
    ASSERT_TRUE(brain) << brain.error().message;
    EXPECT_EQ(brain->greeting, "hello-world");
    ASSERT_EQ(brain->rules.size(), 2U);
    EXPECT_TRUE(brain->rules[0].once);
    const Reply& reply = brain->rules[1].reply;
    EXPECT_EQ(reply.say.size(), 2U);
    ASSERT_EQ(reply.calls.size(), 2U);
    EXPECT_EQ(reply.calls[0].arguments, R"({"day":7,"name":"7"})");
    EXPECT_EQ(reply.calls[0].client_side, -1);
    EXPECT_EQ(reply.calls[1].client_side, 0);
    EXPECT_EQ(brain->fallback.warning, "SLOW_THINK_REQUEST");
}

TEST(DeepgramBrain, ErrorsNameLineAndColumn) {
    const auto unknown = parse_brain("greeting: x\nrulez: []\n");
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().message.find("line 2, column 1"), std::string::npos) << unknown.error().message;
    const auto pattern = parse_brain("rules:\n  - when: /(/\n    say: x\n");
    ASSERT_FALSE(pattern);
    EXPECT_NE(pattern.error().message.find("line 2"), std::string::npos) << pattern.error().message;
    EXPECT_FALSE(parse_brain("rules: [a"));
}

TEST(DeepgramBrain, RulesFitByNameTextPatternAndKind) {
    EXPECT_TRUE(rule_fits("agent-pass", "agent-pass", "Please enter"));
    EXPECT_TRUE(rule_fits("please enter", "", "Please enter"));
    EXPECT_TRUE(rule_fits("/ENTER$/", "", "Please enter"));
    EXPECT_TRUE(rule_fits("unintelligible", "", "[unintelligible]"));
    EXPECT_TRUE(rule_fits("any", "", "x"));
    EXPECT_FALSE(rule_fits("agent-pass", "", "Please enter"));
}

TEST(DeepgramBrain, OnceMeansOnce) {
    Brain brain;
    brain.rules = {Rule{"any", Reply{{"a"}, "", {}, "", "", ""}, true},
                   Rule{"any", Reply{{"b"}, "", {}, "", "", ""}, false}};
    Mind mind(brain);
    EXPECT_EQ(mind.answer("", "x").say[0], "a");
    EXPECT_EQ(mind.answer("", "x").say[0], "b");
}

}  // namespace
}  // namespace trunkline::lab::agent
