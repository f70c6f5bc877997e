// Which announced calls are taken, and what becomes of one whose media never comes.
#include <gtest/gtest.h>

#include "manager_rig.h"

namespace trunkline::test {
namespace {

TEST(Admission, ACallIsAnnouncedBeforeItsTicketIsGivenOut) {
    ManagerRig rig;
    const auto admission = rig.admit();
    ASSERT_TRUE(admission) << admission.error().message;
    EXPECT_EQ(rig.outbox.fact_types(), std::vector<std::string>{"call.created"});
    EXPECT_EQ(rig.row(&CallRow::id), admission->call_id);
    EXPECT_EQ(rig.row(&CallRow::carrier_call_id), kSid);
    EXPECT_EQ(rig.row(&CallRow::status), "ringing");
    EXPECT_EQ(rig.row(&CallRow::graph), "echo");
    EXPECT_EQ(rig.counts().waiting, 1U);
    EXPECT_EQ(rig.counts().admitted, 1U);
}

TEST(Admission, TheTicketOpensTheWaitingCallOfItsCarrierOnly) {
    ManagerRig rig;
    const auto admission = rig.admit();
    ASSERT_TRUE(admission);
    EXPECT_TRUE(rig.calls->check_ticket("twilio", admission->ticket));
    EXPECT_FALSE(rig.calls->check_ticket("vonage", admission->ticket));
    EXPECT_FALSE(rig.calls->check_ticket("twilio", admission->ticket + "x"));
}

TEST(Admission, ARetriedWebhookIsTheSameCall) {
    ManagerRig rig;
    const auto first = rig.admit(), second = rig.admit();
    ASSERT_TRUE(first);
    ASSERT_TRUE(second);
    EXPECT_EQ(first->call_id, second->call_id);
    EXPECT_EQ(rig.counts().waiting, 1U);
    EXPECT_EQ(rig.outbox.fact_types().size(), 1U) << "announced once";
    EXPECT_TRUE(rig.calls->check_ticket("twilio", second->ticket));
}

TEST(Admission, DefaultsOfTheParamsAreFilledIn) {
    ManagerRig rig;
    ASSERT_TRUE(rig.admit(incoming(), {{"rounds", "3"}}));
    EXPECT_EQ(rig.row(&CallRow::params_json), R"({"greeting":"hello","rounds":3})");
}

TEST(Admission, BadParamsNameTheField) {
    ManagerRig rig;
    for (const auto& [params, field] :
         std::vector<std::pair<Params, std::string>>{{{{"rounds", "many"}}, "rounds"},
                                                     {{{"greeting", "far too long for it"}}, "greeting"},
                                                     {{{"colour", "red"}}, "colour"}}) {
        const auto refused = rig.admit(incoming(), params);
        ASSERT_FALSE(refused) << field;
        EXPECT_EQ(refused.error().code, "bad-params");
        EXPECT_NE(refused.error().message.find(field), std::string::npos) << refused.error().message;
    }
    EXPECT_TRUE(rig.outbox.fact_types().empty()) << "no call was made of it";
    EXPECT_EQ(rig.counts().refused, 3U);
}

TEST(Admission, AnUnknownGraphIsRefusedByName) {
    ManagerRig rig;
    const auto refused = rig.admit(incoming(kSid, "nowhere"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "unknown-graph");
    EXPECT_NE(refused.error().message.find("nowhere"), std::string::npos);
}

TEST(Admission, TheOnlyGraphIsTheDefaultOne) {
    ManagerRig rig;
    EXPECT_TRUE(rig.admit(incoming(kSid, "echo")));
    EXPECT_TRUE(rig.admit(incoming("CAother", "")));
}

TEST(Admission, ACrowdedOutboxTakesNoNewCall) {
    ManagerRig rig;
    rig.outbox.crowded = true;
    const auto refused = rig.admit();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "overload");
    std::string why;
    EXPECT_TRUE(rig.calls->refusing(&why));
    EXPECT_FALSE(why.empty());
}

TEST(Admission, NoMoreCallsThanMaxCalls) {
    CallManagerOptions options;
    options.max_calls = 1;
    ManagerRig rig(options);
    ASSERT_TRUE(rig.admit());
    const auto refused = rig.admit(incoming("CAother"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "overload");
    EXPECT_TRUE(rig.admit()) << "the one that is known may still be announced again";
}

TEST(Admission, DrainingTakesNoNewCall) {
    ManagerRig rig;
    rig.calls->start_draining();
    const auto refused = rig.admit();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "draining");
}

TEST(Admission, ACallWhoseMediaNeverComesHasFailed) {
    CallManagerOptions options;
    options.media_wait_ms = 20;
    ManagerRig rig(options);
    const auto admission = rig.admit();
    ASSERT_TRUE(admission);
    ASSERT_TRUE(rig.outbox.wait_fact("call.ended"));
    ASSERT_TRUE(rig.wait_empty());
    EXPECT_EQ(rig.outbox.fact_types(), (std::vector<std::string>{"call.created", "call.ended"}));
    EXPECT_TRUE(rig.outbox.gap_free());
    EXPECT_EQ(rig.row(&CallRow::status), "failed");
    EXPECT_EQ(rig.row(&CallRow::end_reason), "no-media");
    EXPECT_EQ(rig.counts().ended.at("failed/no-media"), 1U);
    const auto late = rig.calls->check_ticket("twilio", admission->ticket);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, "used-ticket");
}

TEST(Admission, ACallThatIsOverMayCallAgain) {
    CallManagerOptions options;
    options.media_wait_ms = 20;
    ManagerRig rig(options);
    const auto first = rig.admit();
    ASSERT_TRUE(rig.outbox.wait_fact("call.ended"));
    ASSERT_TRUE(rig.wait_empty());
    const auto second = rig.admit();
    ASSERT_TRUE(second);
    EXPECT_NE(first->call_id, second->call_id);
}

TEST(Admission, ShutdownEndsWaitingCalls) {
    ManagerRig rig;
    ASSERT_TRUE(rig.admit());
    EXPECT_TRUE(rig.calls->end_all(std::chrono::seconds(5)));
    EXPECT_EQ(rig.row(&CallRow::end_reason), "shutdown");
    EXPECT_TRUE(rig.outbox.gap_free());
}

TEST(Admission, AGraphOfOneCarrierTakesNoCallsOfAnother) {
    ManagerRig rig;
    IncomingCall call = incoming();
    call.carrier = "another";
    const auto refused = rig.admit(call);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "unknown-graph");
    EXPECT_NE(refused.error().message.find("another"), std::string::npos);
}

TEST(Admission, ParamsAreKnownByGraph) {
    ManagerRig rig;
    const Params mixed = {{"greeting", "hi"}, {"uuid", "1"}, {"rounds", "2"}};
    const Params known = {{"greeting", "hi"}, {"rounds", "2"}};
    EXPECT_EQ(rig.calls->known_params("", mixed), known);
    EXPECT_EQ(rig.calls->known_params("echo", mixed), known);
    EXPECT_EQ(rig.calls->known_params("nope", mixed), mixed) << "there is nobody to know them";
}

}  // namespace
}  // namespace trunkline::test
