// The corpus: every valid graph compiles without a word; every broken one gives exactly the problems its .expect file
// names, each at its place: "line:column code", or "parts/file.yaml:line:column code" for another file.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "engine/graph/plan.h"
#include "tests/graph/graph_environment.h"

namespace trunkline::graph {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> cases(const std::string& kind) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(source_dir() + "/tests/graph/corpus/" + kind)) {
        if (entry.path().extension() == ".yaml") names.push_back(entry.path().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string case_name(const testing::TestParamInfo<std::string>& info) {
    std::string name = fs::path(info.param).stem().string();
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

std::multiset<std::string> expected(const std::string& file) {
    std::multiset<std::string> lines;
    std::ifstream in(fs::path(file).replace_extension(".expect"));
    for (std::string line; std::getline(in, line);) {
        if (!line.empty() && !line.starts_with("schema ")) lines.insert(line);
    }
    return lines;
}

std::multiset<std::string> found(const Diagnostics& diagnostics, const std::string& file) {
    std::multiset<std::string> lines;
    for (const Diagnostic& d : diagnostics) {
        const std::string own = d.file == file ? "" : "parts/" + fs::path(d.file).filename().string() + ":";
        lines.insert(own + std::to_string(d.line) + ":" + std::to_string(d.column) + " " + d.code);
    }
    return lines;
}

class BrokenGraph : public testing::TestWithParam<std::string> {};
class ValidGraph : public testing::TestWithParam<std::string> {};

TEST_P(BrokenGraph, GivesExactlyItsProblemsAtTheirPlaces) {
    const PlanResult result = load_plan(GetParam(), test_options());
    EXPECT_EQ(found(result.diagnostics, GetParam()), expected(GetParam())) << format_text(result.diagnostics);
    EXPECT_EQ(result.plan, nullptr);
}

TEST_P(ValidGraph, CompilesWithoutAWord) {
    const PlanResult result = load_plan(GetParam(), test_options());
    EXPECT_EQ(format_text(result.diagnostics), "");
    EXPECT_NE(result.plan, nullptr);
}

INSTANTIATE_TEST_SUITE_P(Corpus, BrokenGraph, testing::ValuesIn(cases("broken")), case_name);
INSTANTIATE_TEST_SUITE_P(Corpus, ValidGraph, testing::ValuesIn(cases("valid")), case_name);

}  // namespace
}  // namespace trunkline::graph
