// What the rig decides by arithmetic alone: when new calls begin, whose part of a start is whose, how a search goes.
#include <gtest/gtest.h>

#include <set>

#include "benchmarks/load/new_calls.h"
#include "benchmarks/load/slo_search.h"

namespace trunkline::load {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(NewCallMoment, OneCallInEverySlot) {
    for (uint32_t i = 0; i < 500; ++i) {
        const int64_t moment = new_call_moment_ns(i, 50);
        EXPECT_GE(moment, i * kFrameNs) << i;
        EXPECT_LT(moment, (i + 1) * kFrameNs) << i;
    }
}

TEST(NewCallMoment, TheCallsSpeakAtAllMomentsOfTheirTwentyMilliseconds) {
    // One call in a slot of 20 ms: where in it they begin decides whether their frames come in a bunch.
    std::set<int64_t> tenths;
    for (uint32_t i = 0; i < 20; ++i) tenths.insert(new_call_moment_ns(i, 50) % kFrameNs * 10 / kFrameNs);
    EXPECT_EQ(tenths.size(), 10U);
}

TEST(NewCallCount, TheWindowAndOneLifeBeforeIt) {
    LoadPlan plan;
    plan.window_ns = 20 * kSecond;
    plan.new_call_life_ns = 4 * kSecond;
    EXPECT_EQ(NewCalls::count(plan), 0U);
    plan.new_calls_per_second = 50;
    EXPECT_EQ(NewCalls::count(plan), 1200U);
}

TEST(BackendShare, FromItsConnectionToSettingsApplied) {
    CallRecord record;
    record.dialed_ns = 100;
    record.accepted_ns = 130;
    record.settled_ns = 190;
    EXPECT_EQ(backend_share_ns(record), 60);
}

TEST(BackendShare, AnEngineThatDialsItsAgentEarlyIsChargedForNothingThatWasOver) {
    CallRecord record;
    record.dialed_ns = 100;
    record.accepted_ns = 40;
    record.settled_ns = 120;
    EXPECT_EQ(backend_share_ns(record), 20) << "only what overlaps with the wait of the caller";
    record.settled_ns = 90;
    EXPECT_EQ(backend_share_ns(record), 0);
}

/// Runs a search against a machine that carries `limit` calls; the number of measurements by reference.
SloSearch searched(uint32_t first, uint32_t limit, int& tries) {
    SloSearch search(first);
    tries = 0;
    for (uint32_t calls = search.next(); calls != 0; calls = search.next()) {
        search.note(calls, calls <= limit);
        ++tries;
    }
    return search;
}

class AnyLimit : public testing::TestWithParam<uint32_t> {};

TEST_P(AnyLimit, IsFoundToTenCalls) {
    int tries = 0;
    const SloSearch search = searched(100, GetParam(), tries);
    EXPECT_LE(search.largest(), GetParam());
    EXPECT_GT(search.largest() + SloSearch::kFinest, GetParam());
    EXPECT_GT(search.smallest_failed(), GetParam());
    EXPECT_LE(tries, static_cast<int>(GetParam() / SloSearch::kStep) + 6);
}

INSTANTIATE_TEST_SUITE_P(Limits, AnyLimit, testing::Values(0, 7, 10, 95, 100, 101, 555, 640, 1999));

TEST(SloSearchTest, EndsWhereTheRigEnds) {
    int tries = 0;
    const SloSearch search = searched(100, UINT32_MAX, tries);
    EXPECT_EQ(search.largest(), SloSearch::kMost);
    EXPECT_EQ(search.smallest_failed(), 0U);
}

Measurement good_run() {
    Measurement run;
    run.calls = run.calls_up = 100;
    run.up.p99 = run.down.p99 = 19.9;
    return run;
}

TEST(WhyNotHeld, AGoodRunHolds) { EXPECT_EQ(why_not_held(good_run(), 20), ""); }

TEST(WhyNotHeld, LateLostAndMissingAreNamed) {
    Measurement late = good_run();
    late.down.p99 = 20.1;
    EXPECT_NE(why_not_held(late, 20).find("agent → caller p99 added 20.10 ms"), std::string::npos);
    EXPECT_EQ(why_not_held(late, 21), "");

    Measurement lost = good_run();
    lost.new_up_frames.lost = 3;
    EXPECT_EQ(why_not_held(lost, 20), "3 frames lost");

    Measurement missing = good_run();
    missing.calls_up = 98;
    EXPECT_EQ(why_not_held(missing, 20), "2 of 100 calls did not come up");
}

}  // namespace
}  // namespace trunkline::load

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
