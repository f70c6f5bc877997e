// Status callbacks: they may come late, twice and out of order (line 20).
#include <gtest/gtest.h>

#include "manager_rig.h"

namespace trunkline::test {
namespace {

TEST(StatusCallback, Line20ATerminalOneEndsAWaitingCall) {
    for (const char* terminal : {"completed", "busy", "failed", "no_answer", "canceled"}) {
        ManagerRig rig;
        ASSERT_TRUE(rig.admit());
        rig.status(terminal, 2);
        EXPECT_EQ(rig.counts().waiting, 0U) << terminal;
        EXPECT_EQ(rig.row(&CallRow::status), terminal);
        EXPECT_EQ(rig.row(&CallRow::end_reason), std::string("carrier-") + terminal);
        EXPECT_TRUE(rig.outbox.gap_free());
    }
}

TEST(StatusCallback, Line20OthersEndNothing) {
    ManagerRig rig;
    ASSERT_TRUE(rig.admit());
    rig.status("initiated", 0);
    rig.status("ringing", 1);
    rig.status("in_progress", 2);
    EXPECT_EQ(rig.counts().waiting, 1U);
    EXPECT_EQ(rig.outbox.fact_types().size(), 1U);
}

TEST(StatusCallback, Line20ADuplicateEndsNothingTwice) {
    ManagerRig rig;
    ASSERT_TRUE(rig.admit());
    rig.status("completed", 3);
    rig.status("completed", 3);
    EXPECT_EQ(rig.outbox.fact_types(), (std::vector<std::string>{"call.created", "call.ended"}));
}

TEST(StatusCallback, Line20AnEarlierOneThatComesLateDoesNotCount) {
    ManagerRig rig;
    ASSERT_TRUE(rig.admit());
    rig.status("in_progress", 5);
    rig.status("canceled", 4);
    EXPECT_EQ(rig.counts().waiting, 1U);
}

TEST(StatusCallback, Line20OneWithoutANumberDoesNotMakeOldOnesCountAgain) {
    ManagerRig rig;
    ASSERT_TRUE(rig.admit());
    rig.status("in_progress", 5);
    rig.status("ringing", -1);
    rig.status("canceled", 4);
    EXPECT_EQ(rig.counts().waiting, 1U);
}

TEST(StatusCallback, Line20OfAnUnknownCallIsHarmless) {
    ManagerRig rig;
    rig.status("completed", 3);
    EXPECT_TRUE(rig.outbox.fact_types().empty());
}

TEST(StatusCallback, ATerminalOneEndsALiveCall) {
    ManagerRig rig;
    const auto admission = rig.admit();
    ASSERT_TRUE(admission);
    const Peer peer = rig.socket(admission->ticket);
    peer.start();
    ASSERT_TRUE(rig.outbox.wait_fact("call.answered"));
    rig.status("completed", 3);
    rig.status("completed", 3);
    ASSERT_TRUE(rig.wait_empty());
    const auto types = rig.outbox.fact_types();
    EXPECT_EQ(std::count(types.begin(), types.end(), "call.ended"), 1);
    EXPECT_EQ(rig.row(&CallRow::status), "completed");
    EXPECT_EQ(rig.row(&CallRow::end_reason), "caller-hangup");
}

TEST(StatusCallback, AnAnnouncementThatComesAfterTheEndMakesNoCall) {
    ManagerRig rig;
    ASSERT_TRUE(rig.admit());
    rig.status("completed", 3);
    for (const std::string& sid : {kSid, std::string("CAneverheardof")}) {
        if (sid != kSid) {
            CarrierStatus over;
            over.carrier = "twilio";
            over.carrier_call_id = sid;
            over.status = "canceled";
            rig.on_shard([&] { rig.calls->on_carrier_status(over); });
        }
        const auto late = rig.admit(incoming(sid));
        ASSERT_FALSE(late) << sid;
        EXPECT_EQ(late.error().code, "duplicate");
    }
    EXPECT_EQ(rig.counts().admitted, 1U);
    EXPECT_TRUE(rig.admit(incoming("CAanother")));
}

TEST(StatusCallback, OneThatKnowsTheReasonGivesItToTheCall) {
    ManagerRig rig;
    ASSERT_TRUE(rig.admit());
    CarrierStatus lost;
    lost.carrier = "twilio";
    lost.carrier_call_id = kSid;
    lost.status = "failed";
    lost.reason = "no-media";
    rig.on_shard([&] { rig.calls->on_carrier_status(lost); });
    EXPECT_EQ(rig.row(&CallRow::status), "failed");
    EXPECT_EQ(rig.row(&CallRow::end_reason), "no-media");
}

}  // namespace
}  // namespace trunkline::test
