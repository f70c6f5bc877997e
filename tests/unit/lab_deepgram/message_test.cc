// Server messages as they appear on the wire, credentials, faults by name.
#include "lab/deepgram/messages.h"

#include <gtest/gtest.h>

#include "lab/agent/latency.h"
#include "lab/deepgram/handshake.h"
#include "lab/deepgram/options.h"

namespace trunkline::lab::deepgram {
namespace {

using agent::LatencyModel;
using agent::LatencyOptions;

TEST(DeepgramMessages, FunctionCallRequestCarriesArgumentsAsText) {
    EXPECT_EQ(function_call_request({{"1", "f", R"({"a":1})", true, "sig"}}),
              R"({"type":"FunctionCallRequest","functions":[{"id":"1","name":"f","arguments":"{\"a\":1}",)"
              R"("client_side":true,"thought_signature":"sig"}]})");
}

TEST(DeepgramMessages, CancelledCallsCarryIdAndNameOnly) {
    EXPECT_EQ(function_call_cancelled({{"1", "f", "{}", true, ""}}),
              R"({"type":"FunctionCallCancelled","functions":[{"id":"1","name":"f"}]})");
}

TEST(DeepgramMessages, LatencyReportLeavesOutWhatIsUnknown) {
    Latencies l;
    l.stt = 0.12;
    l.total = 0.64;
    EXPECT_EQ(latency_report(l), R"({"type":"LatencyReport","stt_latency":0.12,"total_latency":0.64})");
}

TEST(DeepgramMessages, InvalidUtf8NeverReachesTheWire) {
    EXPECT_EQ(agent_thinking("a\xFF"), "{\"type\":\"AgentThinking\",\"content\":\"a\xEF\xBF\xBD\"}");
}

TEST(DeepgramMessages, FunctionResultIsSpokenAsItsFirstWords) {
    EXPECT_EQ(speakable(R"({"status":{"text":"open"},"n":1})"), "open");
    EXPECT_EQ(speakable("it is open"), "it is open");
    EXPECT_EQ(speakable("7"), "7");
    EXPECT_EQ(speakable("{}"), "{}");
}

TEST(DeepgramHandshake, TokenWithTheRightKeyIsGranted) {
    EXPECT_EQ(authorise("Token abc", "", "abc").scheme, "token");
    EXPECT_FALSE(authorise("Token abd", "", "abc").granted);
    EXPECT_TRUE(authorise("token  anything ", "", "").granted);
}

TEST(DeepgramHandshake, BearerNeedsAJsonWebToken) {
    EXPECT_FALSE(authorise("Bearer abc", "", "abc").granted);
    EXPECT_EQ(authorise("Bearer a.b.c", "", "abc").scheme, "bearer");
}

TEST(DeepgramHandshake, SubprotocolCarriesCredentialsInABrowser) {
    EXPECT_EQ(authorise("", "token, abc", "abc").scheme, "subprotocol-token");
    EXPECT_FALSE(authorise("", "token", "abc").granted);
}

TEST(DeepgramHandshake, RefusalDoesNotRepeatTheKey) {
    EXPECT_EQ(authorise("Token secret", "", "abc").reason.find("secret"), std::string::npos);
}

TEST(DeepgramFaults, AreSetByName) {
    Faults faults;
    EXPECT_TRUE(set_fault(faults, "drop_at_ms=500"));
    EXPECT_TRUE(set_fault(faults, "garbage"));
    EXPECT_TRUE(set_fault(faults, "error_code=FAILED_TO_THINK"));
    EXPECT_EQ(faults.drop_at_ms, 500);
    EXPECT_TRUE(faults.garbage);
    EXPECT_EQ(faults.error_code, "FAILED_TO_THINK");
}

TEST(DeepgramFaults, UnknownNamesAndBadValuesAreRefused) {
    Faults faults;
    EXPECT_EQ(set_fault(faults, "drop=1").error().code, "unknown-fault");
    EXPECT_EQ(set_fault(faults, "drop_at_ms=soon").error().code, "bad-fault");
    EXPECT_EQ(set_fault(faults, "garbage=1").error().code, "bad-fault");
}

TEST(DeepgramLatency, SeedMakesSessionsRepeatable) {
    LatencyOptions options;
    LatencyModel a(options, 3), b(options, 3), c(options, 4);
    const double first_total = a.turn().total();
    EXPECT_EQ(first_total, b.turn().total());
    EXPECT_NE(first_total, c.turn().total());
}

TEST(DeepgramLatency, MedianIsThePublishedFigure) {
    LatencyModel model({}, 1);
    std::vector<double> totals;
    for (int i = 0; i < 4001; ++i) totals.push_back(model.turn().total());
    std::nth_element(totals.begin(), totals.begin() + 2000, totals.end());
    EXPECT_NEAR(totals[2000], 780, 40);
}

TEST(DeepgramLatency, ScaleZeroAnswersAtOnce) {
    LatencyOptions options;
    options.scale = 0;
    EXPECT_EQ(LatencyModel(options, 1).turn().total(), 0.0);
}

}  // namespace
}  // namespace trunkline::lab::deepgram
