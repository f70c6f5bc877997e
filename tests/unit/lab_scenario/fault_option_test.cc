// `--fault name=value` of the simulated carriers.
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

TEST(LabFaultOption, VonageModesAreSet) {
    vonage::CallOptions o;
    for (const char* one : {"strict=false", "queue_messages=1024", "read_gap_ms=10", "notify_on_clear=returned",
                            "dtmf=nested", "signing=wrong-hash", "socket_signing=alg-none", "callee=machine",
                            "omit=completed.duration,direction", "null=answered.rate", "frame_bytes=639,2",
                            "subprotocol=WSBRIDGE", "completed_first=1", "answer_timeout_ms=500"}) {
        auto set = set_vonage_fault(o, one);
        EXPECT_TRUE(set) << one << ": " << (set ? "" : set.error().message);
    }
    EXPECT_FALSE(o.media.strict);
    EXPECT_EQ(o.media.queue_messages, 1024U);
    EXPECT_EQ(o.media.read_gap_ms, 10);
    EXPECT_EQ(o.media.notify_on_clear, vonage::NotifyOnClear::kReturned);
    EXPECT_EQ(o.media.dtmf_form, vonage::DtmfForm::kNested);
    EXPECT_EQ(o.signing, vonage::Signing::kWrongHash);
    EXPECT_EQ(o.socket_signing, vonage::Signing::kAlgorithmNone);
    EXPECT_EQ(o.callee, vonage::Callee::kMachine);
    EXPECT_EQ(o.events.omit, (std::set<std::string>{"completed.duration", "direction"}));
    EXPECT_EQ(o.events.null_fields, std::set<std::string>{"answered.rate"});
    EXPECT_EQ(o.media.frame_bytes, (std::vector<int>{639, 2}));
    EXPECT_EQ(o.media.subprotocol, "WSBRIDGE");
    EXPECT_TRUE(o.events.completed_first);
    EXPECT_EQ(o.answer_timeout_ms, 500);
}

TEST(LabFaultOption, UnknownVonageNamesAndBadValuesAreRefused) {
    vonage::CallOptions o;
    EXPECT_EQ(set_vonage_fault(o, "help=1").error().code, "unknown-fault");
    EXPECT_NE(set_vonage_fault(o, "help=1").error().message.find("read_gap_ms"), std::string::npos);
    for (const char* bad : {"strict", "strict=maybe", "queue_messages=0", "read_gap_ms=-1", "read_gap_ms=5s",
                            "signing=badly", "frame_bytes=", "omit=", "subprotocol=", "callee="}) {
        auto set = set_vonage_fault(o, bad);
        ASSERT_FALSE(set) << bad;
        EXPECT_EQ(set.error().code, "bad-fault") << bad;
    }
}

}  // namespace
}  // namespace trunkline::lab
