// Vonage's routes on real sockets.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "engine/core/clock.h"
#include "tests/support/eventually.h"
#include "tests/unit/carriers/rsa_key.h"
#include "vonage_rig.h"

namespace trunkline::test {
namespace {

std::string event(const std::string& status, const std::string& more = "") {
    return R"({"status":")" + status + R"(","uuid":")" + kUuid +
           R"(","conversation_uuid":"CON-1","timestamp":"2020-01-01T00:00:00.000Z")" + more + "}";
}

/// An event about the websocket, which is a participant with a uuid of its own.
std::string socket_event(const std::string& status) {
    return R"({"status":")" + status +
           R"(","uuid":"ffffffff-0000-0000-0000-000000000000","to":"wss://voice.example.com/x","headers":{"leg":")" +
           kUuid + "\"}}";
}

bool is_apology(const Reply& reply) {
    return reply.status == 200 && reply.json().is_array() && reply.json().size() == 1 &&
           reply.json().at(0)["action"].text_or("") == "talk";
}

TEST(VonageRoutes, Line22AGetAndAPostOfTheAnswerUrlGetAnNcco) {
    VonageRig rig;
    const Reply by_get =
        rig.get("/vonage/answer/quiet?greeting=hi&from=15550100&to=15550199&conversation_uuid=CON-1&uuid=" + kUuid +
                "&brand_new_field=1");
    EXPECT_EQ(by_get.status, 200) << by_get.body;
    EXPECT_NE(by_get.head.find("application/json"), std::string::npos);
    EXPECT_EQ(by_get.json().at(0)["action"].text_or(""), "connect");
    EXPECT_EQ(by_get.json().at(0)["endpoint"].at(0)["headers"]["greeting"].text_or(""), "hi");
    EXPECT_FALSE(by_get.json().at(0)["endpoint"].at(0)["headers"]["brand_new_field"].exists());

    const std::string other = "bbbbbbbb-bbbb-cccc-dddd-0123456789ab";
    const Reply by_post = rig.post("/vonage/answer?greeting=hello", R"({"from":"1","to":"2","uuid":")" + other + "\"}");
    EXPECT_EQ(by_post.status, 200) << by_post.body;
    EXPECT_EQ(by_post.json().size(), 1U) << "P26: nothing behind the connect";
    EXPECT_EQ(rig.calls->counts().waiting, 2U);
    EXPECT_EQ(rig.outbox.all<CallRow>().at(0).from_number, "+15550100");
    EXPECT_EQ(rig.outbox.all<CallRow>().at(0).carrier, "vonage");
    EXPECT_EQ(rig.outbox.all<CallRow>().at(0).params_json, R"({"greeting":"hi"})");
}

TEST(VonageRoutes, ARepeatedAnswerWebhookIsTheSameCall) {
    VonageRig rig;
    rig.announce();
    EXPECT_EQ(rig.announce().size(), 1U);
    EXPECT_EQ(rig.calls->counts().admitted, 1U);
}

TEST(VonageRoutes, WhatCannotBecomeACallIsRefusedWithTheField) {
    VonageRig rig;
    EXPECT_EQ(rig.post("/vonage/answer", "not json").status, 400);
    EXPECT_EQ(rig.post("/vonage/answer", R"({"from":"1"})").status, 400);
    EXPECT_EQ(rig.post("/vonage/answer/nope", R"({"uuid":"u"})").status, 404);
    EXPECT_EQ(rig.post("/vonage/answer?greeting=far%20too%20long", R"({"uuid":"u"})").status, 400);
    EXPECT_EQ(rig.post("/vonage/answer?greting=typo", R"({"uuid":"u"})").status, 400);
    EXPECT_EQ(rig.post("/vonage/event", "[]").status, 400);
    EXPECT_EQ(rig.calls->counts().waiting, 0U);
}

TEST(VonageRoutes, ACallerWhoCannotBeServedHearsAnApology) {
    RigWishes wishes;
    wishes.max_calls = 1;
    VonageRig rig(wishes);
    rig.announce();
    EXPECT_TRUE(is_apology(rig.post("/vonage/answer", R"({"uuid":"another"})")));
    EXPECT_TRUE(is_apology(rig.get("/vonage/fallback?uuid=another&reason=timeout")));
    rig.calls->start_draining();
    EXPECT_TRUE(is_apology(rig.post("/vonage/answer", R"({"uuid":"a-third"})")));
}

TEST(VonageRoutes, Line22EventsThatTakeNoNccoGetAnEmpty200) {
    VonageRig rig;
    rig.announce();
    for (const char* status :
         {"started", "ringing", "answered", "answered", "record", "transfer", "input", "new-one"}) {
        const Reply reply = rig.post("/vonage/event", event(status, R"(,"start_time":null,"rate":"","network":"")"));
        EXPECT_EQ(reply.status, 200) << status;
        EXPECT_EQ(reply.body, "") << status;
    }
    const Reply error = rig.post("/vonage/event", R"({"reason":"bad","conversation_uuid":"CON-1","timestamp":"x"})");
    EXPECT_EQ(error.status, 200) << "Line34: no status";
    EXPECT_EQ(error.body, "");
    EXPECT_EQ(rig.calls->counts().waiting, 1U) << "none of them ends the call";
}

TEST(VonageRoutes, Line34AMachineIsMatchedByItsCallUuid) {
    VonageRig rig;
    rig.announce();
    for (const char* status : {"human", "machine"}) {
        const Reply reply = rig.post("/vonage/event", R"({"call_uuid":")" + kUuid + R"(","status":")" + status + "\"}");
        EXPECT_EQ(reply.status, 200);
        EXPECT_EQ(reply.body, "");
    }
    EXPECT_EQ(rig.calls->counts().waiting, 1U);
    rig.post("/vonage/event", R"({"call_uuid":")" + kUuid + R"(","status":"completed"})");
    EXPECT_EQ(rig.calls->counts().waiting, 0U);
}

TEST(VonageRoutes, TerminalEventsEndAWaitingCallOnceInWhateverOrder) {
    VonageRig rig;
    rig.announce();
    rig.post("/vonage/event", event("completed", R"(,"duration":"3")"));
    for (const char* late : {"answered", "ringing", "completed", "started"})
        EXPECT_EQ(rig.post("/vonage/event", event(late)).status, 200);
    EXPECT_EQ(rig.outbox.fact_types(), (std::vector<std::string>{"call.created", "call.ended"}));
    EXPECT_EQ(rig.row(&CallRow::status), "completed");
}

TEST(VonageRoutes, Line22AWebsocketThatDoesNotComeUpGetsTheFallback) {
    for (const char* status : {"failed", "unanswered", "timeout"}) {
        VonageRig rig;
        rig.announce();
        EXPECT_TRUE(is_apology(rig.post("/vonage/event", socket_event(status)))) << status;
        EXPECT_EQ(rig.calls->counts().waiting, 0U);
        EXPECT_EQ(rig.row(&CallRow::status), "failed");
        EXPECT_EQ(rig.row(&CallRow::end_reason), "no-media");
    }
}

TEST(VonageRoutes, AnOutboundCallThatNobodyTakesGetsNoNcco) {
    VonageRig rig;
    const Reply reply = rig.post("/vonage/event", event("unanswered", R"(,"direction":"outbound","detail":"timeout")"));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "");
}

TEST(VonageRoutes, TheEndOfTheWebsocketIsNotTheEndOfTheCaller) {
    VonageRig rig;
    rig.announce();
    for (const char* status : {"started", "ringing", "answered", "completed"})
        EXPECT_EQ(rig.post("/vonage/event", socket_event(status)).body, "");
    EXPECT_EQ(rig.calls->counts().waiting, 1U);
}

TEST(VonageRoutes, Line33AnUnexpectedDisconnectedGetsTheFallbackAndEndsTheCall) {
    VonageRig rig;
    MediaClient media = rig.dial(VonageRig::media_path(rig.announce()));
    ASSERT_EQ(media.status(), 101);
    media.connected();
    ASSERT_TRUE(rig.outbox.wait_fact("call.answered"));
    EXPECT_TRUE(is_apology(rig.post("/vonage/event", socket_event("disconnected"))));
    ASSERT_TRUE(rig.wait_ended());
    EXPECT_EQ(rig.row(&CallRow::status), "failed");
    EXPECT_EQ(rig.row(&CallRow::end_reason), "media-lost");
    EXPECT_TRUE(rig.api.asked().empty()) << "no hang-up: the fallback is to be heard";
    EXPECT_TRUE(is_apology(rig.post("/vonage/event", event("disconnected"))))
        << "also of a call that this process does not know, perhaps after a restart";
}

TEST(VonageRoutes, Line33AnEndThatWeWantIsAPutBeforeTheSocketCloses) {
    RigWishes wishes;
    wishes.limits = "{call: 50ms}";
    VonageRig rig(wishes);
    MediaClient media = rig.dial(VonageRig::media_path(rig.announce()));
    media.connected();
    ASSERT_EQ(media.wait_close_code(), 1000);
    ASSERT_EQ(rig.api.asked().size(), 1U) << "before the close frame";
    EXPECT_EQ(rig.api.asked()[0].method, "PUT");
    EXPECT_EQ(rig.api.asked()[0].path, "/v1/calls/" + kUuid);
    EXPECT_EQ(rig.api.asked()[0].body, R"({"action":"hangup"})");
    media.answer_close();
    EXPECT_EQ(rig.row(&CallRow::end_reason), "time-limit");
    const Reply disconnected = rig.post("/vonage/event", socket_event("disconnected"));
    EXPECT_EQ(disconnected.status, 200);
    EXPECT_EQ(disconnected.body, "") << "no apology after a goodbye";
}

TEST(VonageRoutes, Line33WithoutCredentialsTheSocketClosesAndDisconnectedIsUnderstood) {
    RigWishes wishes;
    wishes.limits = "{call: 50ms}";
    wishes.rest = false;
    VonageRig rig(wishes);
    MediaClient media = rig.dial(VonageRig::media_path(rig.announce()));
    media.connected();
    ASSERT_EQ(media.wait_close_code(), 1000);
    media.answer_close();
    EXPECT_EQ(rig.post("/vonage/event", socket_event("disconnected")).body, "");
    EXPECT_TRUE(rig.api.asked().empty());
}

TEST(VonageRoutes, ADisconnectedWithoutHeadersIsKnownByTheAddressOfItsSocket) {
    RigWishes wishes;
    wishes.limits = "{call: 50ms}";
    wishes.rest = false;
    VonageRig rig(wishes);
    const std::string path = VonageRig::media_path(rig.announce());
    MediaClient media = rig.dial(path);
    media.connected();
    ASSERT_EQ(media.wait_close_code(), 1000);
    media.answer_close();
    const auto disconnected = [&](const std::string& to) {
        return rig.post("/vonage/event",
                        R"({"status":"disconnected","uuid":"ffff","headers":null,"to":")" + to + "\"}");
    };
    EXPECT_EQ(disconnected("wss://voice.example.com" + path).body, "") << "it was our wish";
    EXPECT_TRUE(is_apology(disconnected("wss://voice.example.com" + path + "x"))) << "no ticket of ours";
    EXPECT_TRUE(is_apology(disconnected("")));
}

TEST(VonageRoutes, Line33ACallerWhoHangsUpIsNotHungUp) {
    VonageRig rig;
    MediaClient media = rig.dial(VonageRig::media_path(rig.announce()));
    media.connected();
    ASSERT_TRUE(rig.outbox.wait_fact("call.answered"));
    EXPECT_EQ(rig.post("/vonage/event", event("completed", R"(,"duration":"3")")).status, 200);
    ASSERT_TRUE(rig.wait_ended());
    EXPECT_EQ(media.wait_close_code(), 1000);
    EXPECT_TRUE(rig.api.asked().empty());
    EXPECT_EQ(rig.row(&CallRow::end_reason), "caller-hangup");
}

TEST(VonageRoutes, Line33AShutdownHangsUp) {
    VonageRig rig;
    MediaClient media = rig.dial(VonageRig::media_path(rig.announce()));
    media.connected();
    ASSERT_TRUE(rig.outbox.wait_fact("call.answered"));
    rig.calls->end_all(std::chrono::seconds(30));
    ASSERT_EQ(rig.api.asked().size(), 1U);
    EXPECT_EQ(rig.api.asked()[0].method, "PUT");
}

std::string nth_call(size_t i) { return "call-" + std::to_string(i); }

/// So many calls that are up, each with its socket.
std::vector<std::unique_ptr<MediaClient>> live_calls(VonageRig& rig, size_t count) {
    std::vector<std::unique_ptr<MediaClient>> media;
    for (size_t i = 0; i < count; ++i) {
        const std::string path = VonageRig::media_path(rig.announce(nth_call(i)));
        media.push_back(std::make_unique<MediaClient>(rig.server->port(), path, ""));
        media.back()->connected(nth_call(i));
    }
    EXPECT_TRUE(eventually([&] {
        const auto types = rig.outbox.fact_types();
        return std::count(types.begin(), types.end(), "call.answered") == static_cast<std::ptrdiff_t>(count);
    }));
    return media;
}

/// Every call has one closed row, with the true reason, and its last fact.
void expect_all_shut_down(const VonageRig& rig, size_t count) {
    std::set<std::string> ended;
    for (const CallRow& row : rig.outbox.all<CallRow>()) {
        if (row.ended_unix_ms == 0) continue;
        EXPECT_TRUE(ended.insert(row.id).second) << "ended twice";
        EXPECT_EQ(row.status + "/" + row.end_reason, "completed/shutdown");
    }
    EXPECT_EQ(ended.size(), count);
    const auto types = rig.outbox.fact_types();
    EXPECT_EQ(std::count(types.begin(), types.end(), "call.ended"), static_cast<std::ptrdiff_t>(count));
}

TEST(VonageRoutes, Line33AtAShutdownEveryCallIsHungUpBeforeItsSocketClosesHoweverManyWait) {
    RigWishes wishes;  // the turn of the last one comes later than an answer is waited for
    wishes.rest_limits.reset(new vonage::RestLimits{{3, 1, 1}, {1, 1'600'000'000, 60'000'000'000}});
    VonageRig rig(wishes);
    const auto media = live_calls(rig, 3);
    std::vector<std::thread> carriers;
    for (size_t i = 0; i < media.size(); ++i) {
        carriers.emplace_back([&, i] {
            EXPECT_EQ(media[i]->wait_close_code(), 1000);
            const auto asked = rig.api.asked();
            EXPECT_TRUE(std::any_of(
                asked.begin(), asked.end(),
                [&](const FakeApi::Asked& a) { return a.method == "PUT" && a.path == "/v1/calls/" + nth_call(i); }))
                << nth_call(i) << " was not hung up when its socket closed";
        });
    }
    EXPECT_TRUE(rig.calls->end_all(std::chrono::milliseconds(1), [] { return true; })) << "as long as it may go on";
    for (auto& carrier : carriers) carrier.join();
    expect_all_shut_down(rig, media.size());
}

TEST(VonageRoutes, AnApiThatNeverAnswersHoldsNoShutdownUp) {
    RigWishes wishes;
    wishes.mute = true;
    VonageRig rig(wishes);
    const auto media = live_calls(rig, 20);
    EXPECT_TRUE(rig.calls->end_all(std::chrono::seconds(60))) << "they end by themselves";
    for (const auto& one : media) EXPECT_EQ(one->wait_close_code(), 1000);
    expect_all_shut_down(rig, media.size());
}

TEST(VonageRoutes, AShutdownThatEndsBeforeTheApiAnswersHasStoredWhyEachCallEnded) {
    RigWishes wishes;
    wishes.mute = true;
    VonageRig rig(wishes);
    const auto media = live_calls(rig, 20);
    int asked = 0;
    EXPECT_FALSE(rig.calls->end_all(std::chrono::milliseconds(1), [&] { return ++asked < 10; }));
    expect_all_shut_down(rig, media.size());
}

TEST(VonageRoutes, Line23UnsignedIs503AndWronglySignedIs401) {
    RigWishes wishes;
    wishes.signed_requests = true;
    VonageRig rig(wishes);
    const std::string body = R"({"from":"1","to":"2","uuid":")" + kUuid + "\"}";
    for (const char* path : {"/vonage/answer", "/vonage/event", "/vonage/fallback"}) {
        EXPECT_EQ(rig.post(path, body).status, 503) << path;
        EXPECT_EQ(rig.post(path, body, "Bearer a.b.c").status, 401) << path;
        EXPECT_EQ(rig.post(path, body, VonageRig::signature(body + " ")).status, 401) << path;
    }
    EXPECT_EQ(rig.calls->counts().waiting, 0U);
    const std::string good = VonageRig::signature(body);
    EXPECT_EQ(rig.post("/vonage/answer", body, good).status, 200);
    EXPECT_EQ(rig.post("/vonage/event", body, good).status, 401) << "used for something else";
    EXPECT_EQ(rig.get("/vonage/answer?uuid=" + kUuid, VonageRig::signature("")).status, 200);
}

TEST(VonageRoutes, Line23AWebhookThatIsRepeatedWithItsTokenDoesNothingTwice) {
    RigWishes wishes;
    wishes.signed_requests = true;
    VonageRig rig(wishes);
    const std::string answer = R"({"from":"1","to":"2","uuid":")" + kUuid + "\"}";
    const std::string signed_answer = VonageRig::signature(answer);
    for (int i = 0; i < 3; ++i) {
        const auto reply = rig.post("/vonage/answer", answer, signed_answer);
        ASSERT_EQ(reply.status, 200) << i;
        EXPECT_EQ(reply.json().at(0)["action"].text_or(""), "connect") << i;
        EXPECT_EQ(rig.calls->counts().waiting, 1U) << i;
    }
    EXPECT_EQ(rig.calls->counts().admitted, 1U);
    const std::string over = R"({"status":"completed","uuid":")" + kUuid + "\"}";
    const std::string signed_over = VonageRig::signature(over);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(rig.post("/vonage/event", over, signed_over).status, 200) << i;
    EXPECT_EQ(rig.post("/vonage/answer", answer, signed_answer).status, 409) << "no second call with this uuid";
    EXPECT_EQ(rig.post("/vonage/answer", answer, VonageRig::signature(answer)).status, 409);
    EXPECT_EQ(rig.calls->counts().admitted, 1U);
    EXPECT_EQ(rig.calls->counts().waiting, 0U);
}

TEST(VonageRoutes, Line24ASocketNeedsItsTokenAndItsTicketBeforeThe101) {
    RigWishes wishes;
    wishes.signed_requests = true;
    VonageRig rig(wishes);
    const std::string body = R"({"uuid":")" + kUuid + "\"}";
    const Json ncco = rig.post("/vonage/answer", body, VonageRig::signature(body)).json();
    EXPECT_EQ(ncco.at(0)["endpoint"].at(0)["authorization"]["type"].text_or(""), "vonage");
    const std::string path = VonageRig::media_path(ncco);
    EXPECT_EQ(rig.dial(path).status(), 401);
    EXPECT_EQ(rig.dial(path, "Bearer a.b.c").status(), 401);
    EXPECT_EQ(rig.dial("/vonage/media/x.y", VonageRig::signature("")).status(), 403);
    EXPECT_EQ(rig.dial("/vonage/media", VonageRig::signature("")).status(), 404);
    const std::string good = VonageRig::signature("");
    MediaClient media = rig.dial(path, good);
    EXPECT_EQ(media.status(), 101) << "what was refused has not used up the ticket";
    EXPECT_EQ(rig.dial(path, VonageRig::signature("")).status(), 403) << "the ticket is used once";
}

TEST(VonageRoutes, Line24ACustomAuthorizationIsTheOneOfTheNcco) {
    RigWishes wishes;
    wishes.signed_requests = true;
    wishes.custom_socket = true;
    VonageRig rig(wishes);
    const std::string body = R"({"uuid":")" + kUuid + "\"}";
    const Json ncco = rig.post("/vonage/answer", body, VonageRig::signature(body)).json();
    const Json authorization = ncco.at(0)["endpoint"].at(0)["authorization"];
    EXPECT_EQ(authorization["type"].text_or(""), "custom");
    const std::string path = VonageRig::media_path(ncco);
    EXPECT_EQ(rig.dial(path).status(), 401);
    EXPECT_EQ(rig.dial(path, VonageRig::signature("")).status(), 401);
    MediaClient media = rig.dial(path, authorization["value"].text_or(""));
    EXPECT_EQ(media.status(), 101);
}

}  // namespace
}  // namespace trunkline::test
