// What Vonage's webhooks say: the answer URL by GET and POST, and every event.
#include <gtest/gtest.h>

#include "engine/carriers/vonage.h"

namespace trunkline::vonage {
namespace {

const std::string kUuid = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";

HttpRequest post(std::string body, std::string query = "") {
    HttpRequest request;
    request.method = "POST";
    request.query = std::move(query);
    request.body = std::move(body);
    return request;
}

HttpRequest get(std::string query) {
    HttpRequest request;
    request.method = "GET";
    request.query = std::move(query);
    return request;
}

Event event(const std::string& members, bool with_uuid = true) {
    const std::string uuid = with_uuid ? R"("uuid":")" + kUuid + "\"," : "";
    const auto fields = webhook_fields(post("{" + uuid + members + "}"));
    EXPECT_TRUE(fields) << members;
    const auto read = parse_event(fields.value_or(FormPairs{}));
    EXPECT_TRUE(read) << members;
    return read.value_or(Event{});
}

TEST(VonageAnswer, Line22AGetIsReadFromTheQuery) {
    const auto fields =
        webhook_fields(get("to=15550199&from=15550100&conversation_uuid=CON-1&uuid=" + kUuid + "&greeting=hi"));
    ASSERT_TRUE(fields);
    const auto call = parse_answer(*fields);
    ASSERT_TRUE(call) << call.error().message;
    EXPECT_EQ(call->carrier, "vonage");
    EXPECT_EQ(call->carrier_call_id, kUuid);
    EXPECT_EQ(call->from, "+15550100") << "as the other carrier writes it";
    EXPECT_EQ(call->to, "+15550199");
    EXPECT_EQ(call->direction, "inbound");
}

TEST(VonageAnswer, Line22APostIsReadFromItsJson) {
    const auto fields = webhook_fields(
        post(R"({"to":"15550199","from":"anonymous","uuid":")" + kUuid + R"(","conversation_uuid":"CON-1"})"));
    ASSERT_TRUE(fields);
    const auto call = parse_answer(*fields);
    ASSERT_TRUE(call) << call.error().message;
    EXPECT_EQ(call->carrier_call_id, kUuid);
    EXPECT_EQ(call->from, "anonymous");
    EXPECT_EQ(call->to, "+15550199");
}

TEST(VonageAnswer, NullAndEmptyAreMissingAndNumbersAreTexts) {
    const auto fields = webhook_fields(post(R"({"uuid":")" + kUuid + R"(","from":null,"to":15550199,"x":"","y":[1]})"));
    ASSERT_TRUE(fields);
    EXPECT_EQ(fields->size(), 2U);
    const auto call = parse_answer(*fields);
    ASSERT_TRUE(call);
    EXPECT_EQ(call->from, "");
    EXPECT_EQ(call->to, "+15550199");
}

TEST(VonageAnswer, WhatNamesNoCallIsRefusedWithTheField) {
    for (const char* body : {"{}", R"({"uuid":""})", R"({"uuid":null})", R"({"uuid":"a b"})", R"({"uuid":"../etc"})"}) {
        const auto call = parse_answer(*webhook_fields(post(body)));
        ASSERT_FALSE(call) << body;
        EXPECT_NE(call.error().message.find("uuid"), std::string::npos);
    }
    EXPECT_FALSE(parse_answer({{"uuid", std::string(65, 'a')}}));
    for (const char* body : {"", "x", "[]", "\"text\"", "to=1&from=2"})
        EXPECT_FALSE(webhook_fields(post(body))) << body;
}

TEST(VonageAnswer, ParamsAreWhatTheAuthorPutIntoTheUrl) {
    EXPECT_EQ(url_params(post("{}", "greeting=Good%20evening&from=x")),
              (FormPairs{{"greeting", "Good evening"}, {"from", "x"}}))
        << "the query of a POST is the author's alone";
    EXPECT_EQ(url_params(get("greeting=hi&to=1&from=2&uuid=3&conversation_uuid=4&SipHeader_X-Name=n&region_url=r")),
              (FormPairs{{"greeting", "hi"}}));
}

TEST(VonageEvent, Line34EveryStatusIsMapped) {
    const std::vector<std::pair<const char*, const char*>> map = {{"started", "initiated"},
                                                                  {"ringing", "ringing"},
                                                                  {"answered", "in_progress"},
                                                                  {"human", "in_progress"},
                                                                  {"machine", "in_progress"},
                                                                  {"busy", "busy"},
                                                                  {"cancelled", "canceled"},
                                                                  {"unanswered", "no_answer"},
                                                                  {"timeout", "no_answer"},
                                                                  {"rejected", "failed"},
                                                                  {"failed", "failed"},
                                                                  {"completed", "completed"},
                                                                  {"record", ""},
                                                                  {"input", ""},
                                                                  {"transfer", ""},
                                                                  {"something-new", ""}};
    for (const auto& [vonage, ours] : map) {
        const Event e = event(std::string(R"("status":")") + vonage + "\"");
        EXPECT_EQ(e.name, vonage);
        EXPECT_EQ(e.status.status, ours) << vonage;
        EXPECT_EQ(e.status.carrier, "vonage");
        EXPECT_EQ(e.status.carrier_call_id, kUuid);
        EXPECT_EQ(e.status.sequence, -1) << "Vonage numbers nothing";
        EXPECT_FALSE(e.media_leg);
    }
}

TEST(VonageEvent, Line34HumanAndMachineHaveACallUuid) {
    for (const char* name : {"human", "machine"}) {
        const Event e = event(
            std::string(R"("call_uuid":")") + kUuid + R"(","status":")" + name + R"(","from":"1","to":"2")", false);
        EXPECT_EQ(e.status.carrier_call_id, kUuid);
        EXPECT_EQ(e.status.status, "in_progress");
        EXPECT_EQ(e.status.detail, name);
        EXPECT_FALSE(e.takes_ncco);
    }
}

TEST(VonageEvent, Line34AnErrorHasNoStatus) {
    const Event e =
        event(R"("reason":"Syntax error in NCCO","conversation_uuid":"CON-1","timestamp":"2020-01-01")", false);
    EXPECT_EQ(e.name, "error");
    EXPECT_EQ(e.status.status, "");
    EXPECT_FALSE(e.takes_ncco);
}

TEST(VonageEvent, Line34EmptyAndNullFieldsOfAnsweredAreAccepted) {
    const Event e = event(R"("status":"answered","start_time":null,"rate":"","network":"","direction":null,"from":"")");
    EXPECT_EQ(e.status.status, "in_progress");
    EXPECT_EQ(e.status.duration_s, -1);
    EXPECT_FALSE(e.takes_ncco) << "a reply to answered is ignored by the carrier";
}

TEST(VonageEvent, DetailsAndDurationsAreKept) {
    EXPECT_EQ(event(R"("status":"completed","duration":"42","price":"0.01000000")").status.duration_s, 42);
    EXPECT_EQ(event(R"("status":"completed","duration":7)").status.duration_s, 7);
    EXPECT_EQ(event(R"("status":"completed","duration":"-5")").status.duration_s, -1);
    EXPECT_EQ(event(R"("status":"completed","duration":"soon")").status.duration_s, -1);
    EXPECT_EQ(event(R"("status":"rejected","detail":"declined")").status.status, "busy");
    EXPECT_EQ(event(R"("status":"rejected","detail":"invalid_number")").status.detail, "invalid_number");
    EXPECT_EQ(event(R"("status":"failed","detail":")" + std::string(500, 'x') + "\"").status.detail.size(), 64U);
}

TEST(VonageEvent, TheWebsocketLegIsToldFromTheCaller) {
    const std::string leg = R"(,"headers":{"leg":")" + kUuid + R"(","greeting":"hi"})";
    const std::string other = R"("uuid":"ffffffff-bbbb-cccc-dddd-0123456789ab",)";
    for (const char* name : {"failed", "unanswered", "timeout", "rejected", "busy"}) {
        const Event e =
            event(other + R"("status":")" + name + R"(","to":"wss://voice.example.com/x","detail":"d")" + leg, false);
        EXPECT_TRUE(e.media_leg) << name;
        EXPECT_EQ(e.status.carrier_call_id, kUuid) << "the caller's, not the websocket's own";
        EXPECT_EQ(e.status.status, "failed");
        EXPECT_EQ(e.status.reason, "no-media");
    }
    for (const char* name : {"started", "ringing", "answered", "completed"}) {
        const Event e = event(other + R"("status":")" + name + R"(","to":"wss://voice.example.com/x")" + leg, false);
        EXPECT_EQ(e.status.status, "") << name << " of the websocket ends no call";
        EXPECT_FALSE(e.takes_ncco);
    }
}

TEST(VonageEvent, Line33DisconnectedIsTheWebsocketsAndTakesAnNcco) {
    const Event e =
        event(R"("status":"disconnected","to":"wss://voice.example.com/x","headers":{"leg":")" + kUuid + "\"}", false);
    EXPECT_TRUE(e.media_leg);
    EXPECT_TRUE(e.takes_ncco);
    EXPECT_EQ(e.status.carrier_call_id, kUuid);
    EXPECT_EQ(e.status.status, "failed");
    EXPECT_EQ(e.status.reason, "media-lost");
    EXPECT_EQ(e.ticket, "") << "the headers say whose it is";
    EXPECT_TRUE(event(R"("status":"disconnected")").media_leg) << "with nothing but a uuid";
    EXPECT_EQ(event(R"("status":"disconnected","to":"wss://v.example.com/vonage/media/ab.cd")").ticket, "ab.cd");
    EXPECT_EQ(event(R"("status":"disconnected","to":"wss://v.example.com/other/ab.cd")").ticket, "");
}

TEST(VonageEvent, Line22AnNccoIsTakenForSomeStatusesOnly) {
    for (const char* name : {"failed", "unanswered", "timeout", "disconnected", "input"})
        EXPECT_TRUE(event(std::string(R"("status":")") + name + "\"").takes_ncco) << name;
    for (const char* name : {"started", "ringing", "answered", "human", "machine", "busy", "cancelled", "rejected",
                             "completed", "record", "transfer"})
        EXPECT_FALSE(event(std::string(R"("status":")") + name + "\"").takes_ncco) << name;
}

TEST(VonageEvent, WhatNamesNothingIsRefused) {
    EXPECT_FALSE(parse_event({{"status", "answered"}}));
    EXPECT_TRUE(parse_event({{"status", "transfer"}, {"conversation_uuid_to", "CON-2"}}));
    const auto odd = parse_event({{"status", "completed"}, {"uuid", "a\nb"}});
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->status.status, "") << "an id that can be no call's ends none";
}

}  // namespace
}  // namespace trunkline::vonage
