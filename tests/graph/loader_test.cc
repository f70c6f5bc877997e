// Merging, substitution and secrecy, as far as the corpus does not show them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/graph/graph_environment.h"

namespace trunkline::graph {
namespace {

/// Loads `main` with other files beside it, all in memory.
LoadResult load_files(const std::map<std::string, std::string>& files, const std::string& main,
                      LoadOptions options = test_options()) {
    options.read_file = [&files](const std::string& path) -> Result<std::string> {
        const auto at = files.find(path);
        if (at == files.end()) return fail("file-not-found", "there is no file " + path);
        return at->second;
    };
    return load_graph(main, options);
}

const Node& node(const LoadResult& result, const std::string& name) {
    static const Node kNone;
    for (const Node& n : result.graph.nodes) {
        if (n.name == name) return n;
    }
    ADD_FAILURE() << "no node " << name << "\n" << format_text(result.diagnostics);
    return kNone;
}

std::string setting(const Node& n, const std::string& name) {
    for (const Setting& s : n.settings) {
        if (s.name == name) return s.value.shown;
    }
    return "(unset)";
}

constexpr const char* kBase = R"(trunkline: 1
name: base
nodes:
  caller: {element: twiliosrc}
  agent: {element: deepgramagent, greeting: Hello, prompt: Be kind.}
  line: {element: twiliosink}
links: {talk: caller -> agent -> line}
)";

TEST(Merging, TheNearerFileWinsKeyByKey) {
    const auto result = load_files(
        {{"base.yaml", kBase}, {"v.yaml", "trunkline: 1\nextends: ./base.yaml\nnodes: {agent: {prompt: Be brief.}}\n"}},
        "v.yaml");
    EXPECT_TRUE(result.ok()) << format_text(result.diagnostics);
    EXPECT_EQ(setting(node(result, "agent"), "greeting"), "Hello");
    EXPECT_EQ(setting(node(result, "agent"), "prompt"), "Be brief.");
}

TEST(Merging, NullDeletes) {
    const auto result = load_files(
        {{"base.yaml", kBase}, {"v.yaml", "trunkline: 1\nextends: ./base.yaml\nnodes: {agent: {greeting: null}}\n"}},
        "v.yaml");
    EXPECT_TRUE(result.ok()) << format_text(result.diagnostics);
    EXPECT_EQ(setting(node(result, "agent"), "greeting"), "(unset)");
}

TEST(Merging, ANearerProfileTakesThePlaceOfAnElement) {
    const auto result = load_files({{"base.yaml", kBase},
                                    {"v.yaml",
                                     "trunkline: 1\nextends: ./base.yaml\nprofiles: {slow: {element: deepgramagent, "
                                     "language: de}}\nnodes: {agent: {profile: slow}}\n"}},
                                   "v.yaml");
    EXPECT_TRUE(result.ok()) << format_text(result.diagnostics);
    EXPECT_EQ(node(result, "agent").profile, "slow");
    EXPECT_EQ(setting(node(result, "agent"), "language"), "de");
    EXPECT_EQ(setting(node(result, "agent"), "prompt"), "Be kind.");
}

TEST(Merging, AVariantHasItsOwnName) {
    const auto result =
        load_files({{"base.yaml", kBase}, {"variant.yaml", "trunkline: 1\nextends: ./base.yaml\n"}}, "variant.yaml");
    EXPECT_EQ(result.graph.name, "variant");
}

TEST(Merging, AFileImportedTwiceIsNoClash) {
    const auto result = load_files({{"base.yaml", kBase},
                                    {"p.yaml", "trunkline: 1\nprofiles: {x: {element: identity}}\n"},
                                    {"q.yaml", "trunkline: 1\nimport: [./p.yaml]\n"},
                                    {"v.yaml", "trunkline: 1\nextends: ./base.yaml\nimport: [./p.yaml, ./q.yaml]\n"}},
                                   "v.yaml");
    for (const Diagnostic& d : result.diagnostics) EXPECT_NE(d.code, "import-clash") << d.message;
}

TEST(Merging, StopsAtTheBoundOfFiles) {
    std::map<std::string, std::string> files;
    for (int i = 0; i < 60; i++)
        files["f" + std::to_string(i) + ".yaml"] = "trunkline: 1\nextends: ./f" + std::to_string(i + 1) + ".yaml\n";
    const auto result = load_files(files, "f0.yaml");
    ASSERT_EQ(result.diagnostics.size(), 1U) << format_text(result.diagnostics);
    EXPECT_EQ(result.diagnostics[0].code, "too-many-files");
}

TEST(Substitution, TextOfTheEnvironmentIsNotReadAgain) {
    LoadOptions options = test_options();
    options.env = [](const std::string&) { return std::optional<std::string>("${secret.API_KEY}"); };
    const auto result =
        load_graph_text(std::string(kBase).replace(std::string(kBase).find("Hello"), 5, "$env.X"), "x.yaml", options);
    ASSERT_TRUE(result.ok()) << format_text(result.diagnostics);
    EXPECT_EQ(node(result, "agent").settings[0].value.text, "${secret.API_KEY}");
    EXPECT_NE(result.graph.canonical_json.find("$${secret.API_KEY}"), std::string::npos);
}

TEST(Secrets, NeverShow) {
    const auto result =
        load_graph_text(std::string(kBase).replace(std::string(kBase).find("Hello"), 5,
                                                   "\"a ${secret.API_KEY} b\", api-key: $secret.API_KEY"),
                        "x.yaml", test_options());
    ASSERT_TRUE(result.ok()) << format_text(result.diagnostics);
    EXPECT_EQ(result.graph.canonical_json.find("s3cret"), std::string::npos) << result.graph.canonical_json;
    EXPECT_EQ(setting(node(result, "agent"), "api-key"), "$secret.API_KEY");
    EXPECT_EQ(node(result, "agent").settings[1].value.text, "s3cret-api-key") << "but they are there";
}

TEST(Secrets, WrittenInTheOpenAreAWarningAndHidden) {
    const auto result =
        load_graph_text(std::string(kBase).replace(std::string(kBase).find("Hello"), 5, "x, api-key: dg-12345"),
                        "x.yaml", test_options());
    EXPECT_TRUE(result.ok());
    ASSERT_EQ(result.diagnostics.size(), 1U);
    EXPECT_EQ(result.diagnostics[0].code, "secret-in-the-open");
    EXPECT_EQ(result.graph.canonical_json.find("dg-12345"), std::string::npos);
}

TEST(Bounds, ALargeFileIsRefusedUnread) {
    const auto result = load_graph_text(std::string((1U << 20) + 1, '#'), "x.yaml", test_options());
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.diagnostics[0].code, "file-too-large");
}

TEST(Bounds, ABombOfBracketsIsRefusedUnread) {
    for (const char* opener : {"[", "{", "- ", "? ", "\"", "{a: "}) {
        std::string bomb = "trunkline: 1\nnodes: \n  ";
        while (bomb.size() < 900'000) bomb += opener;
        EXPECT_FALSE(load_graph_text(bomb, "x.yaml", test_options()).ok()) << opener;
    }
}

TEST(Places, CountCharactersNotBytes) {
    const auto result =
        load_graph_text("trunkline: 1\nnodes: {größe: {element: twiliosrc}}\nlinks: {\"übung\": \"ä -> b\"}\n",
                        "x.yaml", test_options());
    ASSERT_FALSE(result.ok());
    const auto at = std::find_if(result.diagnostics.begin(), result.diagnostics.end(),
                                 [](const Diagnostic& d) { return d.code == "bad-path"; });
    ASSERT_NE(at, result.diagnostics.end());
    EXPECT_EQ(at->line, 3);
    EXPECT_EQ(at->column, 19);
}

TEST(EnvFile, IsReadBehindTheEnvironment) {
    const std::string path = testing::TempDir() + "/graph_test.env";
    FILE* file = fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    fputs("# comment\nexport A=\"one two\"\nB=three # comment\nC='#4'\nD=\n", file);
    fclose(file);
    const Lookup env = with_env_file(
        path, [](const std::string& name) { return name == "B" ? std::optional<std::string>("mine") : std::nullopt; });
    EXPECT_EQ(env("A"), "one two");
    EXPECT_EQ(env("B"), "mine");
    EXPECT_EQ(env("C"), "#4");
    EXPECT_EQ(env("D"), "");
    EXPECT_EQ(env("E"), std::nullopt);
}

}  // namespace
}  // namespace trunkline::graph
