// What people read must be true: the examples of the reference, the graphs of the repository, the table of codes.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/graph/graph_environment.h"

namespace trunkline::graph {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The ```yaml blocks of a page.
std::vector<std::string> examples(const std::string& page) {
    std::vector<std::string> blocks;
    const std::string fence = "```yaml\n";
    for (size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at + 1)) {
        const size_t begin = at + fence.size();
        blocks.push_back(page.substr(begin, page.find("```", begin) - begin));
    }
    return blocks;
}

TEST(Reference, ExamplesAllCompileWithoutAWord) {
    auto blocks = examples(read(source_dir() + "/docs/graph-reference.md"));
    ASSERT_GE(blocks.size(), 6U);
    for (std::string& block : examples(read(source_dir() + "/docs/recording.md"))) blocks.push_back(std::move(block));
    ASSERT_GE(blocks.size(), 7U);
    for (const std::string& block : blocks) {
        LoadResult loaded = load_graph_text(block, source_dir() + "/graphs/example.yaml", test_options());
        const PlanResult compiled = compile(loaded.graph);
        EXPECT_EQ(format_text(loaded.diagnostics) + format_text(compiled.diagnostics), "") << block;
        EXPECT_NE(compiled.plan, nullptr);
    }
}

TEST(Reference, GraphsOfTheRepositoryCompileWithoutAWord) {
    size_t files = 0;
    for (const auto& entry : fs::directory_iterator(source_dir() + "/graphs")) {
        if (entry.path().extension() != ".yaml") continue;
        files++;
        EXPECT_EQ(format_text(load_plan(entry.path().string(), test_options()).diagnostics), "") << entry.path();
    }
    EXPECT_GE(files, 3U);
}

/// The element of node `agent` on calls of `carrier`.
std::string agent_of(const PlanResult& compiled, const char* carrier) {
    const Wiring* wiring = compiled.plan ? compiled.plan->wiring(carrier) : nullptr;
    if (!wiring) return format_text(compiled.diagnostics);
    for (const PlanNode& node : wiring->nodes) {
        if (node.name == "agent") return node.factory;
    }
    return "none";
}

TEST(Reference, FourLinesSwapTheBackend) {
    const LoadResult loaded =
        load_graph_text("trunkline: 1\nname: support-hume\nextends: ./support.yaml\nnodes: {agent: {profile: hume}}\n",
                        source_dir() + "/graphs/support-hume.yaml", test_options());
    const PlanResult compiled = compile(loaded.graph);
    EXPECT_EQ(format_text(loaded.diagnostics) + format_text(compiled.diagnostics), "");
    for (const char* carrier : {"twilio", "vonage"}) EXPECT_EQ(agent_of(compiled, carrier), "humeevi");
}

TEST(Reference, AVariableSwapsTheBackendWithoutALine) {
    for (const auto& [backend, element] : {std::pair("hume", "humeevi"), std::pair("deepgram", "deepgramagent")}) {
        LoadOptions options = test_options();
        options.env = [name = std::string(backend), env = options.env](const std::string& variable) {
            return variable == "AI_BACKEND" ? std::optional(name) : env(variable);
        };
        const PlanResult compiled = load_plan(source_dir() + "/graphs/support.yaml", options);
        for (const char* carrier : {"twilio", "vonage"}) EXPECT_EQ(agent_of(compiled, carrier), element);
    }
}

TEST(Reference, NamesEveryCodeTheCorpusExpects) {
    const std::string page = read(source_dir() + "/docs/graph-reference.md");
    std::set<std::string> codes;
    for (const auto& entry : fs::directory_iterator(source_dir() + "/tests/graph/corpus/broken")) {
        if (entry.path().extension() != ".expect") continue;
        std::istringstream lines(read(entry.path()));
        for (std::string place, code; lines >> place >> code;) {
            if (place != "schema") codes.insert(code);
        }
    }
    ASSERT_GT(codes.size(), 40U);
    for (const std::string& code : codes) EXPECT_NE(page.find("`" + code + "`"), std::string::npos) << code;
}

}  // namespace
}  // namespace trunkline::graph
