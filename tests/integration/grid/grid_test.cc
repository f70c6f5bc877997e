// The grid: one set of conversations, every carrier × every backend, and the facts and tables alike in all of them. One
// test per conversation; in it the cells talk at the same time. At the end a table, for people:
//
//   integration_grid                                 all of it
//   integration_grid --gtest_filter='*interruption*'
//   TRUNKLINE_GRID=vonage-deepgram integration_grid  these cells alone, comma-separated
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/integration/grid/alike.h"
#include "tests/integration/grid/scenarios.h"

namespace trunkline::test {
namespace {

/// One line per conversation, one column per cell.
class Table : public testing::Environment {
  public:
    void add(const std::string& scenario, const std::vector<std::string>& columns) {
        rows_.push_back({scenario, columns});
    }
    void TearDown() override {
        if (rows_.empty()) return;
        std::printf("\n%-32s", "");
        for (const auto& [carrier, backend] : grid_cells()) std::printf("%-31s", (carrier + " × " + backend).c_str());
        std::printf("\n");
        for (const auto& [scenario, columns] : rows_) {
            std::printf("%-32s", scenario.c_str());
            for (const auto& column : columns) std::printf("%-30s", column.c_str());
            std::printf("\n");
        }
        std::printf("\n");
    }

  private:
    std::vector<std::pair<std::string, std::vector<std::string>>> rows_;
};

Table* const table = static_cast<Table*>(testing::AddGlobalTestEnvironment(new Table));

std::string column(const Cell& cell, const std::string& differs) {
    if (!cell.problem.empty()) return "FAILED";
    if (!differs.empty()) return "DIFFERS";
    const auto latency = cell.sql(
        "select cast(round(avg(voice_to_voice_ms)) as integer) from turns where call_id = '{id}' and voice_to_voice_ms "
        "> 0");
    const std::string ms = latency.empty() || latency[0].empty() ? "" : ", v2v " + latency[0] + " ms";
    return "ok, " + std::to_string(cell.facts().size()) + " facts" + ms;
}

class Grid : public testing::TestWithParam<size_t> {};

TEST_P(Grid, IsAlikeInEveryCell) {
    const Scenario& scenario = grid_scenarios()[GetParam()];
    GridRig rig(scenario.options);
    rig.play(scenario.talk);
    std::vector<std::string> columns;
    Story first;
    for (auto& cell : rig.cells()) {
        if (cell->problem.empty() && scenario.check) scenario.check(*cell);
        EXPECT_EQ(cell->problem, "") << cell->story();
        const Story told = story_of(cell->facts());
        if (&cell == &rig.cells().front()) first = told;
        const std::string differs = cell->problem.empty() ? difference(first, told) : "";
        EXPECT_EQ(differs, "") << rig.cells().front()->name() << " against " << cell->name() << "\n" << cell->story();
        for (const auto& v : cell->sessions()) {
            for (const auto& violation : v.violations)
                // A machine that stands still for a second makes a gap; everything else is the engine's doing.
                if (violation.code != "audio-gap")
                    ADD_FAILURE() << cell->name() << ": " << violation.code << " " << violation.what;
        }
        for (const auto& violation : cell->call->violations()) {
            // Twilio has no other way to learn that we end a call than its socket.
            if (violation.code != lab::kStreamClosedByServer)
                ADD_FAILURE() << cell->name() << ": carrier: " << violation.code << " " << violation.message;
        }
        if (cell->backend == "hume" && cell->problem.empty()) {
            const auto felt = cell->facts("emotion");
            for (const Json& emotion : felt) EXPECT_EQ(emotion["scores"].keys().size(), 48U);
        } else {
            EXPECT_TRUE(cell->facts("emotion").empty()) << "made-up emotions";
        }
        columns.push_back(column(*cell, differs));
    }
    table->add(scenario.name, columns);
}

INSTANTIATE_TEST_SUITE_P(Conversations, Grid, testing::Range<size_t>(0, grid_scenarios().size()),
                         [](const auto& conversation) {
                             std::string name;
                             for (const char c : grid_scenarios()[conversation.param].name) {
                                 if (c != ' ') name += c;
                             }
                             return name;
                         });

}  // namespace
}  // namespace trunkline::test
