// Checklist line 45: how the answer URL is asked, and what happens when it does not answer.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/listening_socket.h"
#include "tests/unit/lab_vonage/vonage_call.h"

namespace trunkline::lab::vonage::test {
namespace {

class LabVonageAnswer : public VonageFixture {};

/// An address of this machine that takes no connection and refuses none: its backlog is full.
class FullBacklog {
  public:
    FullBacklog() {
        for (int& fd : fillers_) {
            fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            (void)::connect(fd, reinterpret_cast<const sockaddr*>(&listener_.address()), sizeof(sockaddr_in));
        }
    }
    ~FullBacklog() {
        for (int fd : fillers_) ::close(fd);
    }
    std::string address() const { return listener_.host_and_port(); }

  private:
    const trunkline::test::ListeningSocket listener_{0};
    int fillers_[4] = {};
};

TEST_F(LabVonageAnswer, Line45_GetCarriesTheFieldsInTheQuery) {
    options.sip_headers = {{"SipHeader_X-Team", "a b&c"}};
    ring();
    auto request = server.request("/answer");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->method, "GET");
    EXPECT_EQ(request->fields["to"], "15550199456");
    EXPECT_EQ(request->fields["from"], "15550100123");
    EXPECT_EQ(request->fields["uuid"], call->result().call_sid);
    EXPECT_EQ(request->fields["conversation_uuid"].substr(0, 4), "CON-");
    EXPECT_EQ(request->fields["SipHeader_X-Team"], "a b&c");
    EXPECT_TRUE(request->body.empty());
}

TEST_F(LabVonageAnswer, Line45_PostCarriesJson) {
    options.answer_method = "POST";
    ring();
    auto request = server.request("/answer");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->method, "POST");
    EXPECT_EQ(request->header("content-type"), "application/json");
    EXPECT_EQ(parsed(request->body)["uuid"].text_or(""), call->result().call_sid);
}

TEST_F(LabVonageAnswer, Line45_TwoAttemptsThenTheFallbackWithReasonAndOriginalRequest) {
    server.answer("/answer", json_reply("", 503));
    server.answer("/fallback", json_reply(R"([{"action":"talk","text":"sorry"}])"));
    options.fallback_answer_url = server.url("/fallback");
    options.answer_method = "POST";
    ring();
    ASSERT_TRUE(wait_ended());
    EXPECT_EQ(server.count("/answer"), 2U);
    auto request = server.request("/fallback");
    ASSERT_TRUE(request);
    const Json body = parsed(request->body);
    EXPECT_EQ(body["reason"].text_or(""), "HTTP status 503");
    EXPECT_EQ(body["original_request"]["url"].text_or(""), options.answer_url);
    EXPECT_EQ(body["original_request"]["type"].text_or(""), "POST");
    const auto result = call->result();
    EXPECT_EQ(result.verbs, Strings{"talk sorry"});
    EXPECT_EQ(result.status, "completed");
}

TEST_F(LabVonageAnswer, Line45_NoMoreAttemptsOnOtherErrors) {
    server.answer("/answer", json_reply("", 500));
    ring();
    ASSERT_TRUE(wait_ended());
    EXPECT_EQ(server.count("/answer"), 1U);
    EXPECT_EQ(call->result().status, "failed");
    EXPECT_NE(call->result().violation(kAnswerFailed), nullptr);
}

TEST_F(LabVonageAnswer, Line45_SlowAnswerIsGivenUp) {
    server.answer("/answer", Reply{200, "", "", true});
    options.answer_timeout_ms = 100;
    ring();
    ASSERT_TRUE(wait_violation(kAnswerTimeout));
    ASSERT_TRUE(wait_ended());
    EXPECT_EQ(server.count("/answer"), 2U);
    EXPECT_NE(call->result().violation(kAnswerTimeout)->message.find("response timeout"), std::string::npos);
}

TEST_F(LabVonageAnswer, Line45_NoConnectionInTime) {
    FullBacklog nobody;
    options.answer_url = "http://" + nobody.address() + "/answer";
    options.connect_timeout_ms = 100;
    options.answer_timeout_ms = 60000;
    ring();
    ASSERT_TRUE(wait_violation(kAnswerTimeout));
    EXPECT_NE(call->result().violation(kAnswerTimeout)->message.find("connection timeout"), std::string::npos);
}

TEST_F(LabVonageAnswer, Line45_RefusedNccoIsToldByAnErrorEventWithoutStatus) {
    server.answer("/answer", json_reply(R"([{"action":"dance"}])"));
    ring();
    EXPECT_EQ(statuses(), (Strings{"started", "ringing", "-", "completed"}));
    EXPECT_NE(event(2)["reason"].text_or("").find("no such action"), std::string::npos);
    EXPECT_NE(call->result().violation(kBadNcco), nullptr);
}

}  // namespace
}  // namespace trunkline::lab::vonage::test
