// lint, plan, resolve, schema, diff: what they print and what they return.
#include <gtest/gtest.h>

#include <sstream>

#include "engine/cli/graph_commands.h"
#include "engine/core/json.h"
#include "tests/graph/graph_environment.h"

namespace trunkline::cli {
namespace {

std::string graph_file(const std::string& name) {
    return graph::source_dir() + "/tests/graph/corpus/" + name + ".yaml";
}

template <class Command = GraphCommand>
Command command(const std::string& format = "text") {
    Command c;
    c.format = format;
    c.load = graph::test_options();
    return c;
}

TEST(Lint, SaysSoWhenAllIsFine) {
    std::ostringstream out;
    EXPECT_EQ(lint({graph_file("valid/echo")}, command(), out), 0);
    EXPECT_EQ(out.str(), "1 graph file is fine\n");
}

TEST(Lint, PrintsEveryProblemWithItsPlaceAndTheNearestWord) {
    std::ostringstream out;
    EXPECT_EQ(lint({graph_file("broken/many-problems")}, command(), out), 1);
    EXPECT_NE(
        out.str().find(
            "many-problems.yaml:3:1: error[unknown-key]: a graph file has no key \"link\" (did you mean \"links\"?)\n"),
        std::string::npos)
        << out.str();
    EXPECT_EQ(out.str().find('\033'), std::string::npos);
}

TEST(Lint, ColoursOnlyWhenAsked) {
    std::ostringstream out;
    auto c = command();
    c.color = true;
    EXPECT_EQ(lint({graph_file("broken/many-problems")}, c, out), 1);
    EXPECT_NE(out.str().find("\033[1;31merror[unknown-key]\033[0m"), std::string::npos);
}

TEST(Lint, ChecksEveryGraphOfADirectory) {
    std::ostringstream out;
    EXPECT_EQ(lint({graph::source_dir() + "/tests/graph/corpus/valid"}, command(), out), 0) << out.str();
    EXPECT_EQ(lint({graph::source_dir() + "/tests/graph/corpus/broken"}, command(), out), 1);
}

TEST(Lint, WritesJson) {
    std::ostringstream out;
    EXPECT_EQ(lint({graph_file("broken/link-to-nobody")}, command("json"), out), 1);
    const auto json = Json::parse(out.str());
    ASSERT_TRUE(json) << out.str();
    EXPECT_EQ(json->at(0)["code"].text_or(""), "unknown-node");
    EXPECT_EQ(json->at(0)["line"].int_or(0), 6);
    EXPECT_EQ(json->at(0)["column"].int_or(0), 22);
    EXPECT_EQ(json->at(0)["nearest"].text_or(""), "line");
}

TEST(Lint, WritesSarif) {
    std::ostringstream out;
    EXPECT_EQ(lint({graph_file("broken/link-to-nobody")}, command("sarif"), out), 1);
    const auto json = Json::parse(out.str());
    ASSERT_TRUE(json) << out.str();
    EXPECT_EQ((*json)["version"].text_or(""), "2.1.0");
    const Json run = (*json)["runs"].at(0);
    EXPECT_EQ(run["tool"]["driver"]["rules"].at(0)["id"].text_or(""), "unknown-node");
    const Json result = run["results"].at(0);
    EXPECT_EQ(result["level"].text_or(""), "error");
    EXPECT_EQ(result["locations"].at(0)["physicalLocation"]["region"]["startColumn"].int_or(0), 22);
}

TEST(Lint, RefusesAFormatItDoesNotKnow) {
    std::ostringstream out;
    EXPECT_EQ(lint({graph_file("valid/echo")}, command("xml"), out), 2);
}

TEST(Lint, NamesTheNearestGraph) {
    std::ostringstream out;
    auto c = command();
    c.load.search = {graph::source_dir() + "/graphs"};
    EXPECT_EQ(lint({"suport"}, c, out), 1);
    EXPECT_NE(out.str().find("did you mean \"support\"?"), std::string::npos) << out.str();
}

TEST(PlanCommandTest, ShowsInsertedConvertersAndFormats) {
    std::ostringstream out, err;
    auto c = command<PlanCommand>();
    c.graph = graph_file("valid/wideband-in-the-middle");
    EXPECT_EQ(plan(c, out, err), 0) << err.str();
    EXPECT_NE(out.str().find("through.audioresample"), std::string::npos) << out.str();
    EXPECT_NE(out.str().find("rate=16000"), std::string::npos);
    EXPECT_NE(out.str().find("0 threads per call"), std::string::npos);
}

TEST(PlanCommandTest, WritesJsonAndDot) {
    std::ostringstream out, dot, err;
    auto c = command<PlanCommand>("json");
    c.graph = graph_file("valid/full-call");
    EXPECT_EQ(plan(c, out, err), 0) << err.str();
    const auto json = Json::parse(out.str());
    ASSERT_TRUE(json);
    EXPECT_EQ((*json)["wirings"].at(0)["carrier"].text_or(""), "twilio");
    EXPECT_EQ(out.str().find("s3cret"), std::string::npos);
    c.dot = true;
    EXPECT_EQ(plan(c, dot, err), 0);
    EXPECT_TRUE(dot.str().starts_with("digraph")) << dot.str();
    EXPECT_EQ(dot.str().find("s3cret"), std::string::npos);
}

TEST(PlanCommandTest, FailsForABrokenGraphAndSaysWhy) {
    std::ostringstream out, err;
    auto c = command<PlanCommand>();
    c.graph = graph_file("broken/clocksync");
    EXPECT_EQ(plan(c, out, err), 1);
    EXPECT_NE(err.str().find("a shard never waits"), std::string::npos) << err.str();
    c.dot = c.svg = true;
    EXPECT_EQ(plan(c, out, err), 2);
}

TEST(Resolve, PrintsAFileThatLoadsAgainWithTheSameMeaning) {
    std::ostringstream out, err;
    ASSERT_EQ(resolve(graph_file("valid/full-call"), command(), out, err), 0) << err.str();
    EXPECT_EQ(out.str().find("s3cret"), std::string::npos) << out.str();
    const auto again = graph::plan_text(out.str());
    ASSERT_NE(again.plan, nullptr) << graph::format_text(again.diagnostics) << out.str();
    std::ostringstream second;
    const auto first = graph::load_plan(graph_file("valid/full-call"), graph::test_options());
    EXPECT_EQ(again.plan->wirings[0].links.size(), first.plan->wirings[0].links.size());
    EXPECT_EQ(again.plan->params_schema, first.plan->params_schema);
    EXPECT_EQ(again.plan->limits.call, first.plan->limits.call);
}

TEST(Schema, PrintsTheSchemaOfTheParams) {
    std::ostringstream out, err;
    ASSERT_EQ(schema(graph_file("valid/full-call"), command(), out, err), 0) << err.str();
    const auto json = Json::parse(out.str());
    ASSERT_TRUE(json);
    EXPECT_EQ((*json)["properties"]["greeting"]["maxLength"].int_or(0), 200);
}

TEST(Diff, NamesWhatDiffers) {
    std::ostringstream out, err;
    ASSERT_EQ(diff(graph_file("valid/full-call"), graph_file("valid/variant"), command(), out, err), 0) << err.str();
    EXPECT_NE(out.str().find("- nodes.hook.element: webhooksink"), std::string::npos) << out.str();
    EXPECT_NE(out.str().find("~ nodes.agent.settings.prompt: "), std::string::npos);
    std::ostringstream none;
    ASSERT_EQ(diff(graph_file("valid/echo"), graph_file("valid/echo"), command(), none, err), 0);
    EXPECT_EQ(none.str(), "no difference in structure\n");
}

}  // namespace
}  // namespace trunkline::cli
