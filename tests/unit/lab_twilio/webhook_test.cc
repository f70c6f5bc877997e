// Checklist line 43: webhooks and status callbacks.
#include "lab/twilio/signature.h"
#include "tests/unit/lab_twilio/lab_call.h"

namespace trunkline::lab::test {
namespace {

class LabTwilioWebhook : public LabCall {};

TEST_F(LabTwilioWebhook, Line43_PostCarriesAllFieldsAndVerifies) {
    server.twiml("/voice", "<Hangup/>");
    ring();
    auto request = server.request("/voice");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->method, "POST");
    EXPECT_EQ(request->header("content-type").substr(0, 33), "application/x-www-form-urlencoded");
    for (const char* name : {"CallSid", "AccountSid", "From", "To", "CallStatus", "ApiVersion", "Direction", "Caller",
                             "Called", "FromCity", "ToCountry", "CallToken", "StirVerstat", "X-Lab-Unheard-Of"}) {
        EXPECT_EQ(request->fields.count(name), 1U) << name;
    }
    EXPECT_EQ(request->fields["CallStatus"], "ringing");
    EXPECT_EQ(request->fields["Direction"], "inbound");
    EXPECT_EQ(request->fields["CallSid"].size(), 34U);
    FormFields fields(request->fields.begin(), request->fields.end());
    EXPECT_EQ(request->header("x-twilio-signature"), twilio_signature(kToken, server.url("/voice"), fields));
}

TEST_F(LabTwilioWebhook, Line43_GetPutsTheFieldsIntoTheSignedQuery) {
    server.twiml("/voice", "<Hangup/>");
    options.webhook_method = "GET";
    options.webhook_url = server.url("/voice?room=a%20b");
    ring();
    auto request = server.request("/voice");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->method, "GET");
    EXPECT_EQ(request->target.substr(0, 21), "/voice?room=a%20b&Cal");
    EXPECT_EQ(request->header("x-twilio-signature"),
              twilio_signature(kToken, "http://" + server.address() + request->target, {}));
}

TEST_F(LabTwilioWebhook, Line43_SlowAnswerIs11205AndTheFallbackIsAsked) {
    server.answer("/voice", Reply{200, "text/xml", "", true});
    server.twiml("/fallback", "<Say>Sorry</Say>");
    options.webhook_timeout_ms = 100;
    options.fallback_url = server.url("/fallback");
    ring();
    ASSERT_TRUE(wait([](const CallResult& c) { return c.ended || c.verbs.size() == 1; }));
    EXPECT_NE(call->result().violation(kWebhookTimeout), nullptr);
    EXPECT_EQ(call->result().verbs, (std::vector<std::string>{"Say Sorry"}));
}

TEST_F(LabTwilioWebhook, Line43_LimitIsFifteenSecondsUnlessShortened) {
    EXPECT_EQ(TwilioCallOptions().webhook_timeout_ms, 15000);
}

TEST_F(LabTwilioWebhook, Line43_BadAnswersAreFlagged) {
    struct Case {
        Reply reply;
        int code;
    };
    const Case cases[] = {
        {{500, "text/xml", "<Response/>", false}, kWebhookFailed},
        {{403, "text/plain", "no", false}, kWebhookFailed},
        {{200, "application/json", "{}", false}, kWebhookFailed},
        {{200, "text/xml", "\n<?xml version=\"1.0\"?><Response/>", false}, kBadTwiml},
        {{200, "text/xml", "<Response>", false}, kBadTwiml},
    };
    for (const auto& one : cases) {
        server.answer("/voice", one.reply);
        ring();
        ASSERT_TRUE(wait_ended());
        EXPECT_NE(call->result().violation(one.code), nullptr) << one.reply.body;
        EXPECT_EQ(call->result().status, "failed");
    }
}

TEST_F(LabTwilioWebhook, Line43_UnsignedAndWronglySignedRequestsCanBeMade) {
    server.twiml("/voice", "<Hangup/>");
    options.webhook_signature = SignatureMode::kMissing;
    ring();
    ASSERT_TRUE(server.request("/voice", 0));
    EXPECT_EQ(server.request("/voice", 0)->header("x-twilio-signature"), "");
    options.webhook_signature = SignatureMode::kWrong;
    ring();
    auto request = server.request("/voice", 1);
    ASSERT_TRUE(request);
    FormFields fields(request->fields.begin(), request->fields.end());
    EXPECT_NE(request->header("x-twilio-signature"), twilio_signature(kToken, server.url("/voice"), fields));
}

TEST_F(LabTwilioWebhook, RedirectIsFollowedAndRejectEndsUnanswered) {
    server.twiml("/voice", "<Say>one</Say><Redirect>/next</Redirect><Say>never</Say>");
    server.twiml("/next", "<Say>two</Say>");
    ring();
    ASSERT_TRUE(wait_ended());
    EXPECT_EQ(call->result().verbs, (std::vector<std::string>{"Say one", "Redirect /next", "Say two"}));

    server.twiml("/voice", "<Reject reason=\"busy\"/>");
    ring();
    ASSERT_TRUE(wait_ended());
    EXPECT_EQ(call->result().status, "busy");
}

class LabTwilioStatus : public LabCall {
  protected:
    std::vector<std::string> statuses(size_t count) {
        server.answer("/status", Reply{204, "text/plain", "", false});
        server.twiml("/voice", "<Hangup/>");
        options.status_callback = server.url("/status");
        ring();
        std::vector<std::string> out;
        for (size_t i = 0; i < count; ++i) {
            auto request = server.request("/status", i);
            if (!request) break;
            FormFields fields(request->fields.begin(), request->fields.end());
            EXPECT_EQ(request->header("x-twilio-signature"), twilio_signature(kToken, server.url("/status"), fields));
            out.push_back(request->fields["SequenceNumber"] + " " + request->fields["CallStatus"]);
        }
        return out;
    }
};

TEST_F(LabTwilioStatus, Line43_StatusesComeInOrderNumberedFromZero) {
    EXPECT_EQ(statuses(4), (std::vector<std::string>{"0 initiated", "1 ringing", "2 in-progress", "3 completed"}));
    auto last = server.request("/status", 3);
    for (const char* name : {"CallDuration", "Duration", "SipResponseCode", "Timestamp", "CallbackSource"})
        EXPECT_EQ(last->fields.count(name), 1U) << name;
}

TEST_F(LabTwilioStatus, Line43_StatusesCanBeReordered) {
    options.reorder_status = true;
    EXPECT_EQ(statuses(4), (std::vector<std::string>{"1 ringing", "0 initiated", "3 completed", "2 in-progress"}));
}

TEST_F(LabTwilioStatus, Line43_StatusesCanBeDuplicated) {
    options.duplicate_status = true;
    options.status_events = {"answered", "completed"};
    EXPECT_EQ(statuses(4), (std::vector<std::string>{"0 in-progress", "0 in-progress", "1 completed", "1 completed"}));
}

}  // namespace
}  // namespace trunkline::lab::test
