#pragma once
// A simulated Vonage call against the fake server, ready to be used by a test.
#include <gtest/gtest.h>

#include "engine/core/json.h"
#include "lab/vonage/call.h"
#include "lab/vonage/codes.h"
#include "lab/vonage/lab.h"
#include "tests/unit/lab_twilio/fake_server.h"

namespace trunkline::lab::vonage::test {

using lab::test::FakeServer;
using lab::test::FakeSocket;
using lab::test::Reply;
using lab::test::Request;

inline constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";
inline constexpr std::chrono::milliseconds kWait(lab::test::kPatienceMs);

inline Json parsed(const std::optional<std::string>& text) {
    auto json = Json::parse(text.value_or("null"));
    return json ? *json : Json();
}
inline Reply json_reply(std::string body, int status = 200) {
    return {status, "application/json", std::move(body), false};
}

class VonageFixture : public testing::Test {
  protected:
    VonageFixture() {
        options.answer_url = server.url("/answer");
        options.event_url = server.url("/events");
        options.signature_secret = kSecret;
        options.dial = server.address();
        options.media.comfort_noise = false;
        server.answer("/events", json_reply(""));
        connect();
    }
    /// The NCCO of /answer: one connect; `endpoint` and `action` are further fields.
    void connect(int rate = 16000, const std::string& endpoint = "", const std::string& action = "") {
        server.answer("/answer", json_reply("[" + connect_action(rate, endpoint, action) + "]"));
    }
    static std::string connect_action(int rate = 16000, const std::string& endpoint = "",
                                      const std::string& action = "") {
        return R"({"action":"connect","endpoint":[{"type":"websocket","uri":"wss://voice.example.com/vg/media/k7?leg=1",)"
               R"("content-type":"audio/l16;rate=)" +
               std::to_string(rate) + "\"" + endpoint + "}]" + action + "}";
    }
    void ring() { call = lab.call(options); }
    /// Rings and takes the media socket up to and including websocket:connected.
    void ring_and_start() {
        ring();
        socket = server.socket();
        ASSERT_NE(socket, nullptr);
        ASSERT_TRUE(socket->next("websocket:connected"));
    }
    bool wait(CarrierCall::Condition condition) { return call->wait_for(std::move(condition), kWait); }
    bool wait_ended() {
        return wait([](const CallResult& c) { return c.ended; });
    }
    bool wait_violation(int code) {
        return wait([code](const CallResult& c) { return c.violation(code) != nullptr; });
    }
    /// Waits for the end of the call and of all its events; their statuses as the server saw them.
    std::vector<std::string> statuses() {
        EXPECT_TRUE(wait([](const CallResult& c) {
            return c.ended && std::all_of(c.status_callbacks.begin(), c.status_callbacks.end(),
                                          [](const auto& s) { return s.http_status > 0; });
        }));
        std::vector<std::string> out;
        for (size_t i = 0; i < server.count("/events"); ++i) out.push_back(event(i)["status"].text_or("-"));
        return out;
    }
    Json event(size_t n) {
        auto request = server.request("/events", n);
        return parsed(request ? std::optional<std::string>(request->body) : std::nullopt);
    }
    /// The event of that status; missing when there is none.
    Json event(const std::string& status) {
        for (size_t i = 0; i < server.count("/events"); ++i) {
            if (event(i)["status"].text_or("-") == status) return event(i);
        }
        return {};
    }
    /// Hangs up and answers the close, so that the call ends without waiting for the grace time.
    void hang_up() {
        call->hang_up();
        EXPECT_TRUE(socket->next_close());
        socket->close(1000);
        EXPECT_TRUE(wait_ended());
    }

    FakeServer server;
    CallOptions options;
    std::unique_ptr<FakeSocket> socket;
    VonageLab lab;
    std::unique_ptr<VonageCall> call;
};

using Strings = std::vector<std::string>;

}  // namespace trunkline::lab::vonage::test
