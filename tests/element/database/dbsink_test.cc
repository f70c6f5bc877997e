// dbsink: every fact that reaches its pad becomes a record for the database.
#include "elements/database/dbsink.h"

#include <gtest/gtest.h>

#include <cstring>

#include "engine/gst/event_pad.h"
#include "engine/gst/gst_ptr.h"
#include "tests/support/call_rig.h"

namespace trunkline::test {
namespace {

struct DbSinkTest : testing::Test {
    DbSinkTest() { EXPECT_EQ(gst_pad_link(feeder.pad(), sink.pad("sink")), GST_PAD_LINK_OK); }
    GstFlowReturn push(GstBuffer* buffer) {
        GstFlowReturn result = GST_FLOW_ERROR;
        rig.on_shard([&] {
            feeder.start();
            result = gst_pad_push(feeder.pad(), buffer);
        });
        return result;
    }
    std::vector<FactRecord> records() const { return rig.outbox.all<FactRecord>(); }

    CallRig rig;
    ElementUnderTest sink{&rig, TRUNKLINE_TYPE_DB_SINK, "db"};
    PadFeeder feeder{TRUNKLINE_EVENT_CAPS};
};

TEST_F(DbSinkTest, PutsEveryFact) {
    ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
    const FactPtr first = rig.facts.make("dtmf", "caller", 1, R"("digit":"1")");
    const FactPtr second = rig.facts.make("dtmf", "caller", 1, R"("digit":"2")");
    EXPECT_EQ(push(gst::fact_buffer_new(first)), GST_FLOW_OK);
    EXPECT_EQ(push(gst::fact_buffer_new(second)), GST_FLOW_OK);
    ASSERT_EQ(records().size(), 2U);
    EXPECT_EQ(records()[0].fact, first) << "the fact itself, not a copy";
    EXPECT_EQ(records()[1].fact, second);
    EXPECT_TRUE(records()[0].to_database);
    EXPECT_EQ(records()[0].webhook_id, "");
}

TEST_F(DbSinkTest, AFactWithoutRoomIsNotMadeAndLeavesNoGap) {
    gst_pad_unlink(feeder.pad(), sink.pad("sink"));
    auto owner =
        gst::Ptr<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("identity", "agent"))));
    gst::EventPad events(owner.get());
    ASSERT_EQ(gst_pad_link(events.request(), sink.pad("sink")), GST_PAD_LINK_OK);
    ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
    const auto make = [&](const char* type, const char* fields) {
        FactPtr made;
        rig.on_shard([&] { made = events.push(&rig.call, type, 0, fields); });
        return made != nullptr;
    };
    const char* const interim = R"("text":"he","final":false)";
    const char* const final = R"("text":"hello","final":true)";
    EXPECT_TRUE(make("transcript", interim));
    rig.outbox.least = FactWeight::kOrdinary;
    EXPECT_FALSE(make("transcript", interim));
    EXPECT_TRUE(make("emotion", ""));
    rig.outbox.least = FactWeight::kEssential;
    EXPECT_FALSE(make("emotion", ""));
    EXPECT_TRUE(make("transcript", final));
    EXPECT_EQ(rig.outbox.fact_types(), (std::vector<std::string>{"transcript", "emotion", "transcript"}));
    EXPECT_TRUE(rig.outbox.gap_free());
}

TEST_F(DbSinkTest, ReadsAFactFromItsTextWhenTheBufferWasCopiedOnTheWay) {
    ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
    const FactPtr fact = rig.facts.make("dtmf", "caller", 1, R"("digit":"1")");
    GstBuffer* original = gst::fact_buffer_new(fact);
    GstBuffer* copy = gst_buffer_copy_deep(original);
    gst_buffer_unref(original);
    EXPECT_EQ(push(copy), GST_FLOW_OK);
    ASSERT_EQ(records().size(), 1U);
    const Fact& got = *records()[0].fact;
    EXPECT_NE(records()[0].fact, fact);
    EXPECT_EQ(got.body, fact->body);
    EXPECT_EQ(got.seq, fact->seq);
    EXPECT_EQ(got.call_id, fact->call_id);
    EXPECT_EQ(got.type, fact->type);
    EXPECT_EQ(got.t_ms, fact->t_ms);
    EXPECT_EQ(got.unix_ms, fact->unix_ms);
}

TEST_F(DbSinkTest, IgnoresWhatIsNoFact) {
    ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
    for (const char* text : {"", "{", "[]", R"({"call_id":"c"})", R"({"call_id":"c","seq":0})", R"({"seq":1})"}) {
        EXPECT_EQ(push(*text == 0 ? gst_buffer_new() : gst_buffer_new_memdup(text, strlen(text))), GST_FLOW_OK) << text;
    }
    EXPECT_TRUE(records().empty());
}

TEST_F(DbSinkTest, GoesOnWhenTheOutboxIsFull) {
    ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
    rig.outbox.full = true;
    EXPECT_EQ(push(gst::fact_buffer_new(rig.facts.make("dtmf", "caller", 1, ""))), GST_FLOW_OK);
    rig.outbox.full = false;
    EXPECT_EQ(push(gst::fact_buffer_new(rig.facts.make("dtmf", "caller", 1, ""))), GST_FLOW_OK);
    EXPECT_EQ(records().size(), 1U);
}

TEST_F(DbSinkTest, DoesNotPutTheCallsOwnFactsAgain) {
    rig.call.call_facts.push_back(rig.facts.make("call.created", "call", 0, ""));
    ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
    EXPECT_TRUE(records().empty()) << "the call puts them itself";
}

TEST_F(DbSinkTest, SaysWhenItsStreamIsOver) {
    ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
    rig.on_shard([&] {
        feeder.start();
        feeder.event(gst_event_new_eos());
    });
    EXPECT_EQ(sink.messages(GST_MESSAGE_EOS), 1U);
}

TEST_F(DbSinkTest, RunsTwice) {
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(sink.set_state(GST_STATE_PLAYING));
        EXPECT_EQ(push(gst::fact_buffer_new(rig.facts.make("dtmf", "caller", 1, ""))), GST_FLOW_OK);
        ASSERT_TRUE(sink.set_state(GST_STATE_NULL));
    }
    EXPECT_EQ(records().size(), 2U);
}

TEST(DbSink, RefusesToStartWithoutACall) {
    CallRig rig;
    ElementUnderTest sink(&rig, TRUNKLINE_TYPE_DB_SINK, "db", false);
    EXPECT_FALSE(sink.set_state(GST_STATE_READY));
    const std::string error = sink.error();
    EXPECT_NE(error.find("dbsink runs only inside a call"), std::string::npos) << error;
    EXPECT_NE(error.find("trunkline serve"), std::string::npos) << "the cure";
}

}  // namespace
}  // namespace trunkline::test
