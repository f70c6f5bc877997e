// A call's params: defaults, coercion of texts, errors that name the field.
#include <gtest/gtest.h>

#include "engine/core/json.h"
#include "tests/graph/graph_environment.h"

namespace trunkline::graph {
namespace {

PlanPtr plan() {
    const auto result = plan_text(R"(trunkline: 1
params:
  greeting: {type: string, maxLength: 10, default: hello}
  gain: {type: number, minimum: 0, maximum: 10, default: 1.5}
  loud: {type: boolean, default: false}
  tries: {type: integer, default: 3}
  order: {type: string, pattern: "^[0-9]+$", maxLength: 12}
nodes:
  caller: {element: twiliosrc}
  agent: {element: deepgramagent, greeting: $param.greeting, prompt: "${param.order} ${param.loud} ${param.tries}"}
  louder: {element: volume, volume: $param.gain}
  line: {element: twiliosink}
links: {talk: caller -> agent -> louder -> line}
)");
    EXPECT_NE(result.plan, nullptr) << format_text(result.diagnostics);
    return result.plan;
}

std::string error_of(const Result<std::string>& result) {
    EXPECT_FALSE(result) << *result;
    if (result) return {};
    EXPECT_EQ(result.error().code, "bad-params");
    return result.error().message;
}

TEST(Params, GetTheirDefaults) {
    const auto checked = check_params(*plan(), std::string_view(R"({"order":"17"})"));
    ASSERT_TRUE(checked) << checked.error().message;
    const auto json = Json::parse(*checked);
    ASSERT_TRUE(json);
    EXPECT_EQ((*json)["greeting"].text_or(""), "hello");
    EXPECT_EQ((*json)["tries"].int_or(0), 3);
    EXPECT_DOUBLE_EQ((*json)["gain"].number_or(0), 1.5);
}

TEST(Params, OfTextBecomeWhatTheirSchemaAsksFor) {
    const auto checked = check_params(*plan(), {{"order", "0017"}, {"gain", "2"}, {"loud", "true"}, {"tries", "5"}});
    ASSERT_TRUE(checked) << checked.error().message;
    const auto json = Json::parse(*checked);
    ASSERT_TRUE(json);
    EXPECT_EQ((*json)["order"].text_or(""), "0017") << "a text stays a text, whatever it looks like";
    EXPECT_TRUE((*json)["gain"].is_number());
    EXPECT_TRUE((*json)["loud"].bool_or(false));
    EXPECT_EQ((*json)["tries"].int_or(0), 5);
}

TEST(Params, KnownOnesAreThoseOfTheGraph) {
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(known_params(*plan(), {{"order", "17"}, {"novelty", "x"}, {"", ""}, {"gain", "2"}}),
              (Pairs{{"order", "17"}, {"gain", "2"}}));
    EXPECT_TRUE(known_params(*plan(), {}).empty());
}

TEST(Params, MissingWithoutDefaultAreNamed) {
    EXPECT_NE(error_of(check_params(*plan(), std::string_view())).find("params.order"), std::string::npos);
}

TEST(Params, UnknownAreNamedWithTheNearest) {
    const std::string error = error_of(check_params(*plan(), {{"order", "1"}, {"greting", "x"}}));
    EXPECT_NE(error.find("params.greting"), std::string::npos) << error;
    EXPECT_NE(error.find("\"greeting\""), std::string::npos) << error;
}

TEST(Params, ThatBreakTheirSchemaAreNamed) {
    EXPECT_NE(error_of(check_params(*plan(), {{"order", "1"}, {"greeting", "far too long for this"}}))
                  .find("params.greeting"),
              std::string::npos);
    EXPECT_NE(error_of(check_params(*plan(), {{"order", "1"}, {"gain", "11"}})).find("params.gain"), std::string::npos);
    EXPECT_NE(error_of(check_params(*plan(), {{"order", "one"}})).find("params.order"), std::string::npos);
    EXPECT_NE(error_of(check_params(*plan(), {{"order", "1"}, {"loud", "yes"}})).find("params.loud"),
              std::string::npos);
}

TEST(Params, ThatAreNoObjectAreRefused) {
    error_of(check_params(*plan(), std::string_view("[1]")));
    error_of(check_params(*plan(), std::string_view("{\"order\":")));
    error_of(check_params(*plan(), std::string_view(std::string(100, '['))));
    error_of(check_params(*plan(), std::string_view("{\"order\":\"" + std::string(300'000, '1') + "\"}")));
}

/// A plan with one param of that schema and nothing else.
Plan plan_of(const std::string& schema) {
    Plan plan;
    plan.params_schema = R"({"type":"object","properties":{"p":)" + schema + "}}";
    return plan;
}

TEST(Params, ThatTeaseAPatternCostNoTimeToSpeakOf) {
    // Backtracking would take some 2^60 steps.
    const Plan plan = plan_of(R"({"type":"string","maxLength":100,"pattern":"^([a-z]+)+$"})");
    EXPECT_TRUE(check_params(plan, {{"p", std::string(60, 'a')}}));
    EXPECT_NE(error_of(check_params(plan, {{"p", std::string(60, 'a') + "!"}})).find("params.p"), std::string::npos);
}

TEST(Params, TooLongForTheirFormatNeverReachTheExpression) {
    const Plan plan = plan_of(R"({"type":"string","format":"date"})");
    EXPECT_TRUE(check_params(plan, {{"p", "2026-11-30"}}));
    EXPECT_NE(error_of(check_params(plan, {{"p", std::string(200'000, '1')}})).find("params.p"), std::string::npos);
}

TEST(Params, ADefaultMayHoldAKeyNamedPattern) {
    const Plan plan = plan_of(R"({"type":"object","default":{"pattern":"("}})");
    EXPECT_TRUE(check_params(plan, std::string_view("{}")));
}

TEST(Params, TooLongForTheirPatternNeverReachTheExpression) {
    EXPECT_NE(error_of(check_params(*plan(), {{"order", std::string(100'000, '1')}})).find("params.order"),
              std::string::npos);
}

}  // namespace
}  // namespace trunkline::graph
