// A directory of graphs while a service runs: reload takes the good and keeps what the bad ones were.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "engine/graph/graph_store.h"
#include "tests/graph/graph_environment.h"

namespace trunkline::graph {
namespace {

namespace fs = std::filesystem;

class Store : public testing::Test {
  protected:
    void SetUp() override {
        dir_ = testing::TempDir() + "/graph_store_" + testing::UnitTest::GetInstance()->current_test_info()->name();
        fs::remove_all(dir_);
        fs::create_directories(dir_);
    }
    void TearDown() override { fs::remove_all(dir_); }
    void write(const std::string& name, const std::string& extra = "") {
        std::ofstream(dir_ + "/" + name + ".yaml") << "trunkline: 1\nnodes:\n  caller: {element: twiliosrc}\n  line: "
                                                      "{element: twiliosink}\nlinks: {through: caller -> line}\n"
                                                   << extra;
    }
    GraphStore store() { return {{dir_}, test_options()}; }
    std::string dir_;
};

TEST_F(Store, LoadsEveryGraphOfItsDirectory) {
    write("one");
    write("two");
    std::ofstream(dir_ + "/library.yaml") << "trunkline: 1\nprofiles: {x: {element: deepgramagent}}\n";
    GraphStore store = this->store();
    const auto report = store.reload();
    EXPECT_TRUE(report.ok()) << format_text(report.diagnostics);
    EXPECT_EQ(report.loaded, (std::vector<std::string>{"one", "two"}));
    EXPECT_NE(store.find("one"), nullptr);
    EXPECT_EQ(store.find("library"), nullptr);
    EXPECT_EQ(store.all().size(), 2U);
}

TEST_F(Store, KeepsTheOldPlanOfABadFile) {
    write("one");
    GraphStore store = this->store();
    store.reload();
    const PlanPtr before = store.find("one");
    write("one", "limts: {call: 1m}\n");
    const auto report = store.reload();
    EXPECT_FALSE(report.ok());
    EXPECT_EQ(report.kept, std::vector<std::string>{"one"});
    EXPECT_EQ(store.find("one"), before);
}

TEST_F(Store, GivesNewCallsTheNewPlanAndLeavesOldCallsTheirs) {
    write("one");
    GraphStore store = this->store();
    store.reload();
    const PlanPtr before = store.find("one");
    write("one", "limits: {call: 1m}\n");
    EXPECT_EQ(store.reload().loaded, std::vector<std::string>{"one"});
    EXPECT_NE(store.find("one")->hash, before->hash);
    EXPECT_EQ(before->limits.call, 0U);
    EXPECT_EQ(store.find("one")->limits.call, 60'000'000'000U);
}

TEST_F(Store, RefusesABadFileThatNeverWasGood) {
    write("one", "limts: {call: 1m}\n");
    GraphStore store = this->store();
    EXPECT_EQ(store.reload().refused.size(), 1U);
    EXPECT_EQ(store.find("one"), nullptr);
}

TEST_F(Store, ForgetsAFileThatIsGone) {
    write("one");
    GraphStore store = this->store();
    store.reload();
    fs::remove(dir_ + "/one.yaml");
    EXPECT_EQ(store.reload().removed, std::vector<std::string>{"one"});
    EXPECT_EQ(store.find("one"), nullptr);
}

TEST_F(Store, RefusesTwoGraphsOfOneName) {
    write("one", "name: same\n");
    write("two", "name: same\n");
    GraphStore store = this->store();
    const auto report = store.reload();
    ASSERT_EQ(report.diagnostics.size(), 1U);
    EXPECT_EQ(report.diagnostics[0].code, "duplicate-name");
    EXPECT_NE(store.find("same"), nullptr);
}

TEST_F(Store, AnswersWhileItReloads) {
    write("one");
    GraphStore store = this->store();
    store.reload();
    std::atomic<bool> done = false;
    std::atomic<int> misses = 0;
    std::thread reader([&] {
        while (!done) misses += store.find("one") == nullptr ? 1 : 0;
    });
    for (int i = 0; i < 5; i++) store.reload();
    done = true;
    reader.join();
    EXPECT_EQ(misses, 0);
}

}  // namespace
}  // namespace trunkline::graph
