// What the engine's process has in memory after many short calls is what it had after a tenth of them.
//
//   TRUNKLINE_MEMORY_CALLS=10000 build/release/tests/integration/integration_memory
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "tests/integration/endurance/service.h"
#include "tests/integration/engine_process.h"
#include "tests/support/temp_folder.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;

constexpr int kAtOnce = 50;
constexpr int kMany = 10'000;
/// In 9,000 calls a leak of 300 bytes each is more than that.
constexpr int64_t kBarKb = 2'600;
/// With fewer calls the caches of SQLite and malloc are still filling.
constexpr int64_t kCoarseBarKb = 16'000;

int calls_to_make() {
    const char* given = std::getenv("TRUNKLINE_MEMORY_CALLS");
    return given ? std::max(100, std::atoi(given)) : 400;
}

class Memory : public testing::Test {
  protected:
    void SetUp() override {
        for (const auto& [graph, text] : ending_graphs()) {
            if (graph == "call") std::ofstream(folder + "/call.yaml") << text;
        }
        engine = std::make_unique<EngineProcess>(folder, folder + "/call.yaml",
                                                 std::vector<std::string>{"AGENT_KEY=some-key"});
        engine->wait_until_ready();
    }
    bool run_until(const std::function<bool()>& done) { return shard.run_until(done, 120s); }

    /// Short calls that end in four ways, until there were `total`.
    void call_until(int total) {
        while (made < total) {
            std::vector<std::unique_ptr<WireCaller>> callers;
            shard.run_until(
                [&] {
                    for (int i = std::min(kAtOnce, total - made); i > 0; --i, ++made) {
                        const std::string digits = std::to_string(made);
                        callers.push_back(std::make_unique<WireCaller>(
                            &shard, static_cast<uint16_t>(engine->port()), agent.port(),
                            CallerPlan{.act = acts[static_cast<size_t>(made) % acts.size()]}, made,
                            "CA" + std::string(32 - digits.size(), '0') + digits));
                    }
                    return true;
                },
                1s);
            const auto all_over = [&] {
                return std::all_of(callers.begin(), callers.end(), [](const auto& c) { return c->over(); });
            };
            ASSERT_TRUE(run_until([&] { return all_over() && agent.open() == 0; }));
            shard.run_until([&] { return callers.clear(), true; }, 1s);
        }
    }
    /// Memory when every call so far has ended in the database too.
    int64_t resident_kb() {
        const Rows rows(folder + "/calls.db");
        EXPECT_TRUE(poll_until(
            &shard, [&] { return rows.number("select count(*) from calls where ended_at is not null") == made; },
            120s));
        return engine->resident_kb();
    }

    const std::vector<Act> acts = {Act::kStopThenClose, Act::kClose, Act::kFin, Act::kReset};
    const AgentPlan plan = {.talk = AgentPlan::Talk::kIsInterrupted};
    const TempFolder temporary;
    const std::string& folder = temporary.path();
    Shard shard{0};
    WireAgent agent{&shard, [this](int) -> const AgentPlan& { return plan; }};
    std::unique_ptr<EngineProcess> engine;
    int made = 0;
};

TEST_F(Memory, AfterManyCallsIsThatAfterATenthOfThem) {
    const int calls = calls_to_make();
    const int64_t idle = engine->resident_kb();
    call_until(calls / 10);
    const int64_t before = resident_kb();
    const size_t descriptors = engine->descriptors(), threads = engine->threads();
    call_until(calls);
    const int64_t after = resident_kb();
    std::printf("resident: %ld kB idle, %ld kB after %d calls, %ld kB after %d calls: %+ld kB\n", idle, before,
                calls / 10, after, calls, after - before);
    EXPECT_LE(after - before, calls >= kMany ? kBarKb : kCoarseBarKb);
    EXPECT_LE(engine->descriptors(), descriptors);
    EXPECT_LE(engine->threads(), threads + 2) << "GIO's own pool may have a thread or two more";
}

}  // namespace
}  // namespace trunkline::test
