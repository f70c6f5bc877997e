// `--fault name=value` of the simulated carrier.
#include <gtest/gtest.h>

#include "lab/cli.h"

namespace trunkline::lab {
namespace {

TEST(LabFaultOption, KnownFaultsAreSet) {
    TwilioCallOptions options;
    EXPECT_TRUE(set_media_fault(options, "start_delay_ms=500"));
    EXPECT_TRUE(set_media_fault(options, "skip_connected=true"));
    EXPECT_TRUE(set_media_fault(options, "coalesce=request"));
    EXPECT_TRUE(set_media_fault(options, "payload_bytes=160,0,1"));
    EXPECT_EQ(options.faults.start_delay_ms, 500);
    EXPECT_TRUE(options.faults.skip_connected);
    EXPECT_EQ(options.faults.coalesce, Coalesce::kBehindRequest);
    EXPECT_EQ(options.faults.payload_bytes, (std::vector<int>{160, 0, 1}));
}

TEST(LabFaultOption, UnknownNamesAndBadValuesAreRefused) {
    TwilioCallOptions options;
    EXPECT_EQ(set_media_fault(options, "start_delay=5").error().code, "unknown-fault");
    for (const char* bad : {"start_delay_ms", "start_delay_ms=", "start_delay_ms=-1", "start_delay_ms=5s",
                            "skip_start=maybe", "coalesce=both", "payload_bytes=", "start_call_sid="}) {
        auto set = set_media_fault(options, bad);
        ASSERT_FALSE(set) << bad;
        EXPECT_EQ(set.error().code, "bad-fault") << bad;
    }
}

}  // namespace
}  // namespace trunkline::lab
