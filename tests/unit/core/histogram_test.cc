// The histogram's promise: at most 1.6 % error, from nanoseconds to hours.
#include "engine/core/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace trunkline {
namespace {

// 10 kB of atomics: on the heap, out of the way of small stacks.
std::unique_ptr<Histogram> make() { return std::make_unique<Histogram>(); }

TEST(Histogram, IsZeroWhenEmpty) {
    const auto h = make();
    EXPECT_EQ(h->count(), 0U);
    EXPECT_EQ(h->quantile(0.99), 0);
    EXPECT_EQ(h->max(), 0);
}

TEST(Histogram, KeepsEveryValueWithinItsErrorBound) {
    for (int64_t value = 1; value < (int64_t{1} << 44); value = value * 17 / 16 + 1) {
        const auto h = make();
        h->record(value);
        h->record(value * 2);  // so that max() does not cap the bucket of `value`
        const int64_t got = h->quantile(0.5);
        ASSERT_GE(got, value);
        ASSERT_LE(static_cast<double>(got - value), 0.016 * static_cast<double>(value)) << value;
    }
}

TEST(Histogram, QuantilesFollowTheSortedValues) {
    const auto h = make();
    std::mt19937_64 random(7);
    std::vector<int64_t> values;
    for (int i = 0; i < 20'000; ++i) {
        values.push_back(static_cast<int64_t>(random() % 50'000'000));
        h->record(values.back());
    }
    std::sort(values.begin(), values.end());
    for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999}) {
        const auto rank = static_cast<size_t>(q * 20'000.0) - 1;
        const auto exact = static_cast<double>(values[rank]);
        EXPECT_NEAR(static_cast<double>(h->quantile(q)), exact, exact * 0.017) << q;
    }
    EXPECT_EQ(h->quantile(1.0), values.back());
}

TEST(Histogram, CountsNegativeValuesAsZero) {
    const auto h = make();
    h->record(-5);
    EXPECT_EQ(h->count_at_most(0), 1U);
    EXPECT_EQ(h->sum(), 0.0);
}

TEST(Histogram, KeepsValuesBeyondItsRangeInTheLastBucket) {
    const auto h = make();
    h->record(INT64_MAX);
    EXPECT_EQ(h->count(), 1U);
    EXPECT_EQ(h->quantile(0.5), INT64_MAX);
}

TEST(Histogram, CountsWhatIsAtMostALimit) {
    const auto h = make();
    for (int64_t v : {10, 1'000, 1'000'000, 2'000'000}) h->record(v);
    EXPECT_EQ(h->count_at_most(9), 0U);
    EXPECT_EQ(h->count_at_most(10), 1U);
    EXPECT_EQ(h->count_at_most(1'000'000), 3U);
    EXPECT_EQ(h->count_at_most(INT64_MAX), 4U);
}

TEST(Histogram, MergesCountSumMaxAndBuckets) {
    const auto a = make(), b = make();
    a->record(100);
    b->record(3'000);
    a->merge(*b);
    EXPECT_EQ(a->count(), 2U);
    EXPECT_EQ(a->sum(), 3'100.0);
    EXPECT_EQ(a->max(), 3'000);
    EXPECT_EQ(a->count_at_most(200), 1U);
    a->reset();
    EXPECT_EQ(a->count(), 0U);
    EXPECT_EQ(a->count_at_most(INT64_MAX), 0U);
}

}  // namespace
}  // namespace trunkline
