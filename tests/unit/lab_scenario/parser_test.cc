// Scenario files: what is read, and where every kind of mistake is pointed at.
#include <gtest/gtest.h>

#include <cstdlib>

#include "lab/scenario/scenario.h"

namespace trunkline::lab {
namespace {

/// All problems of a file, as people see them, one a line.
std::string problems_of(const std::string& yaml) {
    auto scenario = parse_scenario(yaml, "f.yaml");
    std::string out;
    if (!scenario) {
        for (const auto& problem : scenario.error()) out += format_problem("f.yaml", problem) + "\n";
    }
    return out;
}

/// The same for one step.
std::string problems_of_step(const std::string& step) { return problems_of("steps:\n  - " + step + "\n"); }

TEST(LabScenarioParser, EveryStepIsRead) {
    auto scenario = parse_scenario(R"(
name: all
description: every step once
caller: {from: "+1", to: "+2"}
limit: 1m
ignore: [31921]
known: [demo-congrats]
steps:
  - say: agent-pass
  - say: {speech: "a line", wait: false}
  - wait_for: {agent: silent, for: 1.5s, within: 2s}
  - interrupt_after: {delay: 700ms, say: stop}
  - press: "1*#D"
  - pause: 20ms
  - expect: {clears: {at_least: 1}, stopped_within: 400ms, heard: demo-thanks}
  - hang_up: reset
  - hang_up
)",
                                   "f.yaml");
    ASSERT_TRUE(scenario) << problems_of("");
    EXPECT_EQ(scenario->from, "+1");
    EXPECT_EQ(scenario->limit_ms, 60000);
    EXPECT_EQ(scenario->ignore, std::vector<int>{31921});
    ASSERT_EQ(scenario->steps.size(), 9U);
    EXPECT_FALSE(scenario->steps[1].wait);
    EXPECT_EQ(scenario->steps[2].wait_for.kind, WaitKind::kAgentSilent);
    EXPECT_EQ(scenario->steps[2].wait_for.for_ms, 1500);
    EXPECT_EQ(scenario->steps[2].wait_for.within_ms, 2000);
    EXPECT_EQ(scenario->steps[3].ms, 700);
    EXPECT_EQ(scenario->steps[4].digits, "1*#D");
    ASSERT_EQ(scenario->steps[6].checks.size(), 3U);
    EXPECT_EQ(scenario->steps[6].checks[0].range.least, 1);
    EXPECT_EQ(scenario->steps[6].checks[1].range.most, 400);
    EXPECT_EQ(scenario->steps[7].how, HangUp::kReset);
    EXPECT_EQ(scenario->steps[8].how, HangUp::kStopThenClose);
    EXPECT_EQ(scenario->spoken(), (std::vector<std::string>{"agent-pass", "a line", "stop"}));
    EXPECT_EQ(scenario->listened_for(), (std::vector<std::string>{"demo-thanks", "demo-congrats"}));
    EXPECT_EQ(scenario->steps[0].at.line, 9);
}

TEST(LabScenarioParser, UnknownKeysNameTheirPlaceAndTheNearestWord) {
    EXPECT_EQ(problems_of("nmae: x\nsteps: [hang_up]\n"),
              "f.yaml:1:1: error: unknown key 'nmae' in a scenario; did you mean 'name'?\n");
    EXPECT_EQ(problems_of_step("sya: hello"), "f.yaml:2:5: error: unknown key 'sya' in a step; did you mean 'say'?\n");
    EXPECT_EQ(problems_of_step("expect: {claers: 1}"),
              "f.yaml:2:14: error: unknown key 'claers' in expect; did you mean 'clears'?\n");
    EXPECT_EQ(problems_of_step("wait_for: {agent: speeks}"),
              "f.yaml:2:23: error: 'speeks' is no state of the agent; did you mean 'speaks'?\n");
    EXPECT_EQ(problems_of_step("hangup"), "f.yaml:2:5: error: 'hangup' is no step; did you mean 'hang_up'?\n");
    EXPECT_EQ(problems_of_step("hang_up: rest"),
              "f.yaml:2:14: error: 'rest' is no way to hang up; did you mean 'reset'?\n");
}

TEST(LabScenarioParser, ValuesOfTheWrongKindNameTheirPlace) {
    EXPECT_EQ(problems_of_step("pause: 5"),
              "f.yaml:2:12: error: pause must be a duration with its unit, e.g. 600ms or 1.5s, of at most an hour\n");
    EXPECT_NE(problems_of_step("pause: -1s").find("f.yaml:2:12"), std::string::npos);
    EXPECT_NE(problems_of_step("pause: 5h").find("f.yaml:2:12"), std::string::npos);
    EXPECT_NE(problems_of_step("press: 1x").find("f.yaml:2:12: error: press takes"), std::string::npos);
    EXPECT_NE(problems_of_step("say: [a]").find("f.yaml:2:10: error: say must be a map"), std::string::npos);
    EXPECT_NE(problems_of_step("say: \"\"").find("f.yaml:2:10: error: say must be a text"), std::string::npos);
    EXPECT_NE(problems_of_step("say: {speech: a, wait: maybe}").find("true or false"), std::string::npos);
    EXPECT_NE(problems_of_step("expect: {clears: many}").find("f.yaml:2:22: error: clears must be a whole number"),
              std::string::npos);
    EXPECT_NE(problems_of_step("expect: {clears: {at_least: 3, at_most: 2}}").find("at_least is greater"),
              std::string::npos);
    EXPECT_NE(problems_of("ignore: 31921\nsteps: [hang_up]\n").find("f.yaml:1:9: error: ignore must be a list"),
              std::string::npos);
}

TEST(LabScenarioParser, StructureIsChecked) {
    EXPECT_EQ(problems_of("name: x\n"), "f.yaml:1:1: error: a scenario needs 'steps'\n");
    EXPECT_NE(problems_of("").find("f.yaml:1:1: error: a scenario must be a map"), std::string::npos);
    EXPECT_NE(problems_of("steps: []\n").find("at least one step"), std::string::npos);
    EXPECT_NE(problems_of_step("{say: a, pause: 1s}").find("exactly one key"), std::string::npos);
    EXPECT_NE(problems_of_step("say").find("'say' needs a value"), std::string::npos);
    EXPECT_NE(problems_of_step("wait_for: {within: 1s}").find("exactly one of agent"), std::string::npos);
    EXPECT_NE(problems_of_step("wait_for: {marks: 1, clears: 1}").find("exactly one of agent"), std::string::npos);
    EXPECT_NE(problems_of_step("interrupt_after: {delay: 1s}").find("interrupt_after needs 'say'"), std::string::npos);
    EXPECT_NE(problems_of_step("expect: {}").find("expects nothing"), std::string::npos);
    EXPECT_NE(problems_of("name: a\nname: b\nsteps: [hang_up]\n").find("f.yaml:2:1: error: key 'name' is given twice"),
              std::string::npos);
}

TEST(LabScenarioParser, BrokenYamlNamesItsPlace) {
    std::string text = problems_of("steps:\n  - say: [\n");
    EXPECT_NE(text.find("f.yaml:3:1: error: not YAML: "), std::string::npos) << text;
    EXPECT_NE(problems_of(std::string(300000, ' ')).find("larger than 256 KiB"), std::string::npos);
}

TEST(LabScenarioParser, AllProblemsComeInOneRun) {
    EXPECT_EQ(problems_of("nmae: x\nsteps:\n  - sya: a\n  - pause: 5\n"),
              "f.yaml:1:1: error: unknown key 'nmae' in a scenario; did you mean 'name'?\n"
              "f.yaml:3:5: error: unknown key 'sya' in a step; did you mean 'say'?\n"
              "f.yaml:4:12: error: pause must be a duration with its unit, e.g. 600ms or 1.5s, of at most an hour\n");
}

class ShippedScenario : public testing::TestWithParam<const char*> {};

TEST_P(ShippedScenario, IsRead) {
    const char* source = std::getenv("TRUNKLINE_SOURCE_DIR");
    if (source == nullptr) GTEST_SKIP() << "TRUNKLINE_SOURCE_DIR is not set";
    const std::string path = std::string(source) + "/lab/scenarios/" + GetParam() + ".yaml";
    auto scenario = read_scenario(path);
    ASSERT_TRUE(scenario) << format_problem(path, scenario.error().front());
    EXPECT_FALSE(scenario->steps.empty());
}

INSTANTIATE_TEST_SUITE_P(LabScenario, ShippedScenario,
                         testing::Values("demo", "two-turns", "interrupt-after-generation", "silent-caller",
                                         "hangup-while-agent-speaks"));

}  // namespace
}  // namespace trunkline::lab
