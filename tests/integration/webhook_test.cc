// webhooksink in whole calls: one signed POST per fact, in order, at least once, also when the receiver fails first.
#include <gtest/gtest.h>

#include "engine/net/signature.h"
#include "tests/integration/receiver.h"
#include "tests/integration/rig.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;
using lab::CallResult;

TEST(Webhook, EveryFactIsPostedSignedAndInOrder) {
    Receiver receiver([](int request) { return request < 2; });
    RigOptions options;
    options.extra_nodes = "  hook: {element: webhooksink, url: \"" + receiver.url() + "\", secret: hook-secret}\n";
    options.fact_sinks = "db, hook";
    Rig rig(options);
    auto call = rig.call();
    ASSERT_TRUE(
        call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 20s));
    call->hang_up();
    const std::string id = rig.ended_call(call->result().call_sid);
    expect_one_clean_end(rig, id);
    const auto facts = rig.facts(id);
    const std::string all_settled =
        "select 1 from webhook_deliveries where state = 'delivered' and call_id = '" + id + "'";
    ASSERT_TRUE(rig.wait_sql(all_settled, facts.size(), 30'000))
        << rig.sql(all_settled).size() << " of " << facts.size();

    const auto posts = receiver.accepted();
    ASSERT_EQ(posts.size(), facts.size());
    for (size_t i = 0; i < posts.size(); ++i) {
        EXPECT_EQ(posts[i].body, facts[i].dump()) << "in order, the fact itself";
        EXPECT_EQ(posts[i].header("webhook-id"), id + ":" + std::to_string(i + 1));
        const int64_t at = std::atoll(posts[i].header("webhook-timestamp").c_str());
        EXPECT_EQ(posts[i].header("webhook-signature"),
                  webhook_signature("hook-secret", posts[i].header("webhook-id"), at, posts[i].body));
    }
    EXPECT_NE(posts.front().body.find("call.created"), std::string::npos);
    EXPECT_NE(posts.back().body.find("call.ended"), std::string::npos);
    EXPECT_EQ(rig.sql("select 1 from webhooks where url like '%hook-secret%' or url like '%k=v%'").size(), 0U);
}

TEST(Webhook, AFilterLetsOnlyItsFactsThrough) {
    Receiver receiver([](int) { return false; });
    RigOptions options;
    options.extra_nodes =
        "  hook: {element: webhooksink, url: \"" + receiver.url() + "\", secret: s, events: \"call.*, transcript\"}\n";
    options.fact_sinks = "db, hook";
    Rig rig(options);
    auto call = rig.call();
    ASSERT_TRUE(
        call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 20s));
    call->hang_up();
    const std::string id = rig.ended_call(call->result().call_sid);
    ASSERT_TRUE(rig.wait_sql("select 1 from webhook_deliveries where state = 'delivered'", 4, 20'000));
    std::vector<std::string> types;
    for (const auto& post : receiver.accepted()) types.push_back((*Json::parse(post.body))["type"].text_or(""));
    EXPECT_EQ(types, (std::vector<std::string>{"call.created", "call.answered", "transcript", "call.ended"}));
}

}  // namespace
}  // namespace trunkline::test
