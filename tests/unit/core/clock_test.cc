// Clocks and the text form of a moment.
#include "engine/core/clock.h"

#include <gtest/gtest.h>

namespace trunkline {
namespace {

TEST(Rfc3339, WritesUtcWithMilliseconds) {
    EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(rfc3339(1'795'170'243'512), "2026-11-20T10:24:03.512Z");
}

TEST(Rfc3339, CountsBackwardsBeforeTheEpoch) { EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999Z"); }

TEST(MonotonicClock, NeverGoesBack) {
    int64_t last = monotonic_ns();
    for (int i = 0; i < 10'000; ++i) {
        const int64_t now = monotonic_ns();
        ASSERT_GE(now, last);
        last = now;
    }
}

}  // namespace
}  // namespace trunkline
