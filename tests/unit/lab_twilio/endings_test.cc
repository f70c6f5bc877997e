// Checklist line 41: how a stream and a call end.
#include "tests/unit/lab_twilio/lab_call.h"

namespace trunkline::lab::test {
namespace {

class LabTwilioEndings : public LabCall {};

TEST_F(LabTwilioEndings, Line41_ServerCloseIs31921AndTheNextVerbRuns) {
    server.twiml(
        "/voice",
        R"(<Connect><Stream url="wss://voice.example.com/m" statusCallback="/stream"/></Connect><Say>Bye</Say>)");
    ring_and_start();
    socket->close(1000);
    ASSERT_TRUE(wait_ended());
    auto result = call->result();
    EXPECT_NE(result.violation(kStreamClosedByServer), nullptr);
    EXPECT_EQ(result.stream().server_close_code, 1000);
    EXPECT_EQ(result.stream().end_reason, "server-closed");
    EXPECT_EQ(result.verbs, (std::vector<std::string>{"Connect", "Say Bye"}));
    EXPECT_EQ(result.status, "completed");
    auto started = server.request("/stream", 0);
    auto stopped = server.request("/stream", 1);
    ASSERT_TRUE(started && stopped);
    EXPECT_EQ(started->fields["StreamEvent"], "stream-started");
    EXPECT_EQ(stopped->fields["StreamEvent"], "stream-stopped");
    EXPECT_EQ(stopped->fields["StreamSid"], socket->stream_sid());
    EXPECT_EQ(stopped->fields["StreamName"], socket->stream_sid());
}

TEST_F(LabTwilioEndings, Line41_ServerCloseAsksTheActionOfConnect) {
    server.twiml("/voice",
                 R"(<Connect action="/after"><Stream url="wss://voice.example.com/m"/></Connect><Say>never</Say>)");
    server.twiml("/after", "<Hangup/>");
    ring_and_start();
    socket->close(1000);
    ASSERT_TRUE(wait_ended());
    auto result = call->result();
    EXPECT_EQ(result.verbs, (std::vector<std::string>{"Connect", "Hangup"}));
    auto action = server.request("/after");
    ASSERT_TRUE(action);
    EXPECT_EQ(action->fields["CallStatus"], "in-progress");
    EXPECT_EQ(action->fields["CallSid"], result.call_sid);
}

TEST_F(LabTwilioEndings, Line41_SecondStreamOfACallIsANewStream) {
    server.twiml(
        "/voice",
        R"(<Connect><Stream url="wss://voice.example.com/one"/></Connect><Connect><Stream url="wss://voice.example.com/two"/></Connect>)");
    ring_and_start();
    const std::string first = socket->stream_sid();
    socket->close(1000);
    auto again = server.socket();
    ASSERT_NE(again, nullptr);
    ASSERT_TRUE(again->next("start"));
    EXPECT_NE(again->stream_sid(), first);
    call->hang_up();
    ASSERT_TRUE(wait_ended());
    EXPECT_EQ(call->result().streams.size(), 2U);
}

TEST_F(LabTwilioEndings, Line41_BrokenSocketWithoutCloseIs31903) {
    ring_and_start();
    socket->shut();
    ASSERT_TRUE(wait_ended());
    auto result = call->result();
    EXPECT_NE(result.violation(kStreamBroken), nullptr);
    EXPECT_EQ(result.stream().end_reason, "lost");
}

TEST_F(LabTwilioEndings, Line41_HangUpSendsStopThenCloses) {
    ring_and_start();
    call->hang_up();
    Json stop = parsed(socket->next("stop"));
    EXPECT_EQ(stop["stop"]["callSid"].text_or(""), call->result().call_sid);
    EXPECT_EQ(stop["streamSid"].text_or(""), socket->stream_sid());
    EXPECT_FALSE(socket->next_text()) << "nothing follows a stop";
    EXPECT_EQ(socket->close_code(), 1000);
    socket->close(1000);
    ASSERT_TRUE(wait_ended());
    auto result = call->result();
    EXPECT_TRUE(result.violations.empty());
    EXPECT_EQ(result.stream().end_reason, "hung-up");
    EXPECT_EQ(result.status, "completed");
}

TEST_F(LabTwilioEndings, Line41_HangUpBeforeTheStreamOpensEndsTheCall) {
    server.twiml("/voice", R"(<Pause length="60"/><Hangup/>)");
    ring();
    ASSERT_TRUE(wait([](const CallResult& c) { return c.verbs.size() == 1; }));
    call->hang_up();
    ASSERT_TRUE(wait_ended());
    EXPECT_EQ(call->result().end_reason, "the caller hung up");
}

TEST_F(LabTwilioEndings, HangUpEndsACallThatIsOnlyListenedTo) {
    server.twiml("/voice", R"(<Start><Stream url="wss://voice.example.com/m"/></Start><Pause length="60"/><Hangup/>)");
    ring_and_start();
    call->hang_up();
    ASSERT_TRUE(socket->next("stop"));
    ASSERT_TRUE(socket->next_close());
    socket->close(1000);
    ASSERT_TRUE(wait_ended());
    EXPECT_EQ(call->result().end_reason, "the caller hung up");
}

}  // namespace
}  // namespace trunkline::lab::test
