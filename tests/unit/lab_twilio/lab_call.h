#pragma once
// A simulated call against the fake server, ready to be used by a test.
#include <gtest/gtest.h>

#include "engine/core/json.h"
#include "lab/twilio/lab.h"
#include "tests/unit/lab_twilio/fake_server.h"

namespace trunkline::lab::test {

inline constexpr char kToken[] = "12345";
inline constexpr std::chrono::milliseconds kWait(kPatienceMs);

class LabCall : public testing::Test {
  protected:
    LabCall() {
        options.webhook_url = server.url("/voice");
        options.auth_token = kToken;
        options.dial = server.address();
        server.twiml(
            "/voice",
            R"(<Connect><Stream url="wss://voice.example.com/media/k7"><Parameter name="ticket" value="k7"/></Stream></Connect>)");
    }
    void ring() { call = lab.call(options); }
    /// Rings and takes the media socket up to and including `start`.
    void ring_and_start() {
        ring();
        socket = server.socket();
        ASSERT_NE(socket, nullptr);
        ASSERT_TRUE(socket->next("start"));
    }
    bool wait(TwilioCall::Condition condition) { return call->wait_for(std::move(condition), kWait); }
    bool wait_ended() {
        return wait([](const CallResult& c) { return c.ended; });
    }
    bool wait_violation(int code) {
        return wait([code](const CallResult& c) { return c.violation(code) != nullptr; });
    }
    static Json parsed(const std::optional<std::string>& text) {
        auto json = Json::parse(text.value_or("null"));
        return json ? *json : Json();
    }

    FakeServer server;
    TwilioCallOptions options;
    std::unique_ptr<FakeSocket> socket;
    TwilioLab lab;
    std::unique_ptr<TwilioCall> call;
};

}  // namespace trunkline::lab::test
