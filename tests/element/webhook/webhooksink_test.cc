// webhooksink: facts of a call as records for one endpoint.
#include "elements/webhook/webhooksink.h"

#include <gtest/gtest.h>

#include "engine/gst/event_pad.h"
#include "tests/support/call_rig.h"

namespace trunkline::test {
namespace {

struct WebhookSinkTest : testing::Test {
    WebhookSinkTest() {
        EXPECT_EQ(gst_pad_link(feeder.pad(), sink.pad("sink")), GST_PAD_LINK_OK);
        set("url", "https://example.com/hook");
        set("secret", "s3cret");
    }
    void set(const char* property, const char* value) { g_object_set(sink.get(), property, value, nullptr); }
    void push(const char* type) {
        rig.on_shard([&] {
            feeder.start();
            EXPECT_EQ(gst_pad_push(feeder.pad(), gst::fact_buffer_new(rig.facts.make(type, "agent", 1, ""))),
                      GST_FLOW_OK);
        });
    }
    std::vector<std::string> types() const {
        std::vector<std::string> found;
        for (const auto& record : rig.outbox.all<FactRecord>()) found.push_back(record.fact->type);
        return found;
    }
    std::string error_at_start() {
        EXPECT_FALSE(sink.set_state(GST_STATE_READY));
        return sink.error();
    }

    CallRig rig;
    ElementUnderTest sink{&rig, TRUNKLINE_TYPE_WEBHOOK_SINK, "hook"};
    PadFeeder feeder{TRUNKLINE_EVENT_CAPS};
};

using Types = std::vector<std::string>;

TEST_F(WebhookSinkTest, MakesItsEndpointKnownBeforeItsFirstFact) {
    ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
    ASSERT_EQ(rig.outbox.endpoints().size(), 1U);
    EXPECT_EQ(rig.outbox.endpoints()[0].url, "https://example.com/hook");
    EXPECT_EQ(rig.outbox.endpoints()[0].secret, "s3cret");
    EXPECT_EQ(rig.outbox.endpoints()[0].id, webhook_endpoint_id("https://example.com/hook", "s3cret"));
    EXPECT_TRUE(types().empty());
}

TEST_F(WebhookSinkTest, PutsFactsForItsEndpointAndNotForTheDatabase) {
    ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
    push("transcript");
    const auto records = rig.outbox.all<FactRecord>();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].webhook_id, rig.outbox.endpoints()[0].id);
    EXPECT_FALSE(records[0].to_database);
}

TEST_F(WebhookSinkTest, PutsOnlyWhatEventsAsksFor) {
    set("events", "transcript, call.*");
    ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
    for (const char* type : {"dtmf", "transcript", "bargein", "call.ended"}) push(type);
    EXPECT_EQ(types(), (Types{"transcript", "call.ended"}));
}

TEST_F(WebhookSinkTest, GetsTheCallsOwnFactsThatWereMadeBefore) {
    rig.call.call_facts.push_back(rig.facts.make("call.created", "call", 0, ""));
    ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
    EXPECT_EQ(types(), Types{"call.created"});
}

TEST_F(WebhookSinkTest, GetsCallFactsByTheSameFilter) {
    set("events", "transcript");
    rig.call.call_facts.push_back(rig.facts.make("call.created", "call", 0, ""));
    ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
    EXPECT_TRUE(types().empty());
}

TEST_F(WebhookSinkTest, GetsCallEndedWhenItIsLongStopped) {
    ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
    ASSERT_TRUE(sink.set_state(GST_STATE_NULL));
    for (const auto& join : rig.call.call_fact_sinks) join(rig.facts.make("call.ended", "call", 0, ""));
    EXPECT_EQ(types(), Types{"call.ended"});
}

TEST_F(WebhookSinkTest, StartedTwiceInOneCallGetsEachCallFactOnce) {
    rig.call.call_facts.push_back(rig.facts.make("call.created", "call", 0, ""));
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
        ASSERT_TRUE(sink.set_state(GST_STATE_NULL));
    }
    for (const auto& join : rig.call.call_fact_sinks) join(rig.facts.make("call.ended", "call", 0, ""));
    EXPECT_EQ(types(), (Types{"call.created", "call.ended"}));
}

TEST_F(WebhookSinkTest, NeverShowsItsSecret) {
    gchar* shown = nullptr;
    g_object_get(sink.get(), "secret", &shown, nullptr);
    EXPECT_STREQ(shown, "***");
    g_free(shown);
}

TEST_F(WebhookSinkTest, RefusesAUrlThatIsNone) {
    set("url", "example.com/hook");
    EXPECT_NE(error_at_start().find("http:// or https:// url"), std::string::npos);
    set("url", "");
    EXPECT_NE(error_at_start().find("url"), std::string::npos);
}

TEST_F(WebhookSinkTest, SaysWhenItsStreamIsOver) {
    ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
    rig.on_shard([&] {
        feeder.start();
        feeder.event(gst_event_new_eos());
    });
    EXPECT_EQ(sink.messages(GST_MESSAGE_EOS), 1U);
}

TEST(WebhookSink, RefusesToStartWithoutACall) {
    CallRig rig;
    ElementUnderTest sink(&rig, TRUNKLINE_TYPE_WEBHOOK_SINK, "hook", false);
    g_object_set(sink.get(), "url", "https://example.com/hook", nullptr);
    EXPECT_FALSE(sink.set_state(GST_STATE_READY));
    const std::string error = sink.error();
    EXPECT_NE(error.find("webhooksink runs only inside a call"), std::string::npos) << error;
    EXPECT_NE(error.find("trunkline serve"), std::string::npos) << "the cure";
}

}  // namespace
}  // namespace trunkline::test
