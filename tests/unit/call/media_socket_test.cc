// The way of a media socket into its call, and the one way out of it.
#include <gtest/gtest.h>

#include <thread>

#include "manager_rig.h"

namespace trunkline::test {
namespace {

TEST(MediaSocket, WithItsTicketAndStartMakesTheCallLive) {
    ManagerRig rig;
    const auto admission = rig.admit();
    ASSERT_TRUE(admission);
    const Peer peer = rig.socket(admission->ticket);
    peer.start();
    ASSERT_TRUE(rig.outbox.wait_fact("call.answered"));
    rig.on_shard([] {});  // the rows follow in the same loop turn
    EXPECT_EQ(rig.counts().live, 1U);
    EXPECT_EQ(rig.row(&CallRow::status), "in_progress");
    ASSERT_EQ(rig.outbox.all<SessionRow>().size(), 1U);
    EXPECT_EQ(rig.outbox.all<SessionRow>()[0].stream_id, "MZ1");
}

TEST(MediaSocket, AWholeCallLeavesItsFactsWithoutAGap) {
    ManagerRig rig;
    const auto admission = rig.admit();
    ASSERT_TRUE(admission);
    Peer peer = rig.socket(admission->ticket);
    peer.start();
    peer.media();
    ASSERT_TRUE(rig.outbox.wait_fact("media.started"));
    peer.send(R"({"event":"stop","streamSid":"MZ1"})");
    EXPECT_EQ(peer.wait_close_code(), 1000);
    ASSERT_TRUE(rig.wait_empty());
    EXPECT_EQ(rig.outbox.fact_types(), (std::vector<std::string>{"call.created", "call.answered", "media.started",
                                                                 "media.stopped", "call.ended"}));
    EXPECT_TRUE(rig.outbox.gap_free());
    EXPECT_EQ(rig.row(&CallRow::status), "completed");
    EXPECT_EQ(rig.row(&CallRow::end_reason), "caller-hangup");
    EXPECT_EQ(rig.outbox.all<SessionRow>().back().frames_in, 1U);
    EXPECT_EQ(rig.outbox.all<SessionRow>().back().close_reason, "caller-hangup");
}

TEST(MediaSocket, P14AUsedTicketOpensNothing) {
    ManagerRig rig;
    const auto admission = rig.admit();
    ASSERT_TRUE(admission);
    const Peer first = rig.socket(admission->ticket);
    first.start();
    ASSERT_TRUE(rig.outbox.wait_fact("call.answered"));
    const auto used = rig.calls->check_ticket("twilio", admission->ticket);
    ASSERT_FALSE(used);
    EXPECT_EQ(used.error().code, "used-ticket");
    Peer second = rig.socket(admission->ticket);
    EXPECT_EQ(second.wait_close_code(), 1008);
    EXPECT_EQ(rig.counts().live, 1U) << "the first one goes on";
}

TEST(MediaSocket, P14ATicketNobodySignedOpensNothing) {
    ManagerRig rig;
    ASSERT_TRUE(rig.admit());
    Peer peer = rig.socket("bm90aGluZw.AAAAAAAAAAAAAAAAAAAAAA");
    EXPECT_EQ(peer.wait_close_code(), 1008);
    EXPECT_EQ(rig.counts().waiting, 1U);
}

TEST(MediaSocket, P14TheStartOfAnotherCallIsRefused) {
    ManagerRig rig;
    const auto admission = rig.admit();
    ASSERT_TRUE(admission);
    Peer peer = rig.socket(admission->ticket);
    peer.start("CAffffffffffffffffffffffffffffffff");
    EXPECT_EQ(peer.wait_close_code(), 1008);
    ASSERT_TRUE(rig.wait_empty());
    EXPECT_EQ(rig.outbox.fact_types(), (std::vector<std::string>{"call.created", "call.ended"})) << "no pipeline ran";
    EXPECT_EQ(rig.row(&CallRow::end_reason), "ticket-mismatch");
    EXPECT_EQ(rig.row(&CallRow::status), "failed");
}

TEST(MediaSocket, BadParametersInTheStartAreRefused) {
    ManagerRig rig;
    const auto admission = rig.admit();
    ASSERT_TRUE(admission);
    Peer peer = rig.socket(admission->ticket);
    peer.start(kSid, R"({"rounds":"99"})");
    EXPECT_EQ(peer.wait_close_code(), 1008);
    ASSERT_TRUE(rig.wait_empty());
    EXPECT_EQ(rig.row(&CallRow::end_reason), "bad-params");
    EXPECT_NE(rig.row(&CallRow::error).find("rounds"), std::string::npos);
}

TEST(MediaSocket, Line25HeadersThatTheGraphDoesNotKnowAreNoErrorsAndReservedOnesNoParams) {
    ManagerRig rig;
    IncomingCall call = incoming("leg-1");
    call.carrier = "vonage";
    const auto admission = rig.admit(call, {{"rounds", "2"}});
    ASSERT_TRUE(admission);
    const Peer peer = rig.socket(admission->ticket, "vonage");
    peer.send(R"({"event":"websocket:connected","content-type":"audio/l16;rate=16000","leg":"leg-1","rounds":"3",)"
              R"("vonage-novelty":"x"})");
    ASSERT_TRUE(rig.outbox.wait_fact("call.answered"));
    rig.on_shard([] {});
    EXPECT_EQ(rig.row(&CallRow::params_json), R"({"greeting":"hello","rounds":3})");
}

TEST(MediaSocket, Line25BadHeadersAreRefusedAsBadParametersAre) {
    ManagerRig rig;
    IncomingCall call = incoming("leg-1");
    call.carrier = "vonage";
    const auto admission = rig.admit(call);
    ASSERT_TRUE(admission);
    Peer peer = rig.socket(admission->ticket, "vonage");
    peer.send(R"({"event":"websocket:connected","content-type":"audio/l16;rate=16000","leg":"leg-1","rounds":"99"})");
    EXPECT_EQ(peer.wait_close_code(), 1008);
    ASSERT_TRUE(rig.wait_empty());
    EXPECT_EQ(rig.row(&CallRow::end_reason), "bad-params");
}

TEST(MediaSocket, P14AVonageSocketOfAnotherCallIsRefused) {
    ManagerRig rig;
    IncomingCall call = incoming("leg-1");
    call.carrier = "vonage";
    const auto admission = rig.admit(call);
    ASSERT_TRUE(admission);
    Peer peer = rig.socket(admission->ticket, "vonage");
    peer.send(R"({"event":"websocket:connected","content-type":"audio/l16;rate=16000","leg":"leg-2"})");
    EXPECT_EQ(peer.wait_close_code(), 1008);
    ASSERT_TRUE(rig.wait_empty());
    EXPECT_EQ(rig.row(&CallRow::end_reason), "ticket-mismatch");
}

TEST(MediaSocket, AWebhookForALiveCallIsADuplicate) {
    ManagerRig rig;
    const auto admission = rig.admit();
    ASSERT_TRUE(admission);
    const Peer peer = rig.socket(admission->ticket);
    peer.start();
    ASSERT_TRUE(rig.outbox.wait_fact("call.answered"));
    const auto again = rig.admit();
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, "duplicate");
}

TEST(MediaSocket, ACloseWithoutStopEndsTheCallOnce) {
    ManagerRig rig;
    const auto admission = rig.admit();
    ASSERT_TRUE(admission);
    Peer peer = rig.socket(admission->ticket);
    peer.start();
    ASSERT_TRUE(rig.outbox.wait_fact("call.answered"));
    peer.answer_close();
    ASSERT_TRUE(rig.wait_empty());
    const auto types = rig.outbox.fact_types();
    EXPECT_EQ(std::count(types.begin(), types.end(), "call.ended"), 1);
    EXPECT_EQ(rig.row(&CallRow::end_reason), "media-closed");
}

TEST(MediaSocket, AConnectionThatBreaksHasFailed) {
    ManagerRig rig;
    const auto admission = rig.admit();
    ASSERT_TRUE(admission);
    {
        const Peer peer = rig.socket(admission->ticket);
        peer.start();
        ASSERT_TRUE(rig.outbox.wait_fact("call.answered"));
    }
    ASSERT_TRUE(rig.wait_empty());
    EXPECT_EQ(rig.row(&CallRow::status), "failed");
    EXPECT_EQ(rig.row(&CallRow::end_reason), "media-lost");
}

TEST(MediaSocket, ShutdownEndsLiveCalls) {
    ManagerRig rig;
    const auto admission = rig.admit();
    ASSERT_TRUE(admission);
    const Peer peer = rig.socket(admission->ticket);
    peer.start();
    ASSERT_TRUE(rig.outbox.wait_fact("call.answered"));
    EXPECT_TRUE(rig.calls->end_all(std::chrono::seconds(5)));
    EXPECT_EQ(rig.row(&CallRow::end_reason), "shutdown");
    EXPECT_TRUE(rig.outbox.gap_free());
}

TEST(MediaSocket, AnEndOfStreamThatAnotherThreadPostsEndsTheCallLikeAnyOther) {
    ManagerRig rig({}, R"(trunkline: 1
name: queued
threads: allowed
nodes:
  caller: {element: callsrc}
  held: {element: queue}
  end: {element: fakesink}
links:
  heard: caller -> held -> end
)");
    Peer peer = rig.socket(rig.admit()->ticket);
    peer.start();
    ASSERT_TRUE(rig.outbox.wait_fact("call.answered"));
    testing::internal::CaptureStderr();
    peer.send(R"({"event":"stop","streamSid":"MZ1"})");
    EXPECT_EQ(peer.wait_close_code(), 1000);
    EXPECT_EQ(testing::internal::GetCapturedStderr().find("no end of stream"), std::string::npos)
        << "it came, and nobody looked";
}

/// Options of a carrier that wants to be told of an end; `told` counts, `go_on` closes the socket.
CallManagerOptions telling(int* told, std::function<void()>* go_on) {
    CallManagerOptions options;
    options.hang_up["twilio"] = [=](Shard* shard, const std::string& id, std::function<void()> done) {
        EXPECT_TRUE(shard->on_shard());
        EXPECT_EQ(id, kSid);
        ++*told;
        *go_on = std::move(done);
    };
    return options;
}

TEST(MediaSocket, AnEndThatWeWantIsToldToTheCarrierBeforeTheSocketCloses) {
    int told = 0;
    std::function<void()> go_on;
    ManagerRig rig(telling(&told, &go_on));
    Peer peer = rig.socket(rig.admit()->ticket);
    peer.start();
    ASSERT_TRUE(rig.outbox.wait_fact("call.answered"));
    std::thread end([&] { rig.calls->end_all(std::chrono::seconds(30)); });
    ASSERT_TRUE(rig.outbox.wait_fact("call.ended"));
    rig.on_shard([&] {
        EXPECT_EQ(told, 1);
        go_on();
    });
    EXPECT_EQ(peer.wait_close_code(), 1000);
    end.join();
}

TEST(MediaSocket, AnEndThatTheCallerWantedIsNotToldToTheCarrier) {
    int told = 0;
    std::function<void()> go_on;
    ManagerRig rig(telling(&told, &go_on));
    Peer peer = rig.socket(rig.admit()->ticket);
    peer.start();
    ASSERT_TRUE(rig.outbox.wait_fact("call.answered"));
    peer.send(R"({"event":"stop","streamSid":"MZ1"})");
    EXPECT_EQ(peer.wait_close_code(), 1000);
    ASSERT_TRUE(rig.wait_empty());
    EXPECT_EQ(told, 0);
}

TEST(MediaSocket, ACallThatFailedIsNotHungUpTheCarrierMayOfferSomethingElse) {
    int told = 0;
    std::function<void()> go_on;
    ManagerRig rig(telling(&told, &go_on));
    Peer peer = rig.socket(rig.admit()->ticket);
    peer.start("CA11111111111111111111111111111111");
    EXPECT_EQ(peer.wait_close_code(), 1008);
    ASSERT_TRUE(rig.wait_empty());
    EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace trunkline::test
