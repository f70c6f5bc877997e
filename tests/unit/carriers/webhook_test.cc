// What Twilio's webhooks say: announced calls and status callbacks.
#include <gtest/gtest.h>

#include "engine/carriers/twilio.h"

namespace trunkline::twilio {
namespace {

const std::string kSid = "CA0123456789abcdef0123456789abcdef";

TEST(VoiceWebhook, SaysWhoCallsWhom) {
    const auto call =
        parse_voice({{"CallSid", kSid}, {"From", "+15550100"}, {"To", "+15550199"}, {"Direction", "inbound"}});
    ASSERT_TRUE(call) << call.error().message;
    EXPECT_EQ(call->carrier, "twilio");
    EXPECT_EQ(call->carrier_call_id, kSid);
    EXPECT_EQ(call->from, "+15550100");
    EXPECT_EQ(call->to, "+15550199");
    EXPECT_EQ(call->direction, "inbound");
}

TEST(VoiceWebhook, EveryKindOfOutboundIsOutbound) {
    for (const char* direction : {"outbound-api", "outbound-dial"}) {
        const auto call = parse_voice({{"CallSid", kSid}, {"Direction", direction}});
        ASSERT_TRUE(call);
        EXPECT_EQ(call->direction, "outbound") << direction;
    }
}

TEST(VoiceWebhook, WithoutARightCallSidIsNone) {
    const std::string bad[] = {"",
                               "CA",
                               kSid.substr(1),
                               kSid + "0",
                               "MZ" + kSid.substr(2),
                               "CA0123456789abcdef0123456789abc/..",
                               "CA0123456789abcdef0123456789abc\"x "};
    for (const std::string& sid : bad) {
        const auto call = parse_voice({{"CallSid", sid}});
        ASSERT_FALSE(call) << sid;
        EXPECT_EQ(call.error().code, "bad-webhook");
        EXPECT_NE(call.error().message.find("CallSid"), std::string::npos);
    }
    EXPECT_FALSE(parse_voice({}));
}

TEST(VoiceWebhook, AbsurdlyLongNumbersAreCut) {
    const auto call = parse_voice({{"CallSid", kSid}, {"From", std::string(100'000, '9')}});
    ASSERT_TRUE(call);
    EXPECT_EQ(call->from.size(), 256U);
}

TEST(VoiceWebhook, Line4UnknownFieldsAreIgnored) {
    EXPECT_TRUE(parse_voice({{"CallSid", kSid}, {"StirVerstat", "TN-Validation-Passed-A"}, {"", ""}}));
}

TEST(WebhookFields, ComeFromTheBodyOfAPostAndTheQueryOfAGet) {
    HttpRequest r;
    r.query = "CallSid=query";
    r.body = "CallSid=body";
    r.method = "POST";
    EXPECT_EQ(field(webhook_fields(r), "CallSid"), "body");
    r.method = "GET";
    EXPECT_EQ(field(webhook_fields(r), "CallSid"), "query");
    EXPECT_EQ(field(webhook_fields(r), "Missing"), "");
}

struct Case {
    const char* twilio;
    const char* ours;
    bool terminal;
};
constexpr Case kStatuses[] = {
    {"queued", "initiated", false},   {"initiated", "initiated", false},
    {"ringing", "ringing", false},    {"in-progress", "in_progress", false},
    {"completed", "completed", true}, {"busy", "busy", true},
    {"failed", "failed", true},       {"no-answer", "no_answer", true},
    {"canceled", "canceled", true},   {"cancelled", "canceled", true},
};

TEST(StatusCallback, Line20EveryStatusIsKnown) {
    for (const Case& c : kStatuses) {
        const auto status = parse_status({{"CallSid", kSid}, {"CallStatus", c.twilio}});
        ASSERT_TRUE(status) << c.twilio;
        EXPECT_EQ(status->status, c.ours);
        EXPECT_EQ(status->terminal(), c.terminal) << c.twilio;
    }
}

TEST(StatusCallback, Line20AnsweredIsInProgress) {
    EXPECT_EQ(call_status("answered"), "in_progress");
    EXPECT_EQ(call_status("in-progress"), "in_progress");
}

TEST(StatusCallback, ReadsTheNumbers) {
    const auto status = parse_status({{"CallSid", kSid},
                                      {"CallStatus", "no-answer"},
                                      {"SequenceNumber", "3"},
                                      {"CallDuration", "17"},
                                      {"SipResponseCode", "487"}});
    ASSERT_TRUE(status);
    EXPECT_EQ(status->sequence, 3);
    EXPECT_EQ(status->duration_s, 17);
    EXPECT_EQ(status->detail, "SIP 487");
}

TEST(StatusCallback, NumbersThatAreNoneAreNotKnown) {
    const auto status = parse_status({{"CallSid", kSid},
                                      {"CallStatus", "completed"},
                                      {"SequenceNumber", "99999999999999999999"},
                                      {"CallDuration", "long"}});
    ASSERT_TRUE(status);
    EXPECT_EQ(status->sequence, -1);
    EXPECT_EQ(status->duration_s, -1);
    const auto negative = parse_status(
        {{"CallSid", kSid}, {"CallStatus", "completed"}, {"SequenceNumber", "-9"}, {"CallDuration", "-61"}});
    ASSERT_TRUE(negative);
    EXPECT_EQ(negative->sequence, -1);
    EXPECT_EQ(negative->duration_s, -1);
}

TEST(StatusCallback, WithoutAStatusOfTwiliosIsNone) {
    for (const char* bad : {"", "Completed", "in_progress", "gone"}) {
        const auto status = parse_status({{"CallSid", kSid}, {"CallStatus", bad}});
        ASSERT_FALSE(status) << bad;
        EXPECT_NE(status.error().message.find("CallStatus"), std::string::npos);
    }
}

TEST(StatusCallback, WithoutARightCallSidIsNone) {
    EXPECT_FALSE(parse_status({{"CallStatus", "completed"}}));
    EXPECT_FALSE(parse_status({{"CallStatus", "completed"}, {"CallSid", "CA1"}}));
}

}  // namespace
}  // namespace trunkline::twilio
