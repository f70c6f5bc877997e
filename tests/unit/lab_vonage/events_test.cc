// Checklist lines 51 and 52: events in their order, NCCOs in replies, signatures.
#include <map>

#include "engine/core/base64.h"
#include "engine/core/clock.h"
#include "tests/support/listening_socket.h"
#include "tests/unit/lab_vonage/vonage_call.h"

namespace trunkline::lab::vonage::test {
namespace {

class LabVonageEvents : public VonageFixture {
  protected:
    /// Answers the event of that status with an NCCO that says "taken over".
    void take_over(const std::string& status) {
        server.answer("/events", [status](const Request& request) {
            const bool mine = parsed(request.body)["status"].text_or("") == status;
            return json_reply(mine ? R"([{"action":"talk","text":"taken over"}])" : "");
        });
    }
    bool taken_over() const {
        const auto verbs = call->result().verbs;
        return !verbs.empty() && verbs.back() == "talk taken over";
    }
};

TEST_F(LabVonageEvents, Line51_StartedRingingAnsweredCompleted) {
    ring_and_start();
    hang_up();
    EXPECT_EQ(statuses(), (Strings{"started", "ringing", "answered", "completed"}));
    const Json answered = event("answered");
    const Json completed = event("completed");
    for (const char* key : {"from", "to", "uuid", "conversation_uuid", "status", "direction", "timestamp"}) {
        EXPECT_TRUE(answered[key].is_string()) << key;
        EXPECT_FALSE(completed[key].text_or("").empty()) << key;
    }
    for (const char* key : {"start_time", "rate", "network"}) {
        EXPECT_EQ(answered[key].text(), "") << key;
        EXPECT_FALSE(completed[key].text_or("").empty()) << key;
    }
    for (const char* key : {"end_time", "duration", "price"}) EXPECT_TRUE(completed[key].is_string()) << key;
    EXPECT_EQ(answered["uuid"].text_or(""), call->result().call_sid);
    EXPECT_EQ(answered["timestamp"].text_or("").size(), std::string("2026-11-30T10:24:03.512Z").size());
}

TEST_F(LabVonageEvents, Line51_EventsByGetCarryAQuery) {
    options.event_method = "GET";
    ring_and_start();
    hang_up();
    statuses();
    auto first = server.request("/events");
    ASSERT_TRUE(first);
    EXPECT_EQ(first->method, "GET");
    EXPECT_EQ(first->fields["status"], "started");
}

TEST_F(LabVonageEvents, Line51_RefusedSynchronousSocketFailsAndTheReplyTakesOver) {
    connect(16000, R"(,"headers":{"leg":"7"})", R"(,"eventType":"synchronous")");
    server.refuse_upgrades("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    take_over("failed");
    ring();
    EXPECT_EQ(statuses(), (Strings{"started", "ringing", "answered", "failed", "completed"}));
    EXPECT_TRUE(taken_over());
    const Json failed = event("failed");
    EXPECT_EQ(failed["detail"].text_or(""), "cannot_route");
    EXPECT_EQ(failed["to"].text_or(""), "wss://voice.example.com/vg/media/k7?leg=1");
    EXPECT_EQ(failed["headers"]["leg"].text_or(""), "7");
    EXPECT_EQ(call->result().stream().http_status, 403);
}

TEST_F(LabVonageEvents, Line51_WithoutSynchronousTheReplyIsIgnored) {
    server.refuse_upgrades("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    take_over("failed");
    ring();
    EXPECT_EQ(statuses(), (Strings{"started", "ringing", "answered", "failed", "completed"}));
    EXPECT_FALSE(taken_over());
    EXPECT_NE(call->result().violation(kNccoIgnored), nullptr);
}

TEST_F(LabVonageEvents, Line51_SilentSynchronousSocketIsUnanswered) {
    connect(16000, "", R"(,"eventType":"synchronous")");
    server.answer("/events", [](const Request& request) {
        const bool mine = parsed(request.body)["status"].text_or("") == "unanswered";
        return json_reply(mine ? R"([{"action":"talk","text":"taken over"}])" : "");
    });
    // An HTTP server answers no upgrade while it waits for the rest of a request: here, one that reads nothing at all.
    const trunkline::test::ListeningSocket deaf;
    options.dial = deaf.host_and_port();
    options.socket_timeout_ms = 200;
    ring();
    EXPECT_EQ(statuses(), (Strings{"started", "ringing", "answered", "unanswered", "completed"}));
    EXPECT_TRUE(taken_over());
}

TEST_F(LabVonageEvents, Line51_ClosingTheSocketDisconnectsAndTheReplyTakesOver) {
    connect(16000, R"(,"headers":{"leg":"7"})");
    take_over("disconnected");
    ring_and_start();
    socket->close(1000);
    EXPECT_EQ(statuses(), (Strings{"started", "ringing", "answered", "disconnected", "completed"}));
    EXPECT_TRUE(taken_over());
    const Json gone = event("disconnected");
    EXPECT_FALSE(gone["direction"].exists());
    EXPECT_EQ(gone["headers"]["leg"].text_or(""), "7");
    EXPECT_EQ(gone["conversation_uuid"].text_or(""), event("answered")["conversation_uuid"].text_or("?"));
    EXPECT_NE(gone["uuid"].text_or(""), call->result().call_sid) << "a leg has a uuid of its own";
    EXPECT_TRUE(call->result().violation(kSocketClosedByServer)->warning);
}

TEST_F(LabVonageEvents, Line51_DisconnectedMayReconnect) {
    server.answer("/events", [](const Request& request) {
        const bool mine = parsed(request.body)["status"].text_or("") == "disconnected";
        return json_reply(mine ? "[" + connect_action(8000) + "]" : "");
    });
    ring_and_start();
    socket->close(1000);
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    EXPECT_EQ(parsed(socket->next("websocket:connected"))["content-type"].text_or(""), "audio/l16;rate=8000");
    EXPECT_EQ(call->result().streams.size(), 2U);
}

TEST_F(LabVonageEvents, Line51_AFailingReplyToDisconnectedLeadsToTheFallback) {
    options.fallback_answer_url = server.url("/fallback");
    server.answer("/fallback", json_reply(R"([{"action":"talk","text":"taken over"}])"));
    ring_and_start();
    server.answer("/events", json_reply("", 500));
    socket->close(1000);
    ASSERT_TRUE(wait_ended());
    EXPECT_TRUE(taken_over());
    EXPECT_EQ(server.request("/fallback")->fields["reason"], "HTTP status 500");
}

TEST_F(LabVonageEvents, Line51_AnNccoInTheReplyToAnsweredIsIgnored) {
    take_over("answered");
    ring_and_start();
    ASSERT_TRUE(wait_violation(kNccoIgnored));
    hang_up();
    EXPECT_EQ(call->result().verbs.size(), 1U);
}

TEST_F(LabVonageEvents, Line51_NoDisconnectedAfterPutHangup) {
    ring_and_start();
    call->with_driver([](VonageDriver& driver) { driver.hang_up_by_rest(); });
    EXPECT_TRUE(socket->next_close());
    EXPECT_EQ(socket->close_code(), 1000);
    socket->close(1000);
    EXPECT_EQ(statuses(), (Strings{"started", "ringing", "answered", "completed"}));
    EXPECT_TRUE(call->result().violations.empty());
    EXPECT_EQ(call->result().end_reason, "the server hung up");
}

TEST_F(LabVonageEvents, Line51_CompletedMayComeBeforeTheSocketIsClosed) {
    options.events.completed_first = true;
    ring_and_start();
    call->hang_up();
    EXPECT_TRUE(socket->next_close());
    const auto told = call->result().status_callbacks;
    ASSERT_EQ(told.size(), 4U);
    EXPECT_EQ(told[3].status, "completed");
    EXPECT_EQ(told[3].http_status, 200) << "answered before the close frame was sent";
    socket->close(1000);
    EXPECT_TRUE(wait([](const CallResult& c) { return c.stream().ended(); }));
    EXPECT_EQ(statuses(), (Strings{"started", "ringing", "answered", "completed"}));
}

TEST_F(LabVonageEvents, Line51_DuplicatesAndSwappedNeighbours) {
    options.events.duplicate = true;
    ring_and_start();
    hang_up();
    ASSERT_TRUE(server.request("/events", 7));
    EXPECT_EQ(statuses(),
              (Strings{"started", "started", "ringing", "ringing", "answered", "answered", "completed", "completed"}));
    options.events.duplicate = false;
    options.events.reorder = true;
    const size_t before = server.count("/events");
    ring_and_start();
    hang_up();
    auto all = statuses();
    all.erase(all.begin(), all.begin() + static_cast<long>(before));
    EXPECT_EQ(all, (Strings{"ringing", "started", "completed", "answered"}));
}

TEST_F(LabVonageEvents, Line51_FieldsMayBeMissingOrNull) {
    options.events.omit = {"completed.duration", "direction"};
    options.events.null_fields = {"answered.start_time"};
    ring_and_start();
    hang_up();
    statuses();
    EXPECT_FALSE(event("started")["direction"].exists());
    EXPECT_FALSE(event("completed")["duration"].exists());
    EXPECT_TRUE(event("completed")["price"].exists());
    EXPECT_TRUE(event("answered")["start_time"].is_null());
}

TEST_F(LabVonageEvents, Line51_DetectionUsesCallUuid) {
    options.outbound = true;
    options.callee = Callee::kMachine;
    ring_and_start();
    hang_up();
    EXPECT_EQ(statuses(), (Strings{"started", "ringing", "answered", "machine", "completed"}));
    EXPECT_EQ(event("machine")["call_uuid"].text_or(""), call->result().call_sid);
    EXPECT_FALSE(event("machine")["uuid"].exists());
    EXPECT_EQ(event("machine")["direction"].text_or(""), "outbound");
}

TEST_F(LabVonageEvents, Line51_EveryEndOfAnUnansweredCall) {
    const std::map<std::string, Callee> ends = {{"busy", Callee::kBusy},           {"timeout", Callee::kTimeout},
                                                {"failed", Callee::kFailed},       {"rejected", Callee::kRejected},
                                                {"cancelled", Callee::kCancelled}, {"unanswered", Callee::kUnanswered}};
    options.outbound = true;
    for (const auto& [status, callee] : ends) {
        options.callee = callee;
        ring();
        EXPECT_EQ(statuses().back(), status);
        EXPECT_EQ(call->result().status, status);
        const bool detailed = status == "failed" || status == "rejected" || status == "unanswered";
        EXPECT_EQ(event(status)["detail"].exists(), detailed) << status;
    }
}

TEST_F(LabVonageEvents, Line51_ActionsAreStepsAndInputAndNotifyTakeNccos) {
    server.answer("/answer", json_reply(R"([{"action":"talk","text":"hi"},{"action":"wait","timeout":0.1},)"
                                        R"({"action":"input","type":["dtmf"]},{"action":"talk","text":"never"}])"));
    options.input_digits = "12";
    server.answer("/events", [this](const Request& request) {
        const Json body = parsed(request.body);
        if (body["payload"].exists()) return json_reply("");
        if (body["dtmf"]["digits"].text_or("") != "12") return json_reply("");
        return json_reply(R"([{"action":"notify","payload":{"a":1},"eventUrl":[")" + server.url("/events") +
                          R"("]},{"action":"talk","text":"bye"}])");
    });
    ring();
    ASSERT_TRUE(wait_ended());
    EXPECT_EQ(call->result().verbs, (Strings{"talk hi", "wait", "input", "notify", "talk bye"}));
}

TEST_F(LabVonageEvents, Line51_ActionsBehindConnectRunWhenTheLegEndsOrAtOnce) {
    const std::string talk = R"(,{"action":"talk","text":"behind"})";
    server.answer("/answer", json_reply("[" + connect_action() + talk + "]"));
    ring_and_start();
    EXPECT_EQ(call->result().verbs.size(), 1U);
    socket->close(1000);
    ASSERT_TRUE(wait_ended());
    EXPECT_EQ(call->result().verbs.back(), "talk behind");
    options.actions_after_connect_at_once = true;
    ring_and_start();
    EXPECT_TRUE(wait([](const CallResult& c) { return c.verbs.size() == 2; }));
    EXPECT_FALSE(call->result().ended);
    hang_up();
}

TEST_F(LabVonageEvents, TheCallerMayVanishInEveryWay) {
    for (HangUp how : {HangUp::kDrop, HangUp::kReset}) {
        ring_and_start();
        call->hang_up(how);
        EXPECT_TRUE(socket->ended());
        EXPECT_EQ(socket->close_code(), 0);
        EXPECT_EQ(socket->was_reset(), how == HangUp::kReset);
        EXPECT_EQ(statuses().back(), "completed");
    }
    ring_and_start();
    call->hang_up(HangUp::kHalfOpen);
    ASSERT_TRUE(wait_ended());
    EXPECT_EQ(call->result().status_callbacks.size(), 3U) << "nothing is said any more";
}

/// A webhook's token, taken apart.
struct Token {
    Json header;
    Json claims;
    bool genuine = false;  // of kSecret
};
Token token_of(const Request& request) {
    const std::string value = request.header("authorization");
    if (!value.starts_with("Bearer ")) return {};
    const size_t first = value.find('.');
    const size_t second = value.find('.', first + 1);
    const auto part = [&](size_t from, size_t to) {
        auto bytes = base64url_decode(std::string_view(value).substr(from, to - from));
        return bytes ? std::string(bytes->begin(), bytes->end()) : "";
    };
    const std::string claims = part(first + 1, second);
    return {parsed(part(7, first)), parsed(claims), "Bearer " + sign_hs256(claims, kSecret) == value};
}

class LabVonageSigning : public VonageFixture {
  protected:
    /// The `started` event of a call signed that way.
    Request started(Signing how) {
        options.signing = how;
        const std::string path = "/signed-" + std::to_string(static_cast<int>(how));
        server.answer(path, json_reply(""));
        options.event_url = server.url(path);
        ring();
        auto request = server.request(path);
        EXPECT_TRUE(request);
        return request ? *request : Request();
    }
};

TEST_F(LabVonageSigning, Line52_WebhooksAreSignedWithTheHashOfTheBody) {
    const Request request = started(Signing::kCorrect);
    const Token token = token_of(request);
    EXPECT_TRUE(token.genuine);
    EXPECT_EQ(token.header["alg"].text_or(""), "HS256");
    EXPECT_EQ(token.claims["iss"].text_or(""), "Vonage");
    EXPECT_EQ(token.claims["api_key"].text_or(""), "a1b2c3d4");
    EXPECT_EQ(token.claims["payload_hash"].text_or(""), sha256_hex(request.body));
    EXPECT_FALSE(token.claims["application_id"].text_or("").empty());
    EXPECT_FALSE(token.claims["jti"].text_or("").empty());
    EXPECT_FALSE(token.claims["exp"].exists());
    EXPECT_LE(std::abs(token.claims["iat"].int_or(0) - unix_ms() / 1000), 60);
    auto answer = server.request("/answer");
    ASSERT_TRUE(answer);
    EXPECT_TRUE(token_of(*answer).genuine);
    EXPECT_FALSE(token_of(*answer).claims["payload_hash"].exists()) << "a GET has no body";
}

TEST_F(LabVonageSigning, Line52_EveryWayToSignWrongly) {
    EXPECT_EQ(started(Signing::kUnsigned).header("authorization"), "");
    EXPECT_FALSE(token_of(started(Signing::kWrongSecret)).genuine);
    const Request wrong_hash = started(Signing::kWrongHash);
    EXPECT_TRUE(token_of(wrong_hash).genuine);
    EXPECT_NE(token_of(wrong_hash).claims["payload_hash"].text_or(""), sha256_hex(wrong_hash.body));
    EXPECT_LT(token_of(started(Signing::kStale)).claims["iat"].int_or(0), unix_ms() / 1000 - 3000);
    EXPECT_FALSE(token_of(started(Signing::kNoApplication)).claims["application_id"].exists());
    EXPECT_EQ(token_of(started(Signing::kAlgorithmNone)).header["alg"].text_or(""), "none");
    EXPECT_EQ(token_of(started(Signing::kWrongIssuer)).claims["iss"].text_or(""), "Somebody");
    EXPECT_EQ(token_of(started(Signing::kWrongApiKey)).claims["api_key"].text_or(""), "ffffffff");
}

TEST_F(LabVonageSigning, Line52_AnUnsignedRequestThatIsRefusedComesAgainSigned) {
    server.answer("/answer", [](const Request& request) {
        if (request.header("authorization").empty()) return json_reply("", 500);
        return json_reply("[" + connect_action() + "]");
    });
    options.signing = Signing::kUnsignedOnce;
    ring_and_start();
    EXPECT_EQ(server.request("/answer", 0)->header("authorization"), "");
    EXPECT_TRUE(token_of(*server.request("/answer", 1)).genuine);
}

}  // namespace
}  // namespace trunkline::lab::vonage::test
